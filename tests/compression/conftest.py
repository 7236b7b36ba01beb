import pytest

from lightspeech.corpora import manifest
from lightspeech.studies import recipe, stages
from lightspeech.studies.stages import Places

TINY = """
name: tiny
corpus: {name: synthetic, speakers: 3, sentences: 1}
protocol: {name: grouped_k_fold, folds: 3}
model: {name: nano}
windows: {window_s: 1.0, hop_s: 0.5}
training: {epochs: 1, batch_size: 4}
"""


def quiet(*_):
    """Take progress and say nothing."""


@pytest.fixture
def train(here):
    """Train the plain runs of the tiny recipe with some changes; gives recipe and stages to go."""

    def make(*changes):
        (here / "tiny.yaml").write_text(TINY)
        chosen = recipe.read(here / "tiny.yaml", list(changes))
        folder = stages.begin(chosen, Places(), resume=True, fresh=False)
        prepared = stages.prepare(chosen, folder, progress=manifest.silent)
        protocol = stages.train(chosen, prepared, folder, Places(), quiet, processes=1)

        def compress(told=quiet):
            return stages.compress(chosen, prepared, protocol, folder, Places(), told, processes=1)

        return folder, compress

    return make
