"""The LSTM of the TinyML project for the Nano 33 BLE Sense: LSTM 128, LSTM 64, dense 64, MFCC 13.

126,532 trained parameters for 4 classes, as Keras counts them: torch's second LSTM bias is fixed at
zero. Differs: 47 frames are read from 1.6 s, not from 1.5 s with padded ends; MFCC are standardized
by training statistics, without which the gates saturate.
"""

import torch
from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.windows import Windows
from lightspeech.config import config
from lightspeech.frontends.contract import Frontend
from lightspeech.models._bands import of_bands
from lightspeech.models.contract import Standardized

FRONTEND = MelConfig(
    n_fft=2048, hop_length=512, n_mels=128, f_min=0.0, f_max=8000.0, kind="mfcc", n_mfcc=13
)
WINDOWS = Windows(window_s=1.6, hop_s=0.8)


@config
class Config:
    """As published."""

    dropout: bounds.Dropout = 0.3


class TinyMLLSTM(Standardized, nn.Module):
    """Two recurrent layers; the last state of the second is what the head sees."""

    def __init__(self, cfg: Config, n_features: int, n_classes: int) -> None:
        """Build the published layers, one bias an LSTM as in Keras.

        Args:
            cfg: dropout.
            n_features: numbers a frame.
            n_classes: logits.
        """
        super().__init__()
        self.norm = nn.BatchNorm1d(n_features, affine=False)
        self.first = nn.LSTM(n_features, 128, batch_first=True)
        self.second = nn.LSTM(128, 64, batch_first=True)
        for lstm in (self.first, self.second):
            n_gates = 4 * lstm.hidden_size
            lstm.bias_hh_l0 = nn.Parameter(torch.zeros(n_gates), requires_grad=False)
        self.head = nn.Sequential(
            nn.Linear(64, 64), nn.ReLU(), nn.Dropout(cfg.dropout), nn.Linear(64, n_classes)
        )

    def classify(self, standardized: Tensor) -> Tensor:
        """Logits, see `SpeechModel.classify`.

        Args:
            standardized: shape ``(batch, frames, n_features)``.

        Returns:
            Shape ``(batch, n_classes)``.
        """
        x, _ = self.first(standardized)
        x, _ = self.second(x)
        logits: Tensor = self.head(x[:, -1])
        return logits


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build the network.

    Args:
        cfg: dropout.
        frontend: that the network is given.
        n_classes: logits.

    Raises:
        ConfigError: if the front end gives no bands.
    """
    return TinyMLLSTM(cfg, of_bands(frontend).shape[2], n_classes)
