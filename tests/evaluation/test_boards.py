from dataclasses import replace

import pytest

from lightspeech.evaluation import boards
from lightspeech.evaluation.device_cost import Cost

COST = Cost(
    model="toy", scheme="int8", target="cortex-m4f", how="measured", basis="counted",
    flash_bytes=70_000, ram_bytes=22_000, instructions_per_audio_second=6_400_000,
    instructions_per_inference=5_000_000, n_params=49_000, macs=1_600_000, sha256="",
)  # fmt: skip


def rows(*costs):
    return {row.board.name: row for row in boards.table(costs)}


def test_time_is_instructions_over_the_clock():
    assert rows(COST)["Arduino Nano 33 BLE Sense"].ms_per_audio_second == pytest.approx(100)
    assert rows(COST)["ESP32-S3"].ms_per_audio_second == pytest.approx(26.667, abs=1e-3)


def test_only_the_boards_of_emulated_processors_are_measured():
    measured = {name for name, row in rows(COST).items() if row.how == "measured"}
    assert measured == {"Arduino Nano 33 BLE Sense"}
    small = replace(COST, target="cortex-m0plus", instructions_per_audio_second=13_300_000)
    pico = rows(COST, small)["Raspberry Pi Pico"]
    assert (pico.how, pico.ms_per_audio_second) == ("measured", 100)
    assert rows(COST, small)["STM32F746"].how == "estimated"
    assert "estimated" not in {row.basis.split()[0] for row in boards.table([COST])}


@pytest.mark.parametrize(
    ("change", "fit"),
    [
        ({}, 13),
        ({"ram_bytes": 300_000}, 10),
        ({"flash_bytes": 2_000_000}, 10),
        ({"instructions_per_audio_second": 100_000_000}, 11),
        ({"ram_bytes": 10**10}, 0),
    ],
)
def test_what_is_too_large_or_too_slow_does_not_fit(change, fit):
    assert sum(row.fits for row in boards.table([replace(COST, **change)])) == fit
