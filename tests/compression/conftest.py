import contextlib
import functools
import shutil

import pytest

from lightspeech.corpora import manifest
from lightspeech.studies import recipe, stages
from lightspeech.studies.stages import Places

TINY = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano, channels: [12, 12]}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 1, batch_size: 4}
"""


def quiet(*_):
    """Take progress and say nothing."""


def study(folder, changes):
    """Train the plain runs of the tiny recipe with some changes; gives recipe and stages to go."""
    (folder / "tiny.yaml").write_text(TINY)
    chosen = recipe.read(folder / "tiny.yaml", list(changes))
    made = stages.begin(chosen, Places(), resume=True, fresh=False)
    prepared = stages.prepare(chosen, made, progress=manifest.silent)
    protocol = stages.train(chosen, prepared, made, Places(), quiet, processes=1)

    def compress(told=quiet, chosen=chosen):
        return stages.compress(chosen, prepared, protocol, made, Places(), told, processes=1)

    return chosen, made, compress


@pytest.fixture
def train(here):
    """Train a study here; gives its folder and the steps to go. Changes are to the tiny recipe."""

    def make(*changes):
        return study(here, changes)[1:]

    return make


@pytest.fixture(scope="session")
def shelf(tmp_path_factory):
    """Studies that several tests begin with, steps and all: each is made once a session."""
    torch = pytest.importorskip("torch")

    @functools.cache
    def made(*studies):
        folder = tmp_path_factory.mktemp("shelf")
        if studies[1:]:
            shutil.copytree(made(*studies[:-1]), folder, dirs_exist_ok=True)
        threads = torch.get_num_threads()
        with contextlib.chdir(folder):
            chosen, _, compress = study(folder, studies[-1])
            if chosen.compress:
                compress()
        torch.set_num_threads(threads)
        return folder

    return made


@pytest.fixture
def begin(here, shelf):
    """Begin with copies of studies, each told by its changes to the tiny recipe."""

    def copy(*studies):
        shutil.copytree(shelf(*studies), here, dirs_exist_ok=True)

    return copy
