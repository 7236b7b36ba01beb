from pathlib import Path
from shutil import which

import pytest

from lightspeech import bundle
from lightspeech.errors import BundleError
from lightspeech.evaluation import boards, cores, device_cost, emulation
from lightspeech.evaluation.emulation import DoesNotFit
from lightspeech.export import c99


@pytest.fixture
def tools():
    for tool, package in cores.ARM.packages.items():
        if not which(tool):
            pytest.skip(f"needs {tool}: apt install {package}")


def test_measured_on_a_cortex_m4f(tools, make_c_bundle):
    cost = device_cost.measure(make_c_bundle())
    assert cost.how == "measured"
    assert 2_000 < cost.flash_bytes < 16_000
    assert 8_192 < cost.ram_bytes < 16_000
    assert 1176 < cost.instructions_per_inference < 40 * 1176
    # A hundred frames and four windows a second.
    of_frames = cost.instructions_per_audio_second - 4 * cost.instructions_per_inference
    assert 100 * 5_000 < of_frames < 100 * 50_000


def test_counts_are_the_same_every_time(tools, make_c_bundle):
    made = make_c_bundle()
    assert device_cost.measure(made) == device_cost.measure(made)


def test_the_image_hears_what_this_machine_hears(tools, make_c_bundle):
    made = make_c_bundle()
    samples = device_cost.sound(made)
    there = emulation.on_core(made.path, samples).printed
    here = emulation.on_host(made.path, samples)
    assert there.windows == here.windows
    assert there.logits == here.logits
    assert len({*there.logits}) == 2


def test_other_bits_in_emulation_are_refused(tools, make_c_bundle):
    wrong = make_c_bundle("sum / 1024", "sum / 1024 + (int32_t)sizeof(void *)")
    with pytest.raises(BundleError, match="computes other bits in emulation"):
        device_cost.measure(wrong)


def test_an_image_too_large_for_the_emulated_board_is_told_and_estimated(tools, make_c_bundle):
    huge = make_c_bundle("weights[3]", "weights[2000000]")
    with pytest.raises(DoesNotFit, match="`?FLASH'? overflowed by [0-9]+ bytes; prune the model"):
        device_cost.emulate(huge)
    assert device_cost.measure(huge).basis.endswith("larger than the emulated board")


def test_an_arena_too_large_for_the_ram_of_the_board_is_told(tools, make_c_bundle):
    given = "int8_t *arena = ls_model_input(model);"
    hungry = make_c_bundle(given, "static int8_t arena[300000]; (void)model;")
    with pytest.raises(DoesNotFit, match="`?RAM'? overflowed by [0-9]+ bytes; prune the model"):
        device_cost.emulate(hungry)


def test_without_tools_it_is_estimated_and_says_why(make_c_bundle, monkeypatch):
    monkeypatch.setenv("PATH", "")
    cost = device_cost.measure(make_c_bundle())
    assert cost.how == "estimated"
    assert cost.basis.endswith("not measured: arm-none-eabi-gcc is not installed")
    assert cost.instructions_per_inference == device_cost.INSTRUCTIONS_PER_MAC * 1176
    assert {row.how for row in boards.table([cost])} == {"estimated"}


def test_c_is_written_once_for_all_processors_each_of_which_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "")
    written, told = [], []
    write = c99.rewrite
    monkeypatch.setattr(c99, "rewrite", lambda *args: written.append(args) or write(*args))
    costs = device_cost.find(
        bundle.read(bundle.find(Path("nano"))),
        cores.CORES,
        progress=lambda _, done, total: told.append((done, total)),
    )
    assert told == [(n, len(costs)) for n in range(len(costs) + 1)]
    assert [cost.target for cost in costs] == [core.target for core in cores.CORES]
    assert len(written) == 1


def test_a_bundle_without_c_is_refused_with_a_way_out(make_bundle):
    with pytest.raises(
        BundleError, match="holds no network that C is written from.*name: quantize"
    ):
        device_cost.find(make_bundle())


def test_a_header_that_lacks_a_number_is_refused(make_c_bundle):
    made = make_c_bundle()
    header = made.path / "ls_model.h"
    header.write_text(header.read_text().replace("LS_MODEL_MACS", "LS_MACS"))
    with pytest.raises(BundleError, match="says no LS_MODEL_MACS; export the model again"):
        device_cost.measure(made)
