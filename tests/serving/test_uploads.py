"""Files over HTTP."""

import io
import json
import re
import socket
import sys
import urllib.request

import numpy as np
import pytest
import soundfile

from lightspeech.errors import ServerError
from lightspeech.inference import answers
from lightspeech.serving import decoding
from lightspeech.serving.access import Access

TOKEN = "0123456789abcdef"
POST = ("POST", "Content-Type: application/octet-stream")


def encoded(samples, form, rate=16_000, **options):
    file = io.BytesIO()
    soundfile.write(file, samples, rate, format=form, **options)
    return file.getvalue()


@pytest.mark.parametrize("form", ["WAV", "FLAC", "OGG", "MP3"])
@pytest.mark.parametrize("whole", [False, True])
def test_a_file_is_answered_as_predict_answers_it(server, micro, talk, form, whole):
    content = encoded(talk, form)
    said = server.client.predict(content, whole=whole)
    answer = micro(content, whole=whole)
    assert said["segments"] == [answers.record(segment) for segment in answer.segments]
    assert said["label"] == answer.label
    assert said["probabilities"] == pytest.approx(answer.probabilities, abs=1e-6)
    assert (said["model"], said["end_s"]) == ("micro", round(answer.duration_s, 3))


def test_a_path_is_sent_and_warnings_come_back(server, talk, tmp_path):
    soundfile.write(tmp_path / "a.wav", np.stack((talk, -talk), 1)[:32_000], 16_000)
    said = server.client.predict(tmp_path / "a.wav")
    assert "its 2 channels cancel each other" in said["warnings"][0]


def test_models_are_described(server, micro):
    [model] = server.client.models()
    assert (model["name"], model["labels"]) == ("micro", list(micro.labels))


def test_health_and_counters_are_told_and_nothing_else_is(server, wav):
    server.client.predict(wav)
    with urllib.request.urlopen(f"{server.url}/healthz") as answer:
        assert json.load(answer) == {"status": "ok"}
    with urllib.request.urlopen(f"{server.url}/metrics") as answer:
        text = answer.read().decode()
    assert 'lightspeech_uploads_total{outcome="answered"}' in text
    assert "lightspeech_streams 0.0" in text


def test_the_interface_is_described_without_scripts_from_elsewhere(server):
    with urllib.request.urlopen(f"{server.url}/openapi.json") as answer:
        paths = json.load(answer)["paths"]
    assert set(paths) == {"/v1/predict", "/v1/models", "/healthz", "/metrics"}
    status, page = server.ask("/docs")
    assert status == 200
    assert b"openapi.json" in page
    assert not re.search(rb"(src|href)=|https?:", page)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "bad_request: no file"),
        (b"no sound at all", "bad_audio: .* not readable as audio"),
        (b"RIFF\x00\x00\x00\x00WAVE", "bad_audio"),
        (b"#!/bin/sh\n", "bad_audio"),
        (bytes(500_001), "too_large: larger than 500000 bytes"),
    ],
)
def test_what_is_no_speech_is_refused_and_the_next_is_answered(server, wav, content, says):
    with pytest.raises(ServerError, match=says):
        server.client.predict(content)
    assert server.client.predict(wav)["model"] == "micro"


def test_a_small_file_of_much_sound_is_refused(server, wav):
    bomb = encoded(np.zeros(16_000 * 3_600, np.int8).astype(np.int16), "FLAC")
    assert len(bomb) < 500_000
    with pytest.raises(ServerError, match="too_long: longer than 20 s"):
        server.client.predict(bomb)
    assert server.client.predict(wav)["model"] == "micro"


def test_an_unknown_model_is_refused(server, wav):
    with pytest.raises(ServerError, match=r"no_such_model: no model 'huge' here; one of \['micro'"):
        server.client.predict(wav, model="huge")


@pytest.mark.parametrize(
    ("path", "method", "status", "says"),
    [
        ("/v1/predict?whole=maybe", "POST", 400, "whole: Input should be a valid boolean"),
        ("/v1/predict?modle=nano", "POST", 400, "modle: no such key; choose of model, whole, each"),
        ("/v2/predict", "GET", 404, "Not Found"),
        ("/v1/models", "POST", 405, "Method Not Allowed"),
    ],
)
def test_every_refusal_has_one_form(server, path, method, status, says):
    answered, content = server.ask(path, method=method)
    told = json.loads(content)["error"]
    assert (answered, told["type"], told["code"]) == (status, "error", "bad_request")
    assert says in told["message"]


@pytest.mark.parametrize("kind", ["multipart/form-data", "Multipart/FORM-data"])
def test_a_form_is_refused_and_the_message_says_what_to_type(server, kind):
    form = f"Content-Type: {kind}; boundary=x"
    body = b'--x\r\nContent-Disposition: form-data; name="f"; filename="../../etc/x"\r\n\r\n--x--'
    status, content = server.ask(
        "/v1/predict", form, f"Content-Length: {len(body)}", body=body, method="POST"
    )
    assert status == 400
    assert b"--data-binary" in content


@pytest.mark.parametrize(
    ("lines", "body", "status"),
    [
        (["Content-Length: 99999999999"], b"", 413),
        (["Content-Length: 100"], b"too little", 408),
        (["Transfer-Encoding: chunked"], b"fffff\r\n" + bytes(0xFFFFF) + b"\r\n0\r\n\r\n", 413),
        (["Content-Length: -1"], b"", 400),
    ],
)
def test_bodies_that_lie_are_refused(server, lines, body, status):
    assert server.ask("/v1/predict", *lines, body=body, method="POST")[0] == status


def test_a_client_that_goes_in_the_middle_leaves_nothing(server):
    with socket.create_connection(server.address) as connection:
        connection.sendall(
            b"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\nhalf"
        )
        server.until(lambda: server.service.n_uploads == 1)
    server.until(lambda: server.service.n_uploads == 0)


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/models", "/metrics", "/healthz"])
def test_pages_of_others_may_not_ask(server, path):
    method = "POST" if path == "/v1/predict" else "GET"
    status, content = server.ask(path, "Origin: https://evil.example", method=method)
    assert status == 403
    assert json.loads(content)["error"]["code"] == "forbidden"
    assert b"access-control" not in content.lower()


def test_a_server_with_a_token_answers_who_knows_it_and_tells_others_only_that_it_lives(start, wav):
    page = "https://friend.example"
    with start(Access(token=TOKEN, is_local=False, origins=(page,))) as server:
        for path, method in (("/v1/predict", "POST"), ("/v1/models", "GET"), ("/metrics", "GET")):
            for given in ([], [f"Authorization: Bearer {TOKEN}0"]):
                assert server.ask(path, *given, method=method)[0] == 401
        assert server.ask("/healthz")[0] == 200
        known = type(server.client)(server.url, TOKEN)
        assert known.predict(wav)["model"] == "micro"
        preflight = [f"Origin: {page}", "Access-Control-Request-Method: POST"]
        assert server.ask("/v1/predict", *preflight, method="OPTIONS")[0] == 200


def test_more_than_may_wait_are_refused_for_now(start):
    with start(uploads=1) as server, socket.create_connection(server.address) as connection:
        connection.sendall(
            b"POST /v1/predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 99\r\n\r\nhalf"
        )
        server.until(lambda: server.service.n_uploads == 1)
        status, content = server.ask(
            "/v1/predict", "Content-Length: 4", body=b"RIFF", method="POST"
        )
        assert (status, json.loads(content)["error"]["code"]) == (503, "full")


def test_decoding_that_takes_too_long_is_ended_each_time(start, wav):
    with start(decode_s=0.001) as server:
        for _ in range(2):
            with pytest.raises(ServerError, match="bad_audio: decoding took too much time"):
                server.client.predict(wav)
        assert server.service.n_uploads == 0


@pytest.mark.skipif(sys.platform != "linux", reason="no other system keeps the limit")
def test_decoding_that_takes_too_much_memory_is_refused_and_the_next_is_answered(start, wav):
    large = encoded(np.zeros((16_000 * 20, 16), np.int16), "WAV")
    with start(decode_bytes=16 << 20) as server:
        assert server.client.predict(wav)["model"] == "micro"
        for _ in range(2):
            with pytest.raises(ServerError, match="too much .*memory"):
                server.client.predict(large)
        assert server.client.predict(wav)["model"] == "micro"


def test_a_decoder_that_ended_while_it_was_idle_costs_no_file(start, wav, monkeypatch):
    begin, begun = decoding.started, []

    async def remembered(*given):
        begun.append(await begin(*given))
        return begun[-1]

    monkeypatch.setattr(decoding, "started", remembered)
    with start(decoders=1) as server:
        server.client.predict(wav)
        [process] = begun
        process.kill()
        server.until(lambda: process.returncode is not None)
        assert server.client.predict(wav)["model"] == "micro"


def test_who_is_not_there_is_told(server):
    with pytest.raises(ServerError, match="is it there"):
        type(server.client)("http://127.0.0.1:9").predict(b"0")
