"""What an exporter can write, told before it writes, from what it declares."""

from types import ModuleType

from lightspeech import plugins
from lightspeech.config import Choice
from lightspeech.errors import ConfigError
from lightspeech.training.task import RunConfig

PACKAGE = "lightspeech.export"
SHRINK = (
    "make its encoder small with `lightspeech shrink` and train on that with "
    "frontend.name=small_encoder"
)
"""What to do with a run on an encoder of ``transformers``."""


def exporter(cfg: RunConfig, name: str) -> ModuleType:
    """Find the exporter of a format that can write a run.

    Args:
        cfg: what makes the run.
        name: of the format, such as ``onnx-fp16``; underscores do as well.

    Raises:
        ConfigError: if there is no such exporter, or it cannot write this run.
    """
    names = plugins.names(PACKAGE)
    try:
        module = plugins.load(PACKAGE, name)
    except ConfigError as error:
        listed = str([_format(each) for each in names])
        raise ConfigError(str(error).replace(str(names), listed)) from None
    if why := refusal(cfg, module):
        able = able_formats(cfg)
        what = f"no format holds it; {remedy(cfg)}"
        if able:
            what = f"export it with --format {' or '.join(able)}"
        raise ConfigError(f"{cfg.model.name} {why}, which {_format(name)} does not hold; {what}")
    return module


def able_formats(cfg: RunConfig) -> list[str]:
    """Name the formats that hold a run, as ``--format`` does.

    Args:
        cfg: what makes the run.
    """
    return [_format(each) for each in plugins.names(PACKAGE) if not refusal(cfg, _load(each))]


def remedy(cfg: RunConfig) -> str:
    """Say what to do with a run that no format holds.

    Args:
        cfg: what makes the run.
    """
    steps = []
    if "encoder" in _names(cfg.frontend):
        steps.append(SHRINK)
    if cfg.knows_speaker:
        steps.append("train with normalisation=training")
    return "; ".join(steps or ["train on another front end, such as frontend.name=mel"])


def _names(frontend: Choice) -> list[str]:
    """A front end and, of a pair, all its parts."""
    parts = [part for part in vars(frontend.config).values() if isinstance(part, Choice)]
    return [frontend.name, *(name for part in parts for name in _names(part))]


def _format(name: str) -> str:
    """Spell a format as ``--format`` does."""
    return name.replace("_", "-")


def _load(name: str) -> ModuleType:
    return plugins.load(PACKAGE, name)


def refusal(cfg: RunConfig, module: ModuleType) -> str | None:
    """Say what of a run an exporter cannot write; None where it can.

    Args:
        cfg: what makes the run.
        module: the exporter.
    """
    if unheld := [name for name in _names(cfg.frontend) if name not in module.HOLDS]:
        return f"is given {unheld[0]}"
    if cfg.knows_speaker and not (module.KNOWS_SPEAKER and cfg.front.in_bundle):
        return "must know its speaker"
    if cfg.ratings is not None and not module.RATES:
        return "tells ratings"
    number = number_format(cfg)
    if cfg.architecture.int8_parts and "int8" not in module.TAKES:
        return "is int8"
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
            listed[f"{_format(name)}{'-int8' if both else ''}"] = (name, number)
    return listed
