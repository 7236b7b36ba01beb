"""Work on a Ray cluster: what it gives, and what is left of it when something is killed."""

import gc
import json
import os
import socket
import sys
import time
import warnings
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from lightspeech import cluster
from lightspeech.corpora import preparing
from lightspeech.errors import ConfigError, LightspeechWarning, MissingExtra, WorkerError
from lightspeech.progress import no_progress
from lightspeech.studies import engine, folders, material, recipe, stages
from lightspeech.studies.folders import Places
from lightspeech.training import layout


@pytest.fixture(scope="module")
def ray():
    """A cluster of this machine, started once."""
    if find_spec("ray") is None:  # which is not to be imported before it is told how to behave
        pytest.skip("needs the extra 'ray'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Ray leaves files and processes to the garbage collector
        with engine.on(engine.RAY):
            yield
        gc.collect()


def test_results_come_in_the_order_of_the_items_and_ticks_count_them(ray):
    ticks = []
    assert engine.map(abs, [-3, 2, -1], tick=ticks.append) == [3, 2, 1]
    assert ticks == sorted(ticks)
    assert ticks[-1] == 3


def test_a_single_item_is_worked_on_there_too_in_the_folder_of_here(ray, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    [(process, folder)] = engine.map(_place, [0])
    assert process != os.getpid()
    assert folder == tmp_path


def _place(_):
    return os.getpid(), Path.cwd()


def test_arrays_can_be_written_to_on_both_sides(ray):
    [doubled] = engine.map(_doubled, [np.ones(3)])
    assert (_doubled(doubled) == 4).all()


def _doubled(array):
    array *= 2
    return array


def test_what_a_worker_warns_of_is_told_here(ray):
    with pytest.warns(LightspeechWarning, match="soft"):
        engine.map(_warn, ["soft"])


def _warn(message):
    warnings.warn(message, LightspeechWarning, stacklevel=1)


@pytest.mark.parametrize(
    ("error", "items", "tick"),
    [
        (ValueError, [600, -1], engine.no_tick),
        (KeyboardInterrupt, [600, 600], lambda _: interrupt()),
    ],
)
def test_the_first_error_and_an_interrupt_end_what_all_workers_are_at(ray, error, items, tick):
    with pytest.raises(error):
        engine.map(time.sleep, items, tick=tick)


def interrupt():
    raise KeyboardInterrupt


def test_work_whose_worker_is_killed_is_begun_again(ray, tmp_path):
    assert engine.map(partial(_killed_once, tmp_path), range(2)) == [0, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def _killed_once(folder, number):
    mark = folder / str(number)
    if number and not mark.exists():
        mark.touch()
        os._exit(1)
    return number


def test_work_that_is_lost_again_and_again_is_one_line(ray, monkeypatch):
    monkeypatch.setattr(cluster, "RETRIES", 0)
    with pytest.raises(WorkerError, match="fewer --processes.*--resume"):
        engine.map(os._exit, [1])


def test_a_folder_that_a_machine_has_not_is_told(ray, tmp_path, monkeypatch):
    monkeypatch.setattr(os, "getcwd", lambda: str(tmp_path / "elsewhere"))
    with pytest.raises(ConfigError, match="elsewhere is not on .* share, at one path"):
        engine.map(abs, [1])


def test_a_study_has_the_same_files_as_by_processes(ray, tiny):
    with engine.on(engine.PROCESSES):
        here = _trained(tiny, Places(runs=Path("here")))
    there = _trained(tiny, Places(runs=Path("there")))
    assert here == there
    assert len([path for path in here if path.name == layout.WEIGHTS]) == 3


def test_recordings_are_decoded_there_too(ray, tiny, tmp_path):
    [corpus] = recipe.read(tiny, []).corpora
    read = corpus.module.read(corpus.config).utterances
    lost = replace(read[1], path=tmp_path / "lost.wav")
    listed = [read[0], lost, *read[2:]]
    here = preparing.decode(listed)
    assert preparing.decode(listed, each=engine.stream) == here
    assert [one.path for one in here[1]] == [lost.path]


def _trained(file, places):
    """Train a study; give its files but for what clocks say."""
    chosen = recipe.read(file, [])
    folder = folders.begin(chosen, places, resume=False, fresh=False)
    prepared = material.prepare(chosen, folder, progress=no_progress)
    stages.train(chosen, prepared, folder, places, no_progress, processes=1)
    return {p.relative_to(folder): _bits(p) for p in folder.rglob("*") if p.is_file()}


def _bits(path):
    if path.name == layout.RUN:  # a process hashes its code once, whatever tests write beside it
        return {**json.loads(path.read_text()), "environment": None}
    if path.name != layout.HISTORY:
        return path.read_bytes()
    return [{**json.loads(line), "seconds": None} for line in path.read_text().splitlines()]


def test_nobody_at_an_address_is_one_line_at_once():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"ray://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(WorkerError, match=rf"{address}: nobody answers .*ray start --head"):
        engine.on(address).__enter__()


def test_another_engine_is_refused():
    with pytest.raises(ConfigError, match=r"'rya'; allowed are processes, ray and ray://HOST:PORT"):
        engine.on("rya").__enter__()


def test_without_ray_one_is_told_what_to_type(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr(os, "environ", {})
    with pytest.raises(MissingExtra, match=r"--engine ray needs an extra; type: .*\[ray\]"):
        engine.on("ray").__enter__()
