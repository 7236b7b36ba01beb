import pickle

import pytest

from lightspeech import errors
from lightspeech.errors import LightspeechError, MissingExtra, MissingTool

MISSING = [MissingExtra("training", "all"), MissingTool("gcc", "gcc")]
KINDS = {
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and not issubclass(kind, Warning)
} - set(map(type, MISSING))


@pytest.mark.parametrize(
    "error",
    [*(kind("a: found b; type c") for kind in sorted(KINDS, key=str)), *MISSING],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_a_worker_process_reaches_the_parent_as_it_was(error):
    received = pickle.loads(pickle.dumps(error))
    assert type(received) is type(error)
    assert str(received) == str(error)
    assert isinstance(received, LightspeechError)


def test_a_missing_extra_says_what_to_type():
    said = "training needs an extra; type: pip install 'lightspeech[all]'"
    assert str(MissingExtra("training", "all")) == said
