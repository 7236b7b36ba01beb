"""One recording of the test set, and what an exported model answers to it."""

import dataclasses

from lightspeech.audio import frontend, io
from lightspeech.audio.frontend import MelConfig
from lightspeech.audio.pitch import SAMPLE_RATE
from lightspeech.audio.windows import Waveform
from lightspeech.bundle import Bundle
from lightspeech.config import as_dict
from lightspeech.corpora import labels as vocabularies
from lightspeech.corpora.base import Utterance
from lightspeech.explain import recording
from lightspeech.explain.recording import Told
from lightspeech.files import write_json
from lightspeech.inference import calibration
from lightspeech.inference.backends import onnx
from lightspeech.inference.recognize import recognize
from lightspeech.reporting import recording as pages
from lightspeech.reporting.study_figures import Example
from lightspeech.studies.study import Study
from lightspeech.training import layout


def answer_example(study: Study, bundle: Bundle) -> Example:
    """Recognize one recording of an exported model's own test set, and keep it for the report.

    Args:
        study: whose fold the bundle was trained on; somebody must be tested.
        bundle: exported as ONNX.

    Raises:
        AudioError: if the recording cannot be decoded.
        OutputError: if the folder of the study cannot be written.
    """
    first = study.protocol.splits[bundle.provenance["fold"]].test[0]
    utterance = next(u for u in study.utterances if u.id == first)
    bundle = _knowing_the_speaker(bundle, study, utterance)
    waveform = io.load(utterance.path, bundle.sample_rate)
    probabilities = recognize(onnx.open(bundle), waveform)
    told = _explained(bundle, io.load(utterance.path, SAMPLE_RATE))
    front = MelConfig(sample_rate=bundle.sample_rate, f_max=0.475 * bundle.sample_rate)
    example = Example(
        id=utterance.id,
        truth=vocabularies.map_label(utterance.emotion, study.recipe.labels) or "",
        probabilities={
            label: round(float(p), 4) for label, p in zip(bundle.labels, probabilities, strict=True)
        },
        hop_s=front.hop_length / front.sample_rate,
        frames=frontend.log_bands(waveform, front).round(3).tolist(),
        sentences=() if told is None else pages.sentences(told, bundle.thresholds),
        map=None if told is None else told.map.values.round(4).tolist(),
    )
    write_json(study.folder / layout.EXAMPLE, as_dict(example))
    return example


def _explained(bundle: Bundle, waveform: Waveform) -> Told | None:
    """Explain the answer, where the bundle tells classes by sound and this is one utterance."""
    if bundle.scale is not None or bundle.text is not None or not recording.is_utterance(waveform):
        return None
    return recording.explain(onnx.open(bundle), waveform)


def _knowing_the_speaker(bundle: Bundle, study: Study, utterance: Utterance) -> Bundle:
    """Let a bundle that must know its speaker hear all that the corpus has of them."""
    if not bundle.knows_speaker:
        return bundle
    recordings = [each.path for each in study.utterances if each.speaker == utterance.speaker]
    return dataclasses.replace(bundle, voice=calibration.hear(bundle, recordings))
