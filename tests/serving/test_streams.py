"""Live sound over a WebSocket."""

import contextlib
import json
import threading
import time

import numpy as np
import pytest

from lightspeech.inference import answers
from lightspeech.serving.access import Access
from lightspeech.serving.client import Client
from lightspeech.serving.session import Session

RATE = 16_000
TOKEN = "0123456789abcdef"
END = json.dumps({"type": "end"})


def of(kind, said):
    return [message for message in said if message["type"] == kind]


def expected(micro, samples, kind, rate=RATE, **options):
    """What a live stream of the recognizer says, as a server tells it."""
    live = micro.live(rate, **options)
    return [
        {"type": kind, "at_s": round(update.at_s, 3), **answers.record(update.segment)}
        for update in live.feed(samples) + live.flush()
        if update.kind == kind
    ]


@pytest.mark.parametrize("encoding", ["s16", "f32"])
@pytest.mark.parametrize("size", [800, 12_001])
def test_a_stream_says_what_the_recognizer_says(server, micro, talk, encoding, size):
    samples = talk if encoding == "s16" else (talk / 32_768).astype("<f4")
    with server.stream({"encoding": encoding, "smoothing": 0.5}) as connection:
        server.feed(connection, samples, stamp_s=1e6, size=size)
        connection.send(END)
        said, code = server.messages(connection)
    for kind in ("now", "turn", "segment"):
        assert of(kind, said) == expected(micro, talk, kind, smoothing=0.5)
    assert said[-1] == {"type": "end", "heard_s": 11.0, "dropped_s": 0.0}
    assert code == 1000


def test_answers_come_while_the_sound_does(server, talk):
    with server.stream({}) as connection:
        server.feed(connection, talk[: 4 * RATE])
        assert json.loads(connection.recv(5))["at_s"] == pytest.approx(3.1)


def test_what_is_not_wanted_is_not_told(server, talk):
    with server.stream({"turns": False, "segments": False}) as connection:
        server.feed(connection, talk)
        connection.send(END)
        said, _ = server.messages(connection)
    assert {message["type"] for message in said} == {"now", "end"}


def test_telephones_and_several_channels_are_heard(server, talk):
    with server.stream({"encoding": "mulaw", "sample_rate": 8_000, "channels": 2}) as connection:
        quiet = np.full((4 * 8_000, 2), 0xFF, np.uint8)
        for at in range(0, len(quiet), 800):
            server.feed(connection, quiet[at : at + 800], stamp_s=at / 8_000)
        connection.send(END)
        said, _ = server.messages(connection)
    assert {message["label"] for message in of("now", said)} == {"none"}
    assert said[-1]["heard_s"] == pytest.approx(4.0)


def test_where_sound_is_missing_windows_begin_anew_in_the_time_of_the_client(server, micro, talk):
    with server.stream({}) as connection:
        server.feed(connection, talk[: 4 * RATE])
        server.feed(connection, talk[: 4 * RATE], stamp_s=100.0)
        connection.send(END)
        said, _ = server.messages(connection)
    now = expected(micro, talk[: 4 * RATE], "now")
    later = [{**one, **{k: one[k] + 100 for k in ("at_s", "start_s", "end_s")}} for one in now]
    assert of("now", said) == now + later


def test_old_sound_is_dropped_and_the_client_told(start, talk):
    with start(age_s=1.0, ahead_s=10.0) as server, server.stream({}) as connection:
        server.feed(connection, talk[: 5 * RATE])  # at once: all but the last second is old
        connection.send(END)
        said, _ = server.messages(connection)
    *_, dropped = of("dropped", said)  # in one go, but where the machine is busy
    assert dropped["end_s"] == pytest.approx(4.0, abs=0.2)
    assert said[-1]["dropped_s"] == pytest.approx(4.0, abs=0.2)


def test_opus_in_webm_is_heard_while_it_comes(server, micro, talk, tmp_path):
    av = pytest.importorskip("av", reason="needs the extra 'media'")
    path = tmp_path / "talk.webm"
    with av.open(str(path), "w", format="webm") as container:
        track = container.add_stream("libopus", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(talk[None], format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48_000)
        for piece in resampler.resample(frame) + resampler.resample(None):
            container.mux(track.encode(piece))
        container.mux(track.encode(None))
    content = np.frombuffer(path.read_bytes(), np.uint8)
    whole = micro(path.read_bytes())
    with server.stream({"encoding": "opus", "sample_rate": 48_000}) as connection:
        half = len(content) * 3 // 4
        server.feed(connection, content[:half], size=2_000)
        assert json.loads(connection.recv(10))["type"] == "now"
        server.feed(connection, content[half:], size=2_000)
        connection.send(END)
        said, code = server.messages(connection)
    assert code == 1000
    assert said[-1]["heard_s"] == pytest.approx(11, abs=0.1)
    hops = {hop.start_s: hop.label for hop in whole.hops}
    assert {one["start_s"]: one["label"] for one in of("segment", said)} == hops


def test_the_client_of_the_library_is_fed_as_a_live_stream(server, micro, talk):
    with server.client.live(RATE, turns=True) as stream:
        updates = []
        for at in range(0, 7 * RATE // 2, 1_600):
            updates += stream.feed(talk[at : at + 1_600])
        updates += stream.flush()
    assert stream.labels == micro.labels
    assert stream.dropped_s == 0
    assert [update.kind for update in updates] == ["now", "turn", "segment"]


def test_a_token_is_taken_in_a_header_or_in_the_hello(start):
    with start(Access(token=TOKEN, is_local=False)) as server:
        with Client(server.url, TOKEN).live(RATE) as stream:
            assert stream.flush() == []
        with server.stream({"token": TOKEN}) as connection:
            connection.send(END)
            assert server.messages(connection)[1] == 1000
        for hello in ({}, {"token": TOKEN[:-1]}):
            with server.stream() as connection:
                connection.send(json.dumps({"type": "hello", "sample_rate": RATE, **hello}))
                said, code = server.messages(connection)
                assert (said[-1]["code"], code) == ("unauthorized", 4401)


def test_streams_at_once_share_nothing(server, micro, talk):
    parts = [talk[at * RATE :][: 4 * RATE] for at in range(6)]
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(server.stream({})) for _ in parts]
        for at in range(0, 4 * RATE, 1_600):
            for connection, part in zip(connections, parts, strict=True):
                server.feed(connection, part[at : at + 1_600], stamp_s=at / RATE)
        for connection, part in zip(connections, parts, strict=True):
            connection.send(END)
            said, _ = server.messages(connection)
            assert of("now", said) == expected(micro, part, "now")


def test_streams_wait_for_no_file(start, talk):
    held = threading.Event()
    with start(age_s=1e3, ahead_s=1e3) as server, server.stream({}) as connection:
        busy = [server.service.threads.submit(held.wait, 10) for _ in range(8)]
        server.feed(connection, talk[: 4 * RATE])
        assert json.loads(connection.recv(2))["type"] == "now"
        held.set()
        assert all(one.result() for one in busy)


def test_a_server_that_ends_says_all_that_can_be_said_first(start, micro, talk, monkeypatch):
    hear = Session.hear
    # As on a busy machine: longer than a server that does not wait would be there.
    slowly = lambda *all, **ends: time.sleep(0.5) or hear(*all, **ends)  # noqa: E731
    monkeypatch.setattr(Session, "hear", slowly)
    with start(age_s=1e3, ahead_s=1e3) as server, server.stream({}) as connection:
        server.feed(connection, talk)
        assert json.loads(connection.recv(5))["type"] == "now"
        threading.Timer(0.3, server.server.stop).start()
        said, code = server.messages(connection)
        assert code == 1001
        assert said[-1] == {"type": "end", "heard_s": 11.0, "dropped_s": 0.0}
        assert of("segment", said) == expected(micro, talk, "segment")


def test_a_server_that_ends_answers_the_file_that_it_has_and_takes_no_other(start, wav):
    answers = []
    with start() as server:
        client = threading.Thread(target=lambda: answers.append(server.client.predict(wav)))
        client.start()
        server.until(lambda: server.service.n_uploads == 1)
        server.server.stop()
        client.join()
    assert answers[0]["model"] == "micro"
