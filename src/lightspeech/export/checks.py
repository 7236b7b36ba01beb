"""What an exporter can write, told before it writes, from what it declares."""

from types import ModuleType

from lightspeech import plugins
from lightspeech.errors import ConfigError
from lightspeech.training.task import RunConfig

PACKAGE = "lightspeech.export"


def exporter(cfg: RunConfig, name: str) -> ModuleType:
    """Find the exporter of a format that can write a run.

    Args:
        cfg: what makes the run.
        name: of the format, such as ``onnx``.

    Raises:
        ConfigError: if there is no such exporter, or it cannot write this run.
    """
    module = plugins.load(PACKAGE, name)
    if why := refusal(cfg, module):
        able = [each for each in plugins.names(PACKAGE) if not refusal(cfg, _load(each))]
        remedy = f"export it with --format {' or '.join(able)}" if able else "no format holds it"
        raise ConfigError(f"{cfg.model.name} {why}, which {name} does not hold; {remedy}")
    return module


def _load(name: str) -> ModuleType:
    return plugins.load(PACKAGE, name)


def refusal(cfg: RunConfig, module: ModuleType) -> str | None:
    """Say what of a run an exporter cannot write; None where it can.

    Args:
        cfg: what makes the run.
        module: the exporter.
    """
    if cfg.frontend.name not in module.HOLDS:
        return f"is given {cfg.frontend.name}"
    if cfg.normalisation == "speaker" and not module.KNOWS_SPEAKER:
        return "must know its speaker"
    number = number_format(cfg)
    return None if number in module.TAKES else f"is {number}"


def number_format(cfg: RunConfig) -> str:
    """Name the number format of a run's network: ``int8``, or ``fp32``."""
    return "int8" if cfg.quantize is not None else "fp32"


def formats() -> dict[str, tuple[str, str]]:
    """List all formats that a run may have in a benchmark: exporter and number format of each.

    A format is called by its exporter, and ``-int8`` where that takes floats too.
    """
    listed = {}
    for name in plugins.names(PACKAGE):
        module = _load(name)
        for number in module.TAKES:
            both = number == "int8" and "fp32" in module.TAKES
            listed[f"{name.replace('_', '-')}{'-int8' if both else ''}"] = (name, number)
    return listed
