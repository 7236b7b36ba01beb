import dataclasses
import json
from pathlib import Path

import pytest

from lightspeech import bundle
from lightspeech.audio.frontend import MelConfig
from lightspeech.bundle import places
from lightspeech.errors import BundleError, OutputError


def edit(made, **changes):
    """Change keys of a bundle.json; None takes a key away."""
    file = made.path / "bundle.json"
    values = {**json.loads(file.read_text()), **changes}
    file.write_text(json.dumps({key: item for key, item in values.items() if item is not None}))


def test_a_bundle_read_is_the_bundle_written(make_bundle):
    made = make_bundle(
        figures={"protocol": "toy", "uar": 0.6},
        corpora=({"name": "toy", "licence": "none", "citation": "none"},),
    )
    assert bundle.read(made.path) == made
    assert made.size_bytes > 0
    assert sorted(file.name for file in made.path.iterdir()) == ["bundle.json", "model.onnx"]


def test_a_bundle_of_the_first_format_is_read_and_its_front_end_is_of_bands(make_bundle):
    """There a front end has no name: bundles that were shipped stay as they are."""
    made = make_bundle(frontend={"n_mels": 40})
    assert json.loads((made.path / "bundle.json").read_text())["format"] == 3
    edit(made, format=1, threshold=0.25, thresholds=None)
    found = bundle.read(made.path)
    assert (found.mel, found.thresholds) == (MelConfig(n_mels=40), (0.25,) * 3)


def test_thresholds_in_an_older_format_are_taken_as_they_are(make_bundle):
    made = make_bundle(thresholds=(0.1, 0.2, 0.3))
    edit(made, format=2)
    assert bundle.read(made.path).thresholds == (0.1, 0.2, 0.3)
    edit(made, threshold=0.5)
    with pytest.raises(BundleError, match="threshold: "):
        bundle.read(made.path)


def test_every_bundle_of_the_package_is_read():
    for name in bundle.shipped():
        assert bundle.read(places.ZOO / name).name == name


def test_bands_are_asked_of_a_bundle_that_is_given_them_and_of_no_other(make_bundle):
    assert make_bundle(frontend={"name": "mel", "n_mels": 40}).mel == MelConfig(n_mels=40)
    with pytest.raises(BundleError, match="is given small_encoder, .* take a bundle of ONNX"):
        _ = make_bundle(frontend={"name": "small_encoder", "source": "base"}).mel
    with pytest.raises(BundleError, match=r"bundle.json: n_mells: no such key.*export the model"):
        _ = make_bundle(frontend={"name": "mel", "n_mells": 40}).mel


def test_a_model_may_come_as_a_file(make_bundle, tmp_path, toy_model):
    (tmp_path / "exported.onnx").write_bytes(toy_model)
    assert make_bundle(model=tmp_path / "exported.onnx") == make_bundle()


def test_a_folder_may_be_moved(make_bundle, tmp_path):
    made = make_bundle()
    made.path.rename(tmp_path / "elsewhere")
    assert bundle.read(tmp_path / "elsewhere").sha256 == made.sha256


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 4}, r"bundle format 4, this lightspeech reads \(1, 2, 3\)"),
        ({"format": None}, "bundle format None"),
        ({"labels": None}, "labels: "),
        ({"labels": ["one"]}, "labels: "),
        ({"labels": ["a", "a"]}, "no label twice"),
        ({"labels": ["a", "\x1b[31m"]}, "printable"),
        ({"sample_rate": 10**9}, "sample_rate: "),
        ({"windows": {"window_s": 1e9}}, "window_s must be"),
        ({"thresholds": [0, 0, 2]}, r"thresholds\.2: "),
        ({"thresholds": [0.5]}, "thresholds: expected one for each"),
        ({"threshold": 0.5}, "threshold: "),
        ({"temperature": 0}, "temperature: "),
        ({"surprise": 1}, "surprise: "),
        ({"sha256": "0" * 64}, "SHA-256"),
        ({"size_bytes": 1}, "1 were exported"),
        ({"model_file": "../model.onnx"}, "model_file: expected a plain name, not a path"),
        ({"model_file": "/etc/hostname"}, "model_file: expected a plain name, not a path"),
        ({"model_file": "..\\\\model.onnx"}, "model_file: expected a plain name"),
        ({"model_file": "C:model.onnx"}, "model_file: expected a plain name, not a path"),
        ({"model_file": "model\x00.onnx"}, "model_file: expected a plain name: 1 to 200"),
        ({"model_file": "README.md"}, "model_file: expected the name of a model's file"),
        ({"model_file": "Bundle.JSON"}, "model_file: expected the name of a model's file"),
        ({"name": "a/b"}, "name: expected a plain name, not a path"),
        ({"name": "x" * 300}, "name: expected a plain name: 1 to 200"),
        ({"frontend": {"hop_length": 1}}, r"ask for \d+ MiB and \d+ s of processor for a minute"),
        ({"frontend": {"n_mels": 16_000, "n_fft": 32_768}}, "ask for"),
        ({"windows": {"window_s": 60.0, "hop_s": 0.01}}, "ask for"),
        ({"model_file": "other.onnx"}, "no such file"),
    ],
)
def test_a_damaged_description_is_refused(make_bundle, changes, message):
    made = make_bundle()
    edit(made, **changes)
    with pytest.raises(BundleError, match=message) as caught:
        bundle.read(made.path)
    assert str(caught.value).startswith(str(made.path))


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "\udcff", "x" * 2_000_000])
def test_a_description_that_is_no_json_object_is_refused(make_bundle, text):
    made = make_bundle()
    (made.path / "bundle.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BundleError, match="bundle.json: "):
        bundle.read(made.path)


def test_a_truncated_model_is_refused(make_bundle):
    made = make_bundle()
    model = made.path / "model.onnx"
    model.write_bytes(model.read_bytes()[:-1])
    with pytest.raises(BundleError, match=r"model.onnx: \d+ bytes; \d+ were exported"):
        bundle.read(made.path)


def test_a_link_out_of_the_folder_is_refused(make_bundle, tmp_path):
    made = make_bundle()
    model = made.path / "model.onnx"
    model.rename(tmp_path / "model.onnx")
    model.symlink_to(tmp_path / "model.onnx")
    with pytest.raises(BundleError, match="lies outside the bundle"):
        bundle.read(made.path)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(BundleError, match=r"nowhere/bundle\.json: no such file; name the folder"):
        bundle.read(tmp_path / "nowhere")


def test_a_bundle_written_again_replaces_the_old_one(make_bundle):
    make_bundle(name="first")
    made = make_bundle(name="second")
    assert bundle.read(made.path).name == "second"


def test_a_bundle_that_cannot_be_written_leaves_the_old_one(make_bundle, monkeypatch, toy_model):
    made = make_bundle()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OutputError, match="No space left on device"):
        bundle.write(dataclasses.replace(made, name="new"), toy_model)
    monkeypatch.undo()
    assert bundle.read(made.path) == made
    assert len(list(made.path.iterdir())) == 2


@pytest.fixture
def zoo(make_bundle, monkeypatch, tmp_path):
    """A zoo of two, and an empty working folder."""
    for name in ("micro", "nano"):
        make_bundle(path=tmp_path / "zoo" / name, name=name)
    monkeypatch.setattr(places, "ZOO", tmp_path / "zoo")
    monkeypatch.delenv(bundle.ENVIRONMENT, raising=False)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "zoo"


def test_micro_of_the_package_is_found_where_none_is_named(zoo, monkeypatch):
    assert bundle.read(bundle.find()).name == "micro"
    monkeypatch.setenv(bundle.ENVIRONMENT, "named/by/environment")
    assert str(bundle.find()) == "named/by/environment"
    monkeypatch.setenv(bundle.ENVIRONMENT, "")
    assert bundle.find() == zoo / "micro"


def test_a_bundle_of_the_package_is_found_by_name_but_a_folder_goes_first(zoo, monkeypatch):
    monkeypatch.setenv(bundle.ENVIRONMENT, "nano")
    assert bundle.find() == bundle.find(Path("nano")) == zoo / "nano"
    assert bundle.find(zoo / "micro") == zoo / "micro"
    Path("nano").mkdir()
    assert bundle.find(Path("nano")) == Path("nano")


def test_a_bundle_that_is_not_there_names_those_that_are(zoo):
    with pytest.raises(BundleError, match=r"no such file.*of the package: \['micro', 'nano'\]"):
        bundle.read(bundle.find(Path("macro")))
