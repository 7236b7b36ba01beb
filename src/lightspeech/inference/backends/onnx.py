"""The default back end: onnxruntime on the processor."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from lightspeech.audio import frontend
from lightspeech.audio.frontend import MelConfig
from lightspeech.bundle import MEL, Bundle
from lightspeech.errors import BundleError
from lightspeech.inference.predictor import Behind, Probabilities, said
from lightspeech.runtime import onnx_behind
from lightspeech.runtime.onnx_session import OnnxSession
from lightspeech.tokenizer import FILE, IDS, MASK, Tokenizer, Tokens

WAVEFORM, FEATURES = "waveform", "features"
"""What a model takes; before one that takes features stands the NumPy front end."""
OUTPUT, RATINGS = "probabilities", "ratings"
"""What a model gives: the second, where its bundle has a scale."""
LOGARITHM = "Log"
"""Operation that reads the energies of a mel front end, floor added."""
FLOAT, INTEGER = "tensor(float)", "tensor(int64)"
"""What onnxruntime calls the types of ours: of all but tokens, and of these."""
TOLERANCE = 1e-3
"""By which a sum of probabilities may be another than 1."""
WINDOWS_AT_ONCE = 1
"""Windows of a call that is timed."""


@dataclass(frozen=True)
class OnnxPredictor:
    """A bundle on onnxruntime."""

    bundle: Bundle
    session: OnnxSession
    front: MelConfig | None = None
    """Before the model, where it is not inside."""
    tokenizer: Tokenizer | None = None
    """Of a model that reads text."""
    tokens: Tokens | None = None
    """Of the text that is said in all windows, shape ``(tokens, 2)``."""

    def saying(self, text: str) -> "OnnxPredictor":
        """Give a predictor of windows in which a text is said, see `predictor.Reader`.

        Args:
            text: empty where nobody knows what is said.

        Raises:
            ConfigError: if it is longer than the model reads.
        """
        assert self.tokenizer is not None
        return replace(self, tokens=self.tokenizer(text))

    def behind_bands(self) -> Behind | None:
        """Give what answers energies of mel bands, see `predictor.Divisible`.

        Raises:
            BundleError: if that part of the model does not load.
        """
        if self.front is not None or self.bundle.frontend.get("name", MEL) != MEL:
            return None
        model = (self.bundle.path / self.bundle.model_file).read_bytes()
        cut = onnx_behind.behind(model, LOGARITHM, axes=3)
        if cut is None:
            return None
        session = OnnxSession(cut[0], self.session.name)
        return lambda energies: session.run(_output_of(self.bundle), {cut[1]: energies})

    def predict(self, waveforms: npt.NDArray[np.float32]) -> Probabilities:
        """Answer a batch.

        Args:
            waveforms: shape ``(batch, samples)``, −1…1, at the bundle's sample rate.

        Returns:
            Shape ``(batch, n_classes)``, rows sum to 1, or ratings in their place.

        Raises:
            BundleError: if the model fails on them, or gives no probabilities.
            ConfigError: if it reads text and none is given, see `saying`.
        """
        if self.tokenizer is not None and self.tokens is None:
            said(self, None)  # which says so
        name, inputs = WAVEFORM, waveforms
        if self.front is not None:
            rows = [frontend.features(waveform, self.front) for waveform in waveforms]
            voice = self.bundle.voice
            inputs = np.stack(rows if voice is None else [voice.standardize(row) for row in rows])
            name = FEATURES
        words = {}
        if self.tokens is not None:
            repeated = np.repeat(self.tokens[None], len(waveforms), 0)
            words = {IDS: repeated[:, :, 0], MASK: repeated[:, :, 1]}
        sound = {name: inputs} if name in self.session.inputs else {}  # a text may be all
        output = _output_of(self.bundle)
        answer = self.session.run(output, {**sound, **words})
        shape = (len(waveforms), len(self.bundle.labels))
        if answer.shape != shape or not _are(answer, self.bundle):
            raise self.session.fault(f"gives no {output} of shape {shape}, but {answer.shape}")
        return answer


def _output_of(bundle: Bundle) -> str:
    return OUTPUT if bundle.scale is None else RATINGS


def _are(answer: Probabilities, bundle: Bundle) -> bool:
    """Whether rows sum to 1, or lie on the scale."""
    if bundle.scale is None:
        return bool((np.abs(answer.sum(1) - 1) < TOLERANCE).all())
    low, high = bundle.scale
    return bool(((answer >= low) & (answer <= high)).all())


def opens(bundle: Bundle) -> bool:
    """Tell whether this back end opens a bundle: its model is an ``.onnx`` file."""
    return bundle.model_file.endswith(".onnx")


def open(bundle: Bundle, *, threads: int = 1) -> OnnxPredictor:
    """Load a bundle's model.

    Args:
        bundle: as read by `bundle.read`, which has checked size and hash.
        threads: processor threads; small models gain nothing from more than one.

    Raises:
        BundleError: if the file is no ONNX model, asks for more than a network may (see
            `onnx_file.check`), does not take waveforms or features and give probabilities, or must
            know its speaker and cannot.
    """
    file = bundle.path / bundle.model_file
    session = OnnxSession(file.read_bytes(), str(file), threads=threads)
    words = [name for name in session.inputs if bundle.text is not None and name in (IDS, MASK)]
    inputs = [name for name in session.inputs if name not in words]
    outputs, output = list(session.outputs), _output_of(bundle)
    kinds = {*(session.inputs[name] for name in inputs), *session.outputs.values()}
    if inputs not in ([WAVEFORM], [FEATURES], [] if words else [WAVEFORM]) or output not in outputs:
        raise session.fault(f"maps {inputs} to {outputs}, not {WAVEFORM!r} to {output!r}")
    if kinds != {FLOAT}:
        raise session.fault(f"takes and gives {sorted(kinds)}, not {FLOAT} alone")
    if bundle.text is not None:
        kinds = {session.inputs[name] for name in words}
        if len(words) < 2 or inputs == [FEATURES] or kinds != {INTEGER}:
            raise session.fault(f"takes {session.inputs}, not a waveform and {IDS!r}, {MASK!r}")
        return OnnxPredictor(bundle, session, tokenizer=_tokenizer(bundle, bundle.text))
    if inputs == [WAVEFORM]:
        if bundle.knows_speaker:
            raise session.fault("takes waveforms, so that no voice could be taken out of them")
        return OnnxPredictor(bundle, session)
    return OnnxPredictor(bundle, session, bundle.mel)


def _tokenizer(bundle: Bundle, text: dict[str, Any]) -> Tokenizer:
    file = bundle.path / FILE
    try:
        return Tokenizer(file.read_text(encoding="utf-8"), int(text["longest"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise BundleError(f"{file}: {reason}; export the model again") from None


def ram_bytes(bundle: Bundle) -> None:
    """None: how much memory it takes, only the whole process that opened the bundle tells."""
