"""``lightspeech listen``: a microphone that is made, sound from a pipe, and what lacks."""

import json
import sys
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console

from lightspeech.audio import io
from lightspeech.corpora import synthetic
from lightspeech.inference.live_stream import Kind
from lightspeech.inference.recognizer import load
from lightspeech.serving import terminal

RATE = 44_100


@pytest.fixture(scope="module")
def voice(tmp_path_factory):
    """Six seconds of speech, as 16-bit samples at 44.1 kHz."""
    cfg = synthetic.Config(speakers=1, sentences=2, seed=15, root=tmp_path_factory.mktemp("voice"))
    spoken = [io.load(one.path, sample_rate=RATE) for one in synthetic.read(cfg).utterances]
    return (np.resize(np.concatenate(spoken), 6 * RATE) * 32_767).astype("<i2")


class PortAudioError(Exception):
    pass


@pytest.fixture
def sounddevice(monkeypatch, voice):
    """The library with one microphone, of 44.1 kHz; Ctrl-C is pressed when it was heard."""

    class InputStream:
        def __init__(self, sample_rate, *, device, channels, dtype, latency):
            assert (sample_rate, channels, dtype) == (RATE, 1, "int16")
            self.at = 0

        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda self, *_: None  # noqa: E731

        def read(self, n_samples):
            chunk = voice[self.at : self.at + n_samples, None]
            self.at += n_samples
            if not len(chunk):
                raise KeyboardInterrupt
            return chunk, self.at == n_samples

    def query_devices(device, kind):
        if device == 7:
            raise PortAudioError("Error querying device 7")
        return {"default_samplerate": float(RATE)}

    module = SimpleNamespace(
        InputStream=InputStream, query_devices=query_devices, PortAudioError=PortAudioError
    )
    monkeypatch.setitem(sys.modules, "sounddevice", module)


def expected(voice):
    live = load().live(RATE)
    return live.feed(voice) + live.flush()


@pytest.mark.usefixtures("sounddevice")
def test_the_microphone_is_heard_until_ctrl_c_and_summed_up(lightspeech, voice):
    ended = lightspeech("listen", "--json")
    assert ended.code == 0
    said = [json.loads(line) for line in ended.out.splitlines()]
    updates = expected(voice)
    assert [(one["kind"], one["label"]) for one in said] == [
        (update.kind, update.segment.label) for update in updates
    ]
    summary, warning = ended.err.splitlines()
    assert summary.startswith("heard 6.0 s, turns: ")
    assert warning.startswith("warning: sound was lost 1 times")


def test_sound_from_a_pipe_is_heard_as_that_of_a_microphone(lightspeech, voice):
    ended = lightspeech("listen", "--raw", RATE, stdin=voice.tobytes())
    *lines, summary = ended.out.splitlines()
    told = [u for u in expected(voice) if u.kind is not Kind.SEGMENT]
    assert lines == [terminal.line(update) for update in told]
    assert summary.startswith("heard 6.0 s")


@pytest.mark.usefixtures("sounddevice")
def test_a_device_that_is_no_microphone_is_refused(lightspeech, error_line):
    line = error_line(lightspeech("listen", "--device", 7))
    assert "device 7 is no microphone" in line
    assert "python -m sounddevice" in line


def test_a_missing_library_is_named(lightspeech, error_line, monkeypatch):
    class Finder:
        def find_spec(self, name, *_):
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Finder(), *sys.meta_path])
    assert "apt install libportaudio2" in error_line(lightspeech("listen"))


def test_a_missing_extra_is_named(lightspeech, error_line, monkeypatch):
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert "[live]" in error_line(lightspeech("listen"))


def test_two_sources_are_refused(lightspeech, error_line):
    line = error_line(lightspeech("listen", "--raw", 8_000, "--device", 1))
    assert "--raw and --device are both given" in line


@pytest.mark.parametrize("command", [["listen"], ["predict", "-"]])
def test_a_rate_of_no_recording_is_refused_by_its_option(command, lightspeech, error_line):
    line = error_line(lightspeech(*command, "--raw", 0))
    assert "--raw: 0 Hz; allowed are 1000 to" in line


def test_bars_tell_level_and_probabilities(voice):
    bars, console = terminal.Bars(load().labels), Console(width=80)
    updates = [update for update in expected(voice) if update.kind is Kind.NOW]
    for seen in ([], updates):
        bars.take(voice, seen)
        with console.capture() as captured:
            console.print(bars)
        text = captured.get()
        assert "level" in text
        assert ("waiting for speech" in text) is not bool(seen)
    best = max(updates[-1].segment.probabilities.values())
    assert f"{best:.0%}" in text


@pytest.mark.parametrize(
    ("samples", "level"), [([], -60), ([0, 0], -60), ([32_767, -32_768], 0), ([3_277, -3_277], -20)]
)
def test_the_level_is_in_db_of_full_scale(samples, level):
    assert terminal.level_db(np.array(samples, np.int16)) == pytest.approx(level, abs=0.1)


def test_of_a_short_recording_the_summary_counts_every_second_once(voice):
    summary = terminal.Summary()
    assert str(summary) == "nothing was heard"
    for update in expected(voice):
        summary.take(update)
    assert str(summary).startswith("heard 6.0 s, turns: 1")
