"""What an exporter cannot write is told before it writes, with who can."""

from dataclasses import replace

import pytest

pytest.importorskip("torch")

from lightspeech import plugins
from lightspeech.config import Choice, choice_of
from lightspeech.errors import ConfigError
from lightspeech.export import checks
from lightspeech.models.int8 import Int8
from lightspeech.training.task import RunConfig

MODELS = "lightspeech.models"


def config_of(name, **changes):
    """What makes a run of a model as its module states it."""
    model = plugins.load(MODELS, name)
    made = RunConfig(
        model=Choice(MODELS, name, model.Config()), windows=model.WINDOWS,
        frontend=choice_of("lightspeech.frontends", model.FRONTEND),
    )  # fmt: skip
    return replace(made, **changes)


def writers(cfg):
    """Formats that hold a run."""
    return [n for n in plugins.names(checks.PACKAGE) if _holds(cfg, n)]


def _holds(cfg, name):
    try:
        return checks.exporter(cfg, name) is plugins.load(checks.PACKAGE, name)
    except ConfigError:
        return False


INT8, KNOWN = {"quantize": Int8()}, {"normalisation": "speaker"}


@pytest.mark.parametrize(
    ("cfg", "expected"),
    [
        (
            config_of("nano"),
            ["executorch", "litert", "onnx", "onnx_dynamic", "onnx_fp16", "onnx_network"],
        ),
        (
            config_of("nano", **INT8),
            [
                *("arduino", "c99", "executorch", "litert", "litert_network", "onnx"),
                *("onnx_network", "wasm"),
            ],
        ),
        (config_of("nano", **KNOWN), ["onnx", "onnx_dynamic", "onnx_fp16", "onnx_network"]),
        (config_of("nano", **INT8, **KNOWN), ["c99", "litert_network", "onnx", "onnx_network"]),
        (config_of("base"), ["litert", "onnx"]),
        (config_of("fusion"), ["onnx"]),
        (config_of("whisper"), ["onnx"]),
        (config_of("multimodal"), ["onnx", "onnx_dynamic"]),
    ],
)
def test_a_run_has_the_formats_that_hold_its_front_end_and_its_numbers(cfg, expected):
    assert writers(cfg) == expected


@pytest.mark.parametrize(
    ("cfg", "name", "message"),
    [
        (
            config_of("base"),
            "c99",
            "base is given small_encoder, which c99 does not hold; export it with --format litert",
        ),
        (
            config_of("fusion"),
            "c99",
            "fusion is given pair, which c99 does not hold; export it with --format onnx",
        ),
        (
            config_of("nano", **KNOWN),
            "litert",
            "nano must know its speaker, which litert does not hold; "
            "export it with --format onnx or onnx-dynamic or onnx-fp16 or onnx-network",
        ),
        (
            config_of("nano", **INT8),
            "onnx_fp16",
            "nano is int8, which onnx-fp16 does not hold; export it with --format arduino or c99",
        ),
        (
            config_of("whisper"),
            "c99",
            "whisper is given encoder, which c99 does not hold; export it with --format onnx",
        ),
        (
            config_of("whisper", **KNOWN),
            "onnx",
            "must know its speaker, which onnx does not hold; no format holds it; make its "
            "encoder small with `lightspeech shrink` and train on that with "
            "frontend.name=small_encoder; train with normalisation=training",
        ),
        (config_of("nano"), "c98", "unknown name 'c98' in export; choose one of .*'onnx-fp16'"),
    ],
)
def test_one_that_cannot_write_a_run_names_those_that_can(cfg, name, message):
    with pytest.raises(ConfigError, match=message):
        checks.exporter(cfg, name)


def test_an_exporter_is_found_by_its_name_on_the_command_line():
    assert checks.exporter(config_of("nano"), "onnx-fp16").SUFFIX == ".onnx"


def test_every_exporter_has_a_format_of_each_number_format_it_takes():
    assert checks.formats() == {
        "arduino": ("arduino", "int8"),
        "c99": ("c99", "int8"),
        "executorch": ("executorch", "fp32"),
        "executorch-int8": ("executorch", "int8"),
        "litert": ("litert", "fp32"),
        "litert-int8": ("litert", "int8"),
        "litert-network": ("litert_network", "int8"),
        "onnx": ("onnx", "fp32"),
        "onnx-int8": ("onnx", "int8"),
        "onnx-dynamic": ("onnx_dynamic", "fp32"),
        "onnx-fp16": ("onnx_fp16", "fp32"),
        "onnx-network": ("onnx_network", "fp32"),
        "onnx-network-int8": ("onnx_network", "int8"),
        "wasm": ("wasm", "int8"),
    }


def test_every_exporter_declares_what_the_package_says():
    for name in plugins.names(checks.PACKAGE):
        module = plugins.load(checks.PACKAGE, name)
        assert set(module.HOLDS) <= set(plugins.names("lightspeech.frontends"))
        assert set(module.TAKES) <= {"fp32", "int8"}
        assert module.SUFFIX.startswith(".")
        assert isinstance(module.PREFIXED, bool)
        assert isinstance(module.RATES, bool)
