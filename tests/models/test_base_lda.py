import numpy as np
import pytest
import torch

from lightspeech.audio import nobody
from lightspeech.frontends import encoder
from lightspeech.models import base_lda, whisper, whisper_lda

FRONT = encoder.build(
    encoder.Config(source="any", width=6, first=1, last=2), windows=whisper.WINDOWS
)


@pytest.fixture
def head():
    torch.manual_seed(0)
    cfg = base_lda.Config(width=8, heads=2, voice=True)
    return base_lda.build(cfg, n_classes=3, frontend=FRONT).eval()


def sounds(n, seed, *, voice):
    """Hidden states of which some numbers are higher where somebody speaks."""
    made = torch.Generator().manual_seed(seed)
    return torch.randn(n, 9, 12, generator=made) + 3.0 * voice * (torch.arange(12) < 4)


def test_what_nobody_says_is_answered_by_all_classes_alike(head):
    head.doubt(
        [sounds(150, 1, voice=True), sounds(50, 2, voice=True)], [sounds(90, 3, voice=False)]
    )
    speech, others = sounds(400, 4, voice=True), sounds(400, 5, voice=False)
    doubted = (head(speech) == 0).all(1)
    assert 0 < doubted.float().mean() < 0.05
    assert (head(others) == 0).all()
    alone = whisper_lda.Head.classify(head, speech)
    torch.testing.assert_close(head(speech)[~doubted], alone[~doubted])


def test_before_and_in_training_nothing_is_doubted(head):
    others = sounds(20, 5, voice=False)
    assert (head(others) != 0).all()
    head.doubt([sounds(90, 1, voice=True)], [sounds(90, 3, voice=False)])
    assert (head.train()(others) != 0).all()


@pytest.mark.parametrize("kind", nobody.KINDS)
def test_sounds_are_made_as_long_as_asked_and_no_louder_than_can_be(kind):
    made = [nobody.made(kind, np.random.default_rng(seed), 0.7) for seed in (1, 1, 2)]
    assert all(sound.shape == (11_200,) and abs(sound).max() <= 1 for sound in made)
    assert (made[0] == made[1]).all()
    assert kind == "silence" or (made[0] != made[2]).any()
