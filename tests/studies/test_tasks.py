import json
from pathlib import Path

import pytest

from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.corpora.base import Utterance
from lightspeech.errors import CorpusError, LeakError
from lightspeech.frontends import small_encoder
from lightspeech.models import base, nano
from lightspeech.protocols.base import Protocol, Split
from lightspeech.studies import tasks
from lightspeech.training.task import RunConfig


def test_a_study_on_an_encoder_that_was_made_with_its_test_speakers_is_refused(tmp_path):
    """Found by the sound of a recording, whatever its name was when the encoder heard it."""
    (tmp_path / "encoder.onnx").touch()
    about = {
        "model_type": "lightspeech", "hidden_size": 384, "first": 0, "last": 2, "n_params": 1,
        "made_of": {}, "heard": ["hash of c"],
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps(about))
    cfg = RunConfig(
        model=Choice("lightspeech.models", "base", base.Config()),
        frontend=choice_of("lightspeech.frontends", small_encoder.Config(source=str(tmp_path))),
        windows=Windows(),
    )
    utterances = [
        Utterance(
            id=name, path=Path(name), corpus="toy", emotion=emotion, speaker=f"toy/{name}",
            audio_hash=f"hash of {name}",
        )
        for name, emotion in (("a", "happy"), ("b", "sad"), ("c", "sad"))
    ]  # fmt: skip
    split = Split(name="fold 0", train=("a",), selection=("b",), test=("c",))
    cut = Protocol(name="p", unit="speaker", selection="", leaky=False, splits=(split,))
    with pytest.raises(LeakError, match=f"the encoder {tmp_path.name} knows speaker toy/c of c"):
        tasks.of_study(
            cfg, utterances, cut, vocabulary="own", seeds=[0], folder=tmp_path, cache=tmp_path
        )


def test_a_class_that_one_person_alone_has_is_refused_with_what_would_be_enough(tmp_path):
    cfg = RunConfig(
        model=Choice("lightspeech.models", "nano", nano.Config()),
        frontend=choice_of("lightspeech.frontends", nano.FRONTEND),
        windows=Windows(),
    )
    utterances = [
        Utterance(id=name, path=Path(name), corpus="toy", emotion=emotion, speaker=f"toy/{name[0]}")
        for name, emotion in (("a1", "happy"), ("b1", "happy"), ("c1", "happy"), ("c2", "sad"))
    ]
    split = Split(name="c", train=("a1",), selection=("b1",), test=("c1", "c2"))
    cut = Protocol(name="p", unit="speaker", selection="", leaky=False, splits=(split,))
    said = r"c: nothing is left to learn 'sad' from; it has 1 recording.*three speakers.*--map sad="
    with pytest.raises(CorpusError, match=said):
        tasks.of_study(
            cfg, utterances, cut, vocabulary="own", seeds=[0], folder=tmp_path, cache=tmp_path
        )
