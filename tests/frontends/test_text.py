"""Words beside sound: tokens as the encoder expects them, in every window of their utterance."""

import json
import shutil

import numpy as np
import pytest
import torch

from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import choice_of
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.frontends import mel, pair, text, text_encoder
from lightspeech.frontends.augment import Augment
from lightspeech.frontends.batches import Order
from lightspeech.tokenizer import FILE, Tokenizer

FRONTENDS = "lightspeech.frontends"
WINDOWS = Windows(window_s=0.2, hop_s=0.1)
SAID = ("how nice", "go", "", "how nice and how good", "nice")


@pytest.fixture(scope="module")
def source(make_bert):
    return make_bert(2)


@pytest.fixture
def build(source):
    return lambda **changes: text.build(text.Config(source=source, **changes), windows=WINDOWS)


@pytest.fixture
def utterances(tmp_path, write_tone):
    return [
        Utterance(
            id=f"toy/{row}", corpus="toy", speaker="toy/a", emotion="sad", sample_rate=16_000,
            audio_hash=f"{row}" * 8, transcript=said, path=write_tone(
                tmp_path / f"{row}.wav", seconds=0.15 + 0.1 * row, hertz=300 + 50 * row
            ),
        )
        for row, said in enumerate(SAID)
    ]  # fmt: skip


def test_tokens_are_those_of_transformers(source):
    transformers = pytest.importorskip("transformers")
    theirs = transformers.PreTrainedTokenizerFast(tokenizer_file=f"{source}/{FILE}")
    ours = text_encoder.tokenizer(source, 64)
    for said in (*SAID, "How NICE, isn't it?", "  caf\u00e9\n"):
        tokens = ours(said)
        assert tokens[:, 0].tolist() == theirs(" ".join(said.split())).input_ids
        assert tokens[:, 1].all()


def test_of_an_empty_text_the_marks_are_left(source):
    assert len(text_encoder.tokenizer(source, 2)("")) == 2


def test_texts_of_a_batch_are_filled_up_with_zeros(build, utterances, tmp_path):
    found = build(needed=False).open(utterances, tmp_path)
    [tokens] = found.measure(np.array([1, 3]))
    assert tokens.shape == (2, 7, 2)
    assert tokens[0, 3:].sum() == 0
    assert tokens[..., 1].sum(1).tolist() == [3, 7]


def test_beside_sound_a_text_stands_in_every_window_of_its_utterance(source, utterances, tmp_path):
    cfg = pair.Config(
        first=choice_of(FRONTENDS, text.Config(source=source, needed=False)),
        second=choice_of(FRONTENDS, MelConfig(n_mels=8)),
    )
    front = pair.build(cfg, windows=WINDOWS)
    found = front.open(utterances, tmp_path)
    counts = np.diff(found.window_offsets)
    assert counts.max() > 1
    [inputs] = found.measure(np.arange(5))
    said = inputs["first"][..., 1].sum(1).tolist()
    assert said == np.repeat([4, 3, 2, 7, 3], counts).tolist()
    assert len(inputs["second"]) == counts.sum()


def test_batches_of_two_sizes_are_cut_alike(source, utterances, tmp_path, monkeypatch):
    monkeypatch.setattr(text, "BATCH", 3)
    cfg = pair.Config(
        first=choice_of(FRONTENDS, text.Config(source=source, needed=False)),
        second=choice_of(FRONTENDS, MelConfig(n_mels=8)),
    )
    found = pair.build(cfg, windows=WINDOWS).open(utterances, tmp_path)
    batches = list(found.measure(np.arange(5)))
    assert {len(x["first"]) for x in batches} == {len(x["second"]) for x in batches}
    assert sum(len(x["first"]) for x in batches) == found.window_offsets[-1]
    alone = torch.cat(list(mel.build(MelConfig(n_mels=8), windows=WINDOWS)
                           .open(utterances, tmp_path).measure(np.arange(5))))  # fmt: skip
    assert torch.equal(torch.cat([x["second"] for x in batches]), alone)


def test_training_batches_hold_the_words_of_their_rows(build, utterances, tmp_path):
    found = build(needed=False).open(utterances, tmp_path)
    batches = found.train(Order(np.arange(5), batch_size=3, seed=2), torch.arange(5), Augment())
    seen = list(batches.epoch(0))
    assert len(seen) == len(batches) == 2
    lengths = [4, 3, 2, 7, 3]
    for batch in seen:
        assert batch.features[..., 1].sum(1).tolist() == [lengths[row] for row in batch.rows]
        assert batch.targets.tolist() == batch.rows.tolist()


def test_tokens_are_kept_until_a_text_or_the_tokenizer_changes(
    source, build, utterances, tmp_path, monkeypatch
):
    build(needed=False).open(utterances, tmp_path)
    monkeypatch.setattr(text_encoder, "tokenizer", None)
    build(needed=False).open(utterances, tmp_path)
    with pytest.raises(TypeError):
        build(needed=False, longest=63).open(utterances, tmp_path)
    with pytest.raises(TypeError):
        build(needed=False).open(utterances[:4], tmp_path)


def test_a_missing_transcript_is_refused_unless_the_recipe_says_otherwise(
    build, utterances, tmp_path
):
    with pytest.raises(CorpusError, match=r"1 of 5 utterances have no transcript, first toy/2; .*"):
        build().open(utterances, tmp_path)


def test_a_text_longer_than_the_encoder_is_given_is_refused_with_its_name(
    build, utterances, tmp_path
):
    with pytest.raises(CorpusError, match=r"toy/3: a text of 7 tokens, .* given 5 at most: 'how"):
        build(needed=False, longest=5).open(utterances, tmp_path)


def test_a_folder_without_a_tokenizer_is_refused(source, tmp_path):
    shutil.copytree(source, tmp_path / "bare")
    (tmp_path / "bare" / FILE).unlink()
    with pytest.raises(ConfigError, match=rf"bare: no tokenizer; copy {FILE} of the encoder"):
        text_encoder.tokenizer(str(tmp_path / "bare"), 8)


def test_a_damaged_tokenizer_is_refused(source, tmp_path):
    shutil.copytree(source, tmp_path / "bare")
    (tmp_path / "bare" / FILE).write_text(json.dumps({"version": "1.0"}))
    with pytest.raises(ConfigError, match=rf"no tokenizer \(.*copy {FILE} anew"):
        text_encoder.tokenizer(str(tmp_path / "bare"), 8)
    with pytest.raises(ConfigError, match="no tokenizer"):
        Tokenizer("no JSON", 8)


def test_a_hub_name_without_network_is_told_in_one_line(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigError, match="not to be had here or on the hub; name a folder") as e:
        text_encoder.tokenizer("nobody/no-such-encoder", 8)
    assert "\n" not in str(e.value)


def test_a_folder_that_is_not_there_is_told(offline):
    with pytest.raises(ConfigError, match="text encoder 'nowhere': no such folder; name a folder"):
        text_encoder.load("nowhere", layers=None, longest=8, drawn=False)


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"layers": 3}, "layers=3 of a text encoder of 2; write 1 to 2"),
        ({"layers": 0}, "layers=0 of a text encoder of 2"),
        ({"longest": 65}, "reads 64 tokens, the front end gives it 65; write longest: 64"),
    ],
)
def test_what_an_encoder_does_not_have_is_refused(source, options, what):
    with pytest.raises(ConfigError, match=what):
        text_encoder.load(source, **{"layers": None, "longest": 8, "drawn": False, **options})


def test_an_encoder_that_is_not_whole_is_refused(source, tmp_path):
    from safetensors.torch import load_file, save_file

    shutil.copytree(source, tmp_path / "bare")
    file = tmp_path / "bare" / "model.safetensors"
    weights = load_file(file)
    del weights["embeddings.LayerNorm.weight"]
    save_file(weights, file, {"format": "pt"})
    with pytest.raises(ConfigError, match="is not whole, first odd tensor"):
        text_encoder.load(str(tmp_path / "bare"), layers=None, longest=8, drawn=False)


def test_an_encoder_of_speech_reads_no_text(make_whisper):
    with pytest.raises(
        ConfigError, match=r"kind 'whisper'; choose one of \['bert', 'distilbert'\]"
    ):
        text_encoder.load(make_whisper(2), layers=None, longest=8, drawn=False)


def test_the_first_blocks_of_an_encoder_are_its_own(source):
    whole, width = text_encoder.load(source, layers=None, longest=8, drawn=False)
    cut, _ = text_encoder.load(source, layers=1, longest=8, drawn=False)
    assert (len(whole.encoder.layer), len(cut.encoder.layer), width) == (2, 1, 16)
    for name, x in cut.state_dict().items():
        assert torch.equal(x, whole.state_dict()[name])
    drawn, _ = text_encoder.load(source, layers=1, longest=8, drawn=True)
    assert not torch.equal(
        drawn.embeddings.word_embeddings.weight, cut.embeddings.word_embeddings.weight
    )


def test_words_have_no_voice(build, utterances, tmp_path):
    with pytest.raises(ConfigError, match="taken of sound, not of words; set normalisation"):
        build(needed=False).open(utterances, tmp_path).read(0)
