"""Late fusion: two trained networks hear one window, each through its own front end, as one model.

Kittler et al. (1998), "On combining classifiers", product rule: the geometric mean of calibrated
probabilities, which is the mean of logits over their temperatures. As many parameters as both have;
the step ``fuse`` puts them together, and nothing is trained.
"""

from torch import Tensor, nn

from lightspeech import bounds
from lightspeech.audio.windows import Windows
from lightspeech.config import Choice, config
from lightspeech.errors import ConfigError
from lightspeech.frontends import mel, pair, small_encoder
from lightspeech.frontends.contract import Frontend
from lightspeech.frontends.pair import Pair
from lightspeech.frontends.pair_inputs import FIRST, SECOND, part
from lightspeech.models import base, building, micro
from lightspeech.models.building import Architecture

_MODELS, _FRONTENDS = "lightspeech.models", "lightspeech.frontends"
FRONTEND = pair.Config(
    first=Choice(_FRONTENDS, "small_encoder", small_encoder.Config()),
    second=Choice(_FRONTENDS, "mel", mel.Config()),
)
WINDOWS = Windows()


@config
class Config:
    """Both networks, and what the logits of each are divided by."""

    first: Architecture = Architecture(model=Choice(_MODELS, "base", base.Config()))
    second: Architecture = Architecture(model=Choice(_MODELS, "micro", micro.Config()))
    temperatures: tuple[bounds.Temperature, bounds.Temperature] = (1.0, 1.0)


class Fusion(nn.Module):
    """Two networks side by side, both with the same say."""

    def __init__(
        self, first: nn.Module, second: nn.Module, temperatures: tuple[float, float] = (1.0, 1.0)
    ) -> None:
        """Take both as they are.

        Args:
            first: is given what the first front end of a pair gives.
            second: what the second one gives.
            temperatures: the logits of each are divided by its own.
        """
        super().__init__()
        self.first, self.second, self.temperatures = first, second, temperatures

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Logits, shape ``(batch, n_classes)``, of inputs as a pair of front ends gives them."""
        first = self.first(part(inputs, FIRST)) / self.temperatures[0]
        second = self.second(part(inputs, SECOND)) / self.temperatures[1]
        logits: Tensor = (first + second) / 2
        return logits


def build(cfg: Config, *, frontend: Frontend, n_classes: int) -> nn.Module:
    """Build both networks.

    Args:
        cfg: both, and their temperatures.
        frontend: a pair; each network is given what its part gives.
        n_classes: logits.

    Raises:
        ConfigError: if the front end is no pair.
    """
    if not isinstance(frontend, Pair):
        raise ConfigError("fusion takes two front ends; write frontend.name=pair")
    first = building.build(cfg.first, frontend.first, n_classes)
    second = building.build(cfg.second, frontend.second, n_classes)
    return Fusion(first, second, cfg.temperatures)
