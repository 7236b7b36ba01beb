import pytest
import torch

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
def here(tmp_path, monkeypatch):
    """Work in an empty folder, in as many threads as before."""
    monkeypatch.chdir(tmp_path)
    threads = torch.get_num_threads()
    yield tmp_path
    torch.set_num_threads(threads)


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


@pytest.fixture(scope="module")
def make_whisper(tmp_path_factory):
    """Save a random Whisper, 16 wide, as `transformers` saves it; give the name of its folder."""
    transformers = pytest.importorskip("transformers", reason="needs the extra 'teacher'")

    def make(blocks, **changes):
        torch.manual_seed(0)
        folder = tmp_path_factory.mktemp("whisper")
        cfg = transformers.WhisperConfig(
            d_model=16, encoder_layers=blocks, encoder_attention_heads=4, encoder_ffn_dim=24,
            decoder_layers=1, decoder_attention_heads=2, decoder_ffn_dim=8, vocab_size=20,
            pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=1, **changes,
        )  # fmt: skip
        transformers.WhisperForConditionalGeneration(cfg).save_pretrained(folder)
        transformers.WhisperFeatureExtractor().save_pretrained(folder)
        return str(folder)

    return make
