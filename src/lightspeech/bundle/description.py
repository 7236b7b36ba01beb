"""What is said of an exported model: ``bundle.json``."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from lightspeech import bounds, config
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.voice import Voice
from lightspeech.audio.windows import Windows
from lightspeech.errors import BundleError, ConfigError

FORMAT = 3
"""Version of the folder; raised when an older reader would misread a newer bundle."""
READABLE = (1, 2, FORMAT)
"""In format 1 a front end has no name: it is ``mel``. Before 3 all labels have one threshold."""
MEL, TEXT = "mel", "text"
DESCRIPTION, CARD = "bundle.json", "README.md"
"""Beside the model: what a program reads, and what a person does."""
MAX_MODEL_BYTES = 1 << 30
"""A model of a gigabyte is no model of ours: refused before it is read."""
MAX_DESCRIPTION_BYTES = 1 << 20


def _printable(text: str) -> str:
    # Labels and names go to terminals: no escape codes, no line breaks.
    if not text or not text.isprintable():
        raise ValueError("expected printable text")
    return text


def _distinct(labels: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(labels)) < len(labels):
        raise ValueError("expected no label twice")
    return labels


def _no_other_file(name: str) -> str:
    if name.casefold() in (DESCRIPTION, CARD.casefold()):
        raise ValueError(f"expected the name of a model's file, which {name} is not")
    return name


Text = Annotated[str, AfterValidator(_printable)]
Number = Annotated[float, Field(allow_inf_nan=False)]
ClassNames = Annotated[tuple[Text, ...], Field(min_length=1), AfterValidator(_distinct)]


@config.config
class Bundle:
    """An exported model and what it means.

    The model takes ``waveform``, float32 ``(batch, samples)`` at ``sample_rate``, and gives
    ``probabilities``, float32 ``(batch, n_classes)``, the temperature already applied inside; one
    with a scale ``ratings`` in their place, of the same shape. One
    that reads text takes ``ids`` and ``mask`` too, int64 ``(batch, tokens)``, which the tokenizer
    beside it gives.
    """

    path: Path
    """The folder; not part of ``bundle.json``."""
    name: config.PlainName
    labels: ClassNames
    """In the order of the probabilities; two or more, or names of ratings."""
    thresholds: tuple[bounds.Share, ...]
    """One for each label: an answer whose probability is below that of its label is *uncertain*."""
    sample_rate: Annotated[int, Field(ge=1_000, le=48_000)]
    """Hz."""
    windows: Windows
    frontend: dict[str, Any]
    """What the model is given: ``name`` of the front end, and its configuration."""
    normalisation: Literal["training", "speaker"] = "training"
    """``speaker``: features are standardized by its user's voice, which `calibrate` measures."""
    voice: Voice | None = None
    """Of the user, once it is measured."""
    model: dict[str, Any]
    """``name``, ``config`` and ``n_params`` of the network."""
    temperature: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    scale: tuple[Number, Number] | None = None
    """Lowest and highest of the ratings that it tells; None: it tells classes apart."""
    figures: dict[str, Any] = dataclasses.field(default_factory=dict)
    """``protocol``, ``uar`` and other measured figures."""
    provenance: dict[str, Any] = dataclasses.field(default_factory=dict)
    """``recipe``, ``fold``, ``seed``, version of lightspeech, ``created``."""
    corpora: tuple[dict[str, str], ...] = ()
    """``name``, ``licence`` and ``citation`` of each corpus that it or its teacher learnt from."""
    encoders: tuple[dict[str, str], ...] = ()
    """The same of each pretrained encoder that it or its teacher hears through."""
    model_file: Annotated[config.PlainName, AfterValidator(_no_other_file)] = "model.onnx"
    sha256: str = ""
    """Of the model file; `write` fills it."""
    size_bytes: int = 0
    """Of the model file; `write` fills it."""

    def __post_init__(self) -> None:
        """Refuse a scale that is none, and classes that are none."""
        if self.scale is not None and self.scale[0] >= self.scale[1]:
            raise ConfigError(f"scale: expected the lowest and the highest, found {self.scale}")
        if self.scale is None and len(self.labels) < 2:
            raise ConfigError(f"labels: expected two classes or more, found {list(self.labels)}")
        if len(self.thresholds) != len(self.labels):
            raise ConfigError(
                f"thresholds: expected one for each of {list(self.labels)}, "
                f"found {list(self.thresholds)}"
            )

    @property
    def knows_speaker(self) -> bool:
        """Whether features are standardized by its user's voice."""
        return self.normalisation == "speaker"

    @property
    def text(self) -> dict[str, Any] | None:
        """What is said of the text that it is given; None where it only hears."""
        return part(self.frontend, TEXT)

    @property
    def mel(self) -> MelConfig:
        """The mel front end that stands before the network, for who computes features outside.

        Raises:
            BundleError: if the model is given something else, or what cannot be.
        """
        name = self.frontend.get("name", MEL)
        if name != MEL:
            raise BundleError(
                f"{self.path}: the model is given {name}, whose features are not to be had "
                "outside; take a bundle of ONNX"
            )
        values = {key: value for key, value in self.frontend.items() if key != "name"}
        try:
            return config.build(MelConfig, values, source=str(self.path / DESCRIPTION))
        except ConfigError as error:
            raise BundleError(f"{error}; export the model again") from None


def parse(values: dict[str, Any], path: Path) -> Bundle:
    """Make of a description what it says, unless it is none.

    Args:
        values: what ``bundle.json`` holds, of any format that can be read.
        path: its folder, or the address of that.

    Raises:
        BundleError: if it is of another version, or says what cannot be.
    """
    version = values.pop("format", None)
    if version not in READABLE:
        raise BundleError(
            f"{path}: bundle format {version!r}, this lightspeech reads {READABLE}; "
            "export the model again, or install the version that wrote it"
        )
    if version < FORMAT and "thresholds" not in values:
        labels = values.get("labels")
        alike = [values.pop("threshold", 0.0)]
        values["thresholds"] = alike * len(labels) if isinstance(labels, list) else alike
    try:
        return config.build(Bundle, {**values, "path": path}, source=str(path / DESCRIPTION))
    except ConfigError as error:
        raise BundleError(f"{error}; export the model again") from None


def part(frontend: dict[str, Any], name: str) -> dict[str, Any] | None:
    """Find a front end of a name, in a pair too; None where there is none.

    Args:
        frontend: as a bundle or a recipe has it.
        name: such as `TEXT`.
    """
    if frontend.get("name") == name:
        return frontend
    parts = (part(each, name) for each in frontend.values() if isinstance(each, dict))
    return next((each for each in parts if each is not None), None)


def require_classes(bundle: Bundle) -> None:
    """Refuse a bundle that tells ratings, where classes are asked for.

    Args:
        bundle: that is to answer.

    Raises:
        ConfigError: if it has a scale.
    """
    if bundle.scale is not None:
        raise ConfigError(
            f"{bundle.name} tells {', '.join(bundle.labels)} and no emotions; for such a bundle "
            "there are lightspeech predict and card, and in Python lightspeech.load"
        )
