"""Text beside sound: the published sizes, what a batch does not change, and that both are used."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from lightspeech import metrics
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, choice_of
from lightspeech.corpora import preparing, synthetic_text
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel, pair, text
from lightspeech.models import bert, building, light_sernet, micro, multimodal, nano, vggish
from lightspeech.models.building import Architecture
from lightspeech.protocols import grouped_k_fold
from lightspeech.studies import tasks
from lightspeech.training import cost, fitting, layout, predictions
from lightspeech.training.loop import Training
from lightspeech.training.task import RunConfig

pytestmark = pytest.mark.usefixtures("one_thread")

MODELS, FRONTENDS = "lightspeech.models", "lightspeech.frontends"
BASE = {
    "vocab_size": 30_522, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "max_position_embeddings": 512,
}  # fmt: skip
"""bert-base-uncased, whose weights no test needs."""


@pytest.fixture(scope="module")
def source(make_bert):
    return make_bert(2)


@pytest.fixture(scope="module")
def base(make_bert, tmp_path_factory):
    """A folder that says the form of BERT-base."""
    import transformers

    folder = tmp_path_factory.mktemp("base")
    transformers.BertConfig(**BASE).save_pretrained(folder)
    return str(folder)


def front(source, sound=vggish.FRONTEND, **changes):
    cfg = pair.Config(
        first=choice_of(FRONTENDS, text.Config(source=source, **changes)),
        second=choice_of(FRONTENDS, sound),
    )
    return pair.build(cfg, windows=multimodal.WINDOWS)


def n_params(network):
    return sum(p.numel() for p in network.parameters())


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (None, 183_585_220), (8, 155_233_732), (6, 141_057_988), (4, 126_882_244),
        (2, 112_706_500),
    ],
)  # fmt: skip
def test_teacher_and_students_have_the_published_form(base, layers, expected, monkeypatch):
    """BERT-base without its pooler 108,891,648, VGGish 72,141,184, what joins them 2,552,388."""
    cfg = multimodal.Config(text=bert.Reader(layers=layers, drawn=True))
    monkeypatch.setattr(multimodal, "speech_model", lambda network, *_, **__: network)  # asks it
    with torch.device("meta"):
        assert n_params(multimodal.Multimodal(cfg, front(base), 4)) == expected


def test_vggish_has_the_published_number_below_its_head():
    with torch.device("meta"):
        network = vggish.Vggish(vggish.Config(), 64, 4)
    assert n_params(network) - n_params(network.head) == 72_141_184
    assert "72,141,184" in vggish.__doc__


def test_with_micro_for_the_sound_a_student_is_its_text_encoder(source):
    sound = Choice(MODELS, "micro", micro.Config())
    cfg = multimodal.Config(audio=sound)
    network = multimodal.build(cfg, frontend=front(source, micro.FRONTEND), n_classes=4)
    assert n_params(network.drawn["audio"]) < 50_000
    assert network(network_inputs(front(source, micro.FRONTEND))).shape == (2, 4)


def network_inputs(frontend):
    example = frontend.example()
    ids = torch.randint(1, 50, (2, 9, 1))
    sound = example["second"]
    return {
        "first": torch.cat([ids, torch.ones_like(ids)], 2),
        "second": torch.randn(2, *sound.shape[1:]),
    }


LIGHT = Choice(MODELS, "vggish", vggish.Config(channels=(2, 4, 4, 8), units=8))


def built(source, **changes):
    cfg = multimodal.Config(audio=LIGHT, **changes)
    return multimodal.build(cfg, frontend=front(source), n_classes=4).eval()


@torch.no_grad()
def test_what_fills_up_a_batch_does_not_count(source):
    network, inputs = built(source), network_inputs(front(source))
    filled = {**inputs, "first": torch.nn.functional.pad(inputs["first"], (0, 0, 0, 6))}
    torch.testing.assert_close(network(filled), network(inputs), atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_both_are_heard(source):
    network, inputs = built(source), network_inputs(front(source))
    for name in inputs:
        changed = {**inputs, name: inputs[name].flip(0)}
        assert (network(changed) - network(inputs)).abs().max() > 1e-4


def test_what_it_costs_is_counted_without_computing(source):
    """As for tables, on a device without content, where a text is not to be looked at."""
    network, example = built(source), front(source).example()
    assert cost.macs(network, example) > 1e6
    assert cost.peak_activation_bytes(network, example) > 4 * 480 * 64


def test_the_fusion_vector_is_what_the_head_reads(source):
    from lightspeech.training.answers import with_embedding

    network, inputs = built(source, width=128), network_inputs(front(source))
    _, vector = with_embedding(network, network, inputs)
    assert vector.shape == (2, 128)
    torch.testing.assert_close(vector.mean(1), torch.zeros(2), atol=1e-5, rtol=0)  # a layer norm


def test_only_the_blocks_that_are_named_learn(source):
    network = built(source, text=bert.Reader(blocks=1))
    learning = {n for n, p in network.pretrained.named_parameters() if p.requires_grad}
    assert learning
    assert all("encoder.layer.1." in name for name in learning)
    with pytest.raises(ConfigError, match="blocks=3 of a text encoder of 2; write 0 to 2"):
        built(source, text=bert.Reader(blocks=3))


def test_another_front_end_is_refused(source):
    alone = mel.build(vggish.FRONTEND, windows=multimodal.WINDOWS)
    with pytest.raises(ConfigError, match="multimodal takes two front ends; write frontend:"):
        multimodal.build(multimodal.Config(), frontend=alone, n_classes=4)
    with pytest.raises(ConfigError, match=r"reads text; write frontend\.name=text"):
        bert.build(bert.Config(), frontend=alone, n_classes=4)


def test_heads_that_do_not_share_a_text_alike_are_refused(source):
    with pytest.raises(ConfigError, match=r"heads=32 do not share 16 numbers"):
        built(source, heads=32)


def save(network, path, change=None):
    weights = {n: x for n, x in network.state_dict().items() if not n.startswith("head.")}
    weights.update(change or {})
    (save_file if path.suffix == ".safetensors" else torch.save)(weights, path)
    return path


@pytest.mark.parametrize("name", ["vggish.safetensors", "vggish.pth"])
def test_weights_of_vggish_come_from_a_file(tmp_path, name):
    small, alone = LIGHT.config, mel.build(vggish.FRONTEND, windows=vggish.WINDOWS)
    there = vggish.build(small, frontend=alone, n_classes=4)
    file = save(there, tmp_path / name)
    found = vggish.build(replace(small, weights=file), frontend=alone, n_classes=4)
    for path, x in found.features.state_dict().items():
        assert torch.equal(x, there.features.state_dict()[path])
    assert torch.equal(found.embeddings[4].weight, there.embeddings[4].weight)


def test_weights_of_another_form_are_refused(tmp_path):
    small, alone = LIGHT.config, mel.build(vggish.FRONTEND, windows=vggish.WINDOWS)
    there = vggish.build(small, frontend=alone, n_classes=4)
    wrong = save(there, tmp_path / "wrong.pth", {"embeddings.0.bias": torch.zeros(9)})
    empty = tmp_path / "empty.pth"
    empty.touch()
    pickled = tmp_path / "pickled.pth"
    torch.save({"features.0.weight": vggish.Config}, pickled)
    for file, what in (
        (wrong, r"embeddings\.0\.bias is \(9,\), VGGish has \(8,\); name a file of the port"),
        (empty, r"empty\.pth: no weights"),
        (pickled, r"pickled\.pth: no weights alone; save its state_dict"),
        (tmp_path / "nowhere.pth", "no such file"),
    ):
        with pytest.raises(ConfigError, match=what):
            vggish.build(replace(small, weights=file), frontend=alone, n_classes=4)


def test_a_sound_of_no_patch_is_one_of_silence():
    network = vggish.Vggish(LIGHT.config, 64, 4)
    assert network.states(torch.randn(2, 5, 64)).shape == (2, 1, 128)
    assert network.states(torch.randn(2, 97, 64)).shape == (2, 2, 128)


def test_bands_that_cannot_be_halved_four_times_are_refused():
    alone = mel.build(mel.Config(n_mels=40), windows=vggish.WINDOWS)
    with pytest.raises(ConfigError, match=r"vggish halves its bands .* write frontend\.n_mels=64"):
        vggish.build(vggish.Config(), frontend=alone, n_classes=4)


def test_any_model_of_sound_with_a_head_stands_beside_a_text(source):
    sound = Choice(MODELS, "light_sernet", light_sernet.Config(paths=(4, 4, 4), body=(4,) * 5))
    frontend = front(source, light_sernet.FRONTEND)
    model = Choice(MODELS, "multimodal", multimodal.Config(audio=sound))
    network = building.build(Architecture(model=model), frontend, 4)
    assert network(network_inputs(frontend)).shape == (2, 4)


@pytest.fixture(scope="module")
def told_by_both(tmp_path_factory, make_bert):
    """A made corpus of which words tell one half and the voice the other, and a BERT for it."""
    root = tmp_path_factory.mktemp("told")
    cfg = synthetic_text.Config(root=root / "corpus", speakers=8, sentences=6)
    choice = choice_of("lightspeech.corpora", cfg)
    utterances = preparing.prepare(choice).utterances
    words = {word for u in utterances for word in u.transcript.lower().split()}
    return utterances, make_bert(1, words=sorted(words)), root, synthetic_text.ceilings(cfg)


def of_text(source):
    return choice_of(FRONTENDS, text.Config(source=source)), Choice(MODELS, "bert", bert.Config())


NANO = Choice(MODELS, "nano", nano.Config(channels=(16, 16)))


def of_sound(source):
    return choice_of(FRONTENDS, nano.FRONTEND), NANO


def of_both(source):
    (words, _), (bands, _) = of_text(source), of_sound(source)
    joined = multimodal.Config(audio=NANO, width=16, hidden=16, heads=4, dropout=0.1)
    both = choice_of(FRONTENDS, pair.Config(first=words, second=bands))
    return both, Choice(MODELS, "multimodal", joined)


@pytest.mark.parametrize(
    ("name", "make", "least"),
    [("text", of_text, 0.3), ("audio", of_sound, 0.3), ("both", of_both, 0.7)],
)
def test_fusion_uses_both_and_nobody_surpasses_the_known_share(told_by_both, name, make, least):
    utterances, source, root, ceilings = told_by_both
    frontend, model = make(source)
    training = Training(
        epochs=25, batch_size=16, mixup=0, label_smoothing=0, pretrained_rate=1.0, average=0.9
    )
    cfg = RunConfig(
        model=model, frontend=frontend, windows=Windows(window_s=2.0, hop_s=None), training=training
    )
    protocol = grouped_k_fold.cut(utterances, grouped_k_fold.Config(folds=4))
    task = tasks.of_study(
        cfg, utterances, protocol, vocabulary="own", seeds=(0,), folder=root / name,
        cache=root / "cache",
    )[0]  # fmt: skip
    fitting.do(task)
    found = predictions.read(task.folder / layout.ANSWERS)
    uar = float(metrics.uar(found.truth, found.answers, 4))
    assert least < uar <= ceilings[name] + 3 * np.sqrt(0.25 / len(found.ids))
