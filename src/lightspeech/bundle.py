"""The bundle: a folder with an exported model and ``bundle.json``, all that a device must know."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from lightspeech import bounds, config
from lightspeech.audio import budget
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.voice import Voice
from lightspeech.audio.windows import Windows
from lightspeech.errors import BundleError, ConfigError
from lightspeech.files import read_json, replacing

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
ENVIRONMENT = "LIGHTSPEECH_BUNDLE"
ZOO = Path(__file__).parent / "zoo"
"""Bundles that come with the package."""
USUAL = "micro"
"""The one of them that answers where none is named."""


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


def write(
    bundle: Bundle, model: bytes | Path, *, beside: Mapping[str, str] = MappingProxyType({})
) -> Bundle:
    """Write a bundle's folder and give it back with the model's hash and size.

    All files are complete before any takes its place.

    Args:
        bundle: what to write, and where (``bundle.path``).
        model: the exported model, or the file that holds it.
        beside: more files, text by name, such as generated C.

    Raises:
        OutputError: if the folder cannot be written or the disk is full.
    """
    data = model.read_bytes() if isinstance(model, Path) else model
    digest = hashlib.sha256(data).hexdigest()
    bundle = dataclasses.replace(bundle, sha256=digest, size_bytes=len(data))
    values = {"format": FORMAT, **config.as_dict(bundle)}
    del values["path"]
    text = json.dumps(values, indent=2, ensure_ascii=False) + "\n"
    texts = {name: content.encode() for name, content in {**beside, DESCRIPTION: text}.items()}
    with ExitStack() as stack:
        for name, content in {**texts, bundle.model_file: data}.items():
            stack.enter_context(replacing(bundle.path / name)).write_bytes(content)
    return bundle


def find(path: str | Path | None = None) -> Path:
    """Find the bundle to use: the one named, else ``$LIGHTSPEECH_BUNDLE``, else ``micro``.

    Args:
        path: a folder, or the name of a bundle that comes with the package; a folder goes first.

    Returns:
        The folder, which need not be there: `read` says so.
    """
    named = path or os.environ.get(ENVIRONMENT)
    if not named:
        return ZOO / USUAL
    folder = Path(named).expanduser()
    return ZOO / folder if not os.path.exists(folder) and str(folder) in shipped() else folder


def shipped() -> list[str]:
    """Name the bundles that come with the package."""
    return sorted(file.parent.name for file in ZOO.glob(f"*/{DESCRIPTION}"))


def parts(bundle: Bundle) -> list[Bundle]:
    """Read what lies in a bundle's folder of the same model in other formats.

    Args:
        bundle: such as one that comes with the package.

    Raises:
        BundleError: as of `read`.
    """
    return [read(file.parent) for file in sorted(bundle.path.glob(f"*/{DESCRIPTION}"))]


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


def read(path: str | Path, *, rated: bool = False) -> Bundle:
    """Read a bundle and check all of it, the model's hash too.

    Args:
        path: its folder, or the name of one that comes with the package.
        rated: take one that tells ratings in place of classes, too.

    Raises:
        BundleError: if the folder is damaged, incomplete or of another version.
        ConfigError: as `require_classes`, where such are not taken.
    """
    path = find(Path(path))
    values = _read_description(path / DESCRIPTION)
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
        bundle = config.build(Bundle, {**values, "path": path}, source=str(path / DESCRIPTION))
    except ConfigError as error:
        raise BundleError(f"{error}; export the model again") from None
    _check_voice(bundle)
    _check_cost(bundle)
    _check_model(bundle)
    if not rated:
        require_classes(bundle)
    return bundle


def _read_description(path: Path) -> dict[str, Any]:
    if not os.path.isfile(path):
        raise BundleError(
            f"{path}: no such file; name the folder of a bundle, such as --bundle bundles/NAME, or "
            f"one of the package: {shipped() or 'it has none'}"
        )
    if path.stat().st_size > MAX_DESCRIPTION_BYTES:
        raise BundleError(f"{path}: larger than {MAX_DESCRIPTION_BYTES} bytes; no bundle of ours")
    return read_json(path, error=BundleError, remedy="copy the bundle again")


def _check_voice(bundle: Bundle) -> None:
    """Compare the voice, where there is one, with the features of the front end."""
    if bundle.voice is None:
        return
    lengths = {len(bundle.voice.mean), len(bundle.voice.deviation)}
    if lengths != {bundle.mel.n_features}:
        raise BundleError(
            f"{bundle.path}: a voice of {sorted(lengths)} features for {bundle.mel.n_features}; "
            "calibrate it again"
        )


def _check_cost(bundle: Bundle) -> None:
    """Refuse what a description asks for beyond any device, before anything is computed."""
    mel = bundle.mel if bundle.frontend.get("name", MEL) == MEL else None
    try:
        budget.check(bundle.windows, bundle.sample_rate, mel)
    except ConfigError as error:
        raise BundleError(f"{bundle.path}: {error}; export the model again") from None


def _check_model(bundle: Bundle) -> None:
    """Compare the model file with what the description says of it."""
    file = bundle.path / bundle.model_file
    again = "copy the whole folder again, or export the model again"
    if os.path.dirname(os.path.realpath(file)) != os.path.realpath(bundle.path):
        raise BundleError(
            f"{bundle.path}: model file {bundle.model_file!r} lies outside the bundle; {again}"
        )
    if not file.is_file():
        raise BundleError(f"{file}: no such file; {again}")
    size = file.stat().st_size
    if size != bundle.size_bytes or size > MAX_MODEL_BYTES:
        raise BundleError(
            f"{file}: {size} bytes; {bundle.size_bytes} were exported, "
            f"{MAX_MODEL_BYTES} are allowed; {again}"
        )
    with file.open("rb") as opened:
        if hashlib.file_digest(opened, "sha256").hexdigest() != bundle.sha256:
            raise BundleError(f"{file}: its content is not what was exported (SHA-256); {again}")
