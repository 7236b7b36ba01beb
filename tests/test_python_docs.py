"""Every block of docs/python.md runs as it stands there, and prints what stands under it."""

import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from lightspeech.corpora import synthetic

PAGE = Path(__file__).parents[1] / "docs" / "python.md"
BLOCK = re.compile(r"```python\n(.*?)```(?:\n\n```text\n(.*?)```)?", re.S)
RATE = 16_000


@pytest.fixture(scope="session")
def recordings(tmp_path_factory):
    """The sound files that the page speaks of, in a voice made by rules."""
    folder = tmp_path_factory.mktemp("python")
    spoken = folder / "spoken"
    synthetic.read(synthetic.Config(speakers=3, sentences=4, seed=15, root=spoken))
    happy, neutral, sad = (
        [soundfile.read(path)[0] for path in sorted(spoken.glob(f"s003/*_{label}_*"))]
        for label in ("happy", "neutral", "sad")
    )
    call = np.concatenate([*happy, *sad])
    soundfile.write(folder / "voice.wav", happy[2], RATE)
    soundfile.write(folder / "call.wav", call, RATE)
    soundfile.write(
        folder / "microphone.wav", soxr.resample(call[-12 * RATE :], RATE, 44_100), 44_100
    )
    (folder / "calls").mkdir()
    for name, samples in {"anna": happy[2], "carl": neutral[0], "dora": sad[3]}.items():
        soundfile.write(folder / "calls" / f"{name}.flac", samples, RATE)
    (folder / "calls" / "bert.wav").write_bytes(b"RIFF")
    return folder


def run(block, names):
    """Run a block as a script does; give what it prints."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(block, str(PAGE), "exec"), names)
    return printed.getvalue()


def test_every_block_prints_what_stands_under_it(recordings, monkeypatch):
    monkeypatch.chdir(recordings)
    text = PAGE.read_text("utf-8")
    blocks = BLOCK.findall(text)
    assert len(blocks) == text.count("```python") == 11
    names = {"__name__": "__main__"}
    for block, expected in blocks:
        assert run(block, names) == expected
