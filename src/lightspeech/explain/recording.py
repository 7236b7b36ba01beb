"""One recording: what a bundle heard, and what would change its answer."""

from dataclasses import dataclass

from lightspeech import bundle as bundles
from lightspeech.audio import measures, psola
from lightspeech.audio.cues import catalogue
from lightspeech.audio.cues.edit import Edit
from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.audio.psola import Voice
from lightspeech.audio.windows import Waveform
from lightspeech.errors import AudioError
from lightspeech.explain import maps, masking, places, training_speakers
from lightspeech.explain.listeners import ask
from lightspeech.explain.maps import Map, Method
from lightspeech.explain.training_speakers import TrainingSpeakers
from lightspeech.inference.predictor import Predictor
from lightspeech.inference.recognize import UTTERANCE_S
from lightspeech.metrics import Floats

SHORTEST_S = places.PIECE_S


@dataclass(frozen=True, kw_only=True, eq=False)
class Told:
    """An answer to one recording, explained.

    Attributes:
        name: of the model.
        labels: its classes.
        voice: the recording.
        probabilities: of it, shape ``(n_classes,)``.
        edits: that could be made of it.
        answers: to each of them, shape ``(edits, n_classes)``.
        copy: answer to a copy without a changed cue, shape ``(n_classes,)``.
        measures: as of `measures.UNITS`, shape ``(12,)``.
        map: of the likeliest class.
        over_time: answers to what was said until the end of each piece, shape
            ``(pieces, n_classes)``; the last is to all of it.
        speakers: that the model learnt from; None where its bundle does not say.
    """

    name: str
    labels: tuple[str, ...]
    voice: Voice
    probabilities: Floats
    edits: tuple[Edit, ...]
    answers: Floats
    copy: Floats
    measures: Floats
    map: Map
    over_time: Floats
    speakers: TrainingSpeakers | None = None

    @property
    def label(self) -> str:
        """The likeliest class."""
        return self.labels[int(self.probabilities.argmax())]

    def changing(self) -> list[tuple[Edit, str]]:
        """List edits that give another answer, the smallest step of each cue, with that answer."""
        own = int(self.probabilities.argmax())
        found: dict[str, tuple[Edit, str]] = {}
        for edit, row in sorted(zip(self.edits, self.answers, strict=True), key=_size):
            if int(row.argmax()) != own:
                found.setdefault(edit.cue, (edit, self.labels[int(row.argmax())]))
        return list(found.values())

    def strongest(self) -> tuple[Edit, float] | None:
        """The edit that takes most from the answer, and how much; None where there is none."""
        own = int(self.probabilities.argmax())
        if not self.edits:
            return None
        changes = self.answers[:, own] - self.probabilities[own]
        return self.edits[int(changes.argmin())], float(changes.min())


def _size(pair: tuple[Edit, Floats]) -> float:
    """How far an edit goes: from 1 for factors, from 0 for all else."""
    edit = pair[0]
    return abs(edit.amount - 1) if edit.unit == "×" else abs(edit.amount)


def explain(predictor: Predictor, waveform: Waveform, *, method: Method = maps.occlusion) -> Told:
    """Explain the answer to one utterance.

    Args:
        predictor: an open bundle.
        waveform: shape ``(samples,)``, −1 to 1, at `pitch.SAMPLE_RATE`.
        method: of the map.

    Raises:
        AudioError: if it is shorter than `SHORTEST_S` or longer than one utterance.
        BundleError: if the model gives no probabilities.
        ConfigError: if it tells ratings.
    """
    bundles.require_classes(predictor.bundle)
    if not is_utterance(waveform):
        raise AudioError(
            f"{len(waveform) / SAMPLE_RATE:.2f} s; an explanation is of one utterance, "
            f"{SHORTEST_S:g} to {UTTERANCE_S:g} s: cut the recording"
        )
    voice = psola.analyse(waveform)
    made = [(edit, edit.apply(voice)) for edit in (catalogue.COPY, *catalogue.EDITS)]
    there = [(edit, edited) for edit, edited in made if edited is not None]
    answers = ask(predictor, [waveform, *(edited for _, edited in there)])
    masked, label = masking.masked(predictor, waveform), int(answers[0].argmax())
    return Told(
        name=predictor.bundle.name,
        labels=predictor.bundle.labels,
        voice=voice,
        probabilities=answers[0],
        edits=tuple(edit for edit, _ in there[1:]),
        answers=answers[2:],
        copy=answers[1],
        measures=measures.measure(voice),
        map=maps.judged(masked, label, method(masked, label)),
        over_time=ask(predictor, until(waveform)),
        speakers=training_speakers.read(predictor.bundle.path),
    )


def is_utterance(waveform: Waveform) -> bool:
    """Tell whether a recording is long enough to be explained, and no longer than an utterance.

    Args:
        waveform: shape ``(samples,)``, at `pitch.SAMPLE_RATE`.
    """
    return SHORTEST_S <= len(waveform) / SAMPLE_RATE <= UTTERANCE_S


def until(waveform: Waveform) -> list[Waveform]:
    """Cut a recording at the end of each piece: what was said until then.

    Args:
        waveform: shape ``(samples,)``, at `pitch.SAMPLE_RATE`.

    Returns:
        Shape ``(samples,)`` each, of rising length; the last is all of it.
    """
    piece = round(places.PIECE_S * SAMPLE_RATE)
    ends = [*range(piece, len(waveform) - piece + 1, piece), len(waveform)]
    return [waveform[:end] for end in ends]
