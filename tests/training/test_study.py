import json
import signal
import time
from pathlib import Path

import pytest

from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.corpora.base import Utterance
from lightspeech.errors import LeakError
from lightspeech.frontends import small_encoder
from lightspeech.models import base
from lightspeech.protocols.base import Protocol, Split
from lightspeech.studies import engine
from lightspeech.training.task import RunConfig


def test_a_study_on_an_encoder_that_was_made_with_its_test_speakers_is_refused(tmp_path):
    """Found by the sound of a recording, whatever its name was when the encoder heard it."""
    (tmp_path / "encoder.onnx").touch()
    (tmp_path / "config.json").write_text(json.dumps({"heard": ["hash of c"]}))
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
        engine.tasks(
            cfg, utterances, cut, vocabulary="own", seeds=[0], folder=tmp_path, cache=tmp_path
        )


def test_the_bar_moves_while_a_single_process_trains(monkeypatch):
    monkeypatch.setattr(engine, "REPORT_S", 0.01)
    told = []
    with engine._watched(lambda: told.append(len(told))):
        deadline = time.monotonic() + 10
        while len(told) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    seen = len(told)
    time.sleep(0.05)
    assert seen >= 3
    assert len(told) == seen


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="a thing of POSIX")
def test_a_process_that_just_begins_leaves_ctrl_c_to_its_parent():
    with engine._pool(1) as pool, engine._interrupts_held():
        held = pool.submit(signal.pthread_sigmask, signal.SIG_BLOCK, [])
    assert signal.SIGINT in held.result()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_processes_end_at_once_where_something_goes_wrong():
    def fail():
        with engine._pool(1) as pool:
            pool.submit(time.sleep, 100)
            raise KeyboardInterrupt

    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        fail()
    assert time.monotonic() - began < 60
