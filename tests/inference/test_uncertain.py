"""An answer is uncertain below the threshold, and where too little of the stretch is speech."""

import numpy as np
import pytest

from lightspeech.inference import answers

SURE, UNSURE = np.float32([0.05, 0.05, 0.9]), np.float32([0.3, 0.3, 0.4])


def hop(bundle, share, row=SURE, start_s=0.0, end_s=1.0):
    return answers.segment(start_s, end_s, row, share, bundle)


@pytest.mark.parametrize(
    ("share", "row", "label", "uncertain"),
    [
        (1.0, SURE, "loud", False),
        (answers.LEAST_SHARE, SURE, "loud", False),
        (np.nextafter(answers.LEAST_SHARE, 0), SURE, "loud", True),
        (1.0, UNSURE, "loud", True),
        (0.1, UNSURE, "loud", True),
        (0.0, SURE, "none", False),
    ],
)
def test_of_a_stretch(make_bundle, share, row, label, uncertain):
    bundle = make_bundle()
    said = hop(bundle, share, row)
    whole = answers.answer([said], bundle)
    assert (said.label, said.uncertain) == (whole.label, whole.uncertain) == (label, uncertain)


@pytest.mark.parametrize(("share", "uncertain"), [(0.3, True), (1.0, False)])
def test_a_recording_is_so_by_where_somebody_speaks_however_long_its_pauses(
    make_bundle, share, uncertain
):
    bundle = make_bundle()
    hops = [hop(bundle, share), hop(bundle, 0.0, start_s=1.0, end_s=10.0)]
    said = answers.answer(hops, bundle)
    assert said.speech == pytest.approx(share / 10)
    assert (said.label, said.uncertain) == ("loud", uncertain)


def test_ratings_are_never_so(make_bundle):
    bundle = make_bundle(scale=(1.0, 5.0), thresholds=(0.0,) * 3)
    said = hop(bundle, 0.1)
    assert (said.label, said.uncertain) == ("rated", False)
    assert not answers.answer([said], bundle).uncertain
