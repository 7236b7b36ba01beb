"""What networks over frames of bands ask of a front end."""

from torch import Tensor

from lightspeech.errors import ConfigError
from lightspeech.frontends.contract import Frontend


def of_bands(frontend: Frontend) -> Tensor:
    """Refuse a front end that gives something else than several numbers a frame.

    A step of the network for each sample of a waveform would take gigabytes.

    Args:
        frontend: that a network is given.

    Returns:
        Its example, float, shape ``(1, frames, n_features)``.

    Raises:
        ConfigError: naming one that does.
    """
    example = frontend.example()
    if not isinstance(example, Tensor) or not example.is_floating_point() or example.shape[2] == 1:
        raise ConfigError("this model hears bands of frames; write frontend.name=mel")
    return example
