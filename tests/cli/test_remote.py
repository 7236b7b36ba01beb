"""Recordings that lie elsewhere: a server on loopback, and a file system in memory."""

import functools
import http.server
import json
import shutil
import sys
import tarfile
import threading
from pathlib import Path

import pytest

from lightspeech.audio import remote
from lightspeech.files import CACHE
from lightspeech.studies import engine

fsspec = pytest.importorskip("fsspec", reason="needs the extra 'remote'")
pytest.importorskip("aiohttp", reason="needs the extra 'remote'")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def elsewhere(tmp_path, write_tone):
    """A folder of a server: two tones, a hidden one, what is none; give folder and address."""
    folder = tmp_path / "elsewhere"
    write_tone(folder / "a.wav")
    write_tone(folder / "sub" / "b.wav", hertz=300)
    write_tone(folder / ".hidden.wav")
    (folder / "bad.wav").write_bytes(b"RIFF")
    (folder / "notes.txt").write_text("no recording")
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=folder)
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def bundles_elsewhere(elsewhere, make_bundle, tmp_path, monkeypatch):
    """A server with a bundle; give its folder there, its address and the folder of copies."""
    folder, address = elsewhere
    shutil.copytree(make_bundle().path, folder / "toy")
    monkeypatch.setenv(CACHE, str(tmp_path / "kept"))
    return folder / "toy", f"{address}/toy", tmp_path / "kept/bundles"


@pytest.fixture
def ask(lightspeech, make_bundle):
    """Ask about addresses; give exit code, and answers as JSON."""
    bundle = make_bundle().path

    def answers(*arguments):
        ended = lightspeech("predict", *arguments, "--bundle", bundle, "--json")
        return ended, [json.loads(line) for line in ended.out.splitlines()]

    return answers


def test_a_file_behind_an_address_is_answered_as_a_copy_of_it(ask, elsewhere):
    folder, address = elsewhere
    _, [here] = ask(folder / "a.wav")
    for more in ((), ("--processes", 2)):
        _, [there] = ask(f"{address}/a.wav", *more)
        assert there["path"] == f"{address}/a.wav"
        assert there["probabilities"] == here["probabilities"]


def test_a_folder_behind_an_address_is_answered_file_by_file(ask, elsewhere):
    _, address = elsewhere
    ended, rows = ask(address)
    assert [row["path"] for row in rows] == [
        f"{address}/{name}" for name in ("a.wav", "bad.wav", "sub/b.wav")
    ]
    assert rows[1]["error"].startswith(f"{address}/bad.wav: not readable as audio")
    assert ended.code == 1


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("{address}/none.wav", "{address}/none.wav: no such file, or nobody answers"),
        ("http://127.0.0.1:1/a.wav", "http://127.0.0.1:1/a.wav: no such file, or nobody answers"),
        ("foo://bucket/a.wav", "foo://bucket/a.wav: cannot be read (Protocol not known: foo)"),
        ("foo://bucket", "foo://bucket: cannot be read (Protocol not known: foo)"),
    ],
)
def test_what_is_not_there_is_one_line(ask, error_line, elsewhere, path, message):
    address = elsewhere[1]
    ended, _ = ask(path.format(address=address))
    assert message.format(address=address) in error_line(ended)


def test_what_is_too_large_is_not_read_to_its_end(ask, error_line, elsewhere, monkeypatch):
    monkeypatch.setattr(remote, "MAX_BYTES", 1_000)
    ended, _ = ask(f"{elsewhere[1]}/a.wav")
    assert "a.wav: more than 1,000 bytes; download it and name the copy" in error_line(ended)


def test_without_the_extra_one_is_told_what_to_type(ask, error_line, elsewhere, monkeypatch):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    ended, _ = ask(f"{elsewhere[1]}/a.wav")
    assert "[remote]" in error_line(ended)


def test_a_tar_behind_an_address_is_answered_as_it_comes(
    lightspeech, make_bundle, elsewhere, monkeypatch
):
    monkeypatch.setattr(engine, "stream", lambda work, items, _: map(work, items))  # here
    pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra 'parquet'")
    folder, address = elsewhere
    with tarfile.open(folder / "c.tar.gz", "w:gz") as tar:
        tar.add(folder / "sub", "sub")
    output = folder.parent / "answers.parquet"
    lightspeech(
        "predict", address, f"{address}/c.tar.gz", "--bundle", make_bundle().path,
        "--output", output,
    )  # fmt: skip
    rows = pq.read_table(output, columns=["path", "p_loud"]).to_pylist()
    found = {row["path"].removeprefix(f"{address}/"): row["p_loud"] for row in rows}
    assert len(rows) == 4
    assert found["c.tar.gz/sub/b.wav"] == found["sub/b.wav"]
    assert set(found) == {"a.wav", "bad.wav", "sub/b.wav", "c.tar.gz/sub/b.wav"}


def test_a_corpus_elsewhere_is_copied_once(lightspeech, tmp_path, write_tone, monkeypatch):
    monkeypatch.chdir(tmp_path)
    memory = fsspec.filesystem("memory")
    for place, label in enumerate(("angry", "happy")):
        tone = write_tone(tmp_path / "tone.wav", hertz=300 + 50 * place)
        memory.pipe(f"/corpus/anna/{label}/1.wav", tone.read_bytes())
    assert lightspeech("prepare", "folder", "--root", "memory://corpus").code == 0
    first = Path("manifest.csv").read_text()
    assert first.count("cache/remote/") == 2
    memory.rm("/corpus/anna/happy/1.wav")
    assert lightspeech("prepare", "folder", "--root", "memory://corpus").code == 0
    assert Path("manifest.csv").read_text() == first
    memory.rm("/corpus", recursive=True)


def test_copying_a_corpus_tells_how_far_it_is(elsewhere, tmp_path):
    told = []
    remote.fetch(Path(elsewhere[1]), tmp_path / "copy", lambda *step: told.append(step))
    assert told == [("copies", done, 3) for done in (1, 2, 3)]


def test_a_bundle_behind_an_address_is_copied_once(lightspeech, bundles_elsewhere, elsewhere):
    there, address, copies = bundles_elsewhere
    file = elsewhere[0] / "a.wav"
    here = lightspeech("predict", file, "--bundle", there, "--json")
    first = lightspeech("predict", file, "--bundle", address, "--json")
    assert first.code == 0, first.err
    assert first.out == here.out
    [copy] = copies.iterdir()
    assert {path.name for path in copy.iterdir()} == {"bundle.json", "model.onnx"}
    shutil.rmtree(there)
    assert lightspeech("predict", file, "--bundle", address, "--json").out == here.out


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "0" * 64}, "is not what was exported (SHA-256)"),
        ({"model_file": "../model.onnx"}, "model_file: "),
        ({"model_file": "bundle.json"}, "bundle.json is not"),
        ({"model_file": "none.onnx"}, "none.onnx: no such file, or nobody answers"),
        ({"frontend": 7}, "/toy/bundle.json: frontend: "),
    ],
)
def test_what_is_no_whole_bundle_elsewhere_is_told_and_not_kept(
    lightspeech, error_line, bundles_elsewhere, elsewhere, change, message
):
    there, address, copies = bundles_elsewhere
    described = there / "bundle.json"
    described.write_text(json.dumps({**json.loads(described.read_text()), **change}))
    asked = ("predict", elsewhere[0] / "a.wav", "--bundle", address)
    assert message in error_line(lightspeech(*asked))
    assert not list(copies.glob("*/bundle.json"))


def test_an_address_without_a_bundle_is_told(lightspeech, error_line, elsewhere):
    folder, address = elsewhere
    (folder / "bundle.json").write_text("[]")
    asked = ("predict", folder / "a.wav", "--bundle")
    assert "is it the folder of a bundle" not in error_line(lightspeech(*asked, f"{address}/sub"))
    told = error_line(lightspeech(*asked, address))
    assert f"is {address} the folder of a bundle?" in told
