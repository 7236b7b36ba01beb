import numpy as np
import pytest
import torch

from lightspeech.errors import ConfigError
from lightspeech.frontends import encoder
from lightspeech.models import whisper, whisper_lda
from lightspeech.training.answers import embedding_width
from lightspeech.training.networks import n_params

FRONT = encoder.build(
    encoder.Config(source="any", width=6, first=1, last=2), windows=whisper.WINDOWS
)
CFG = whisper_lda.Config(width=8, heads=2)


def speech(n, seed=0):
    """Hidden states of ``n`` utterances of three classes, silence behind some."""
    made = torch.Generator().manual_seed(seed)
    targets = torch.arange(n) % 3
    features = torch.randn(n, 9, 12, generator=made) + targets[:, None, None] * torch.arange(12) / 9
    features[::2, 6:] = 0
    return features, targets


@pytest.fixture
def head():
    torch.manual_seed(0)
    return whisper_lda.build(CFG, n_classes=3, frontend=FRONT).eval()


def settled(head, seed=0):
    features, targets = speech(90, seed)
    head.settle(
        [(features[:50], targets[:50]), (features[50:], targets[50:])],
        [speech(20, 7)[0], speech(10, 8)[0]],
    )


def test_its_size_is_the_one_its_module_states():
    front = encoder.build(whisper_lda.FRONTEND, windows=whisper_lda.WINDOWS)
    made = whisper_lda.build(whisper_lda.Config(), n_classes=8, frontend=front)
    assert n_params(made) == 136_152
    assert "136,152" in whisper_lda.__doc__


class Shrunk:
    """Covariance of a class, shrunk towards its diagonal, as scikit-learn asks for it."""

    def fit(self, x):
        within = np.cov(x.T, bias=True)
        self.covariance_ = 0.7 * within + 0.3 * np.diag(np.diag(within))
        return self


def test_discriminants_are_those_of_scikit_learn():
    sklearn = pytest.importorskip("sklearn.discriminant_analysis")
    features, targets = speech(90)
    x = whisper_lda.statistics(features).double()
    known = sklearn.LinearDiscriminantAnalysis(
        solver="lsqr", covariance_estimator=Shrunk(), priors=[1 / 3] * 3
    ).fit(x.numpy(), targets.numpy())
    weight, bias = whisper_lda.discriminants(x, targets, 3, 0.3)
    found = (x @ weight.double().T + bias).log_softmax(1)
    expected = torch.from_numpy(known.predict_log_proba(x.numpy()))
    torch.testing.assert_close(found, expected, atol=2e-3, rtol=1e-3)


def test_what_never_changes_tells_nothing_and_costs_no_precision():
    features, targets = speech(90)
    x = whisper_lda.statistics(features)
    constant = torch.full((len(x), 1), 7.0) + 1e-5 * torch.randn(
        len(x), 1, generator=torch.Generator().manual_seed(1)
    )
    weight, bias = whisper_lda.discriminants(torch.cat([x, constant], 1), targets, 3, 0.3)
    assert bias.abs().max() < 1e5  # 1e9 and more until means were centred: beyond a float
    known, alone = whisper_lda.discriminants(x, targets, 3, 0.3)
    found = (torch.cat([x, constant], 1) @ weight.T + bias).log_softmax(1)
    expected = (x @ known.T + alone).log_softmax(1)
    assert (found.argmax(1) == expected.argmax(1)).float().mean() > 0.95


def test_statistics_are_of_the_frames_that_are_heard():
    features, _ = speech(4)
    found = whisper_lda.statistics(features)
    heard = features[0, :6]
    expected = torch.cat([heard.mean(0), heard.std(0, correction=0)])
    torch.testing.assert_close(found[0], expected)
    longer = torch.cat([features, torch.zeros(4, 5, 12)], 1)
    torch.testing.assert_close(whisper_lda.statistics(longer), found)


def test_before_it_is_settled_and_in_training_the_head_answers_alone(head):
    alone = whisper.Head.classify(head, speech(5)[0])
    torch.testing.assert_close(head(speech(5)[0]), alone)
    settled(head)
    assert not torch.allclose(head(speech(5)[0]), alone)
    head.head[0].p = head.pooling[0].narrow[1].p = 0.0
    torch.testing.assert_close(head.train()(speech(5)[0]), alone)


def test_both_have_the_same_say(head):
    settled(head)
    strangers = torch.cat([speech(20, 7)[0], speech(10, 8)[0]])
    parts = (
        whisper.Head.classify(head, strangers),
        head.discriminants(whisper_lda.statistics(strangers)),
    )
    one, other = ((part - part.mean(1, keepdim=True)).square().mean() for part in parts)
    torch.testing.assert_close(one, other)


def test_what_tells_classes_apart_is_found(head):
    settled(head)
    features, targets = speech(60, seed=3)
    answers = head.discriminants(whisper_lda.statistics(features))
    assert (answers.argmax(1) == targets).float().mean() > 0.9


def test_its_embedding_is_that_of_the_head(head):
    assert embedding_width(head) == 2 * CFG.width


@pytest.mark.parametrize("lacking", [1, 2])
def test_a_class_that_nobody_shows_is_one_line_that_says_what_to_do(lacking):
    features, targets = speech(9)
    x = whisper_lda.statistics(features)
    with pytest.raises(ConfigError, match="not in the training part.*take model.name=whisper"):
        whisper_lda.discriminants(x, targets.masked_fill(targets == lacking, 0), 3, 0.5)
