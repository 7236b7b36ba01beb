"""What int8 costs layer by layer: each rounded alone, all others in floats."""

from typing import Any

import numpy as np

from lightspeech import metrics
from lightspeech.models import int8_roundings
from lightspeech.models.int8 import Int8Network
from lightspeech.training import calibrate
from lightspeech.training.fitting import window_logits
from lightspeech.training.inputs import Parts
from lightspeech.training.task import Task


def measure(task: Task, parts: Parts, network: Int8Network) -> list[dict[str, Any]]:
    """Round one layer at a time: its input, its weights and its result.

    Args:
        task: the int8 run.
        parts: its selection set is what is answered, never its test set.
        network: with its ranges; it rounds everywhere again afterwards.

    Returns:
        Of each layer ``layer``, ``loss_change`` (negative log-likelihood, nats) and ``uar_change``
        (0 to 1), against floats; the last line, ``all``, is of the whole network.
    """
    int8_roundings.round_only(network, [])
    loss, uar = _quality(task, parts, network)
    table = []
    for name, roundings in (*int8_roundings.layers(network).items(), ("all", None)):
        int8_roundings.round_only(network, roundings)
        rounded_loss, rounded_uar = _quality(task, parts, network)
        change = {"loss_change": rounded_loss - loss, "uar_change": rounded_uar - uar}
        table.append({"layer": name, **{key: round(x, 6) for key, x in change.items()}})
    return table


def _quality(task: Task, parts: Parts, network: Int8Network) -> tuple[float, float]:
    """Loss and UAR on the selection set."""
    rows = parts.selection
    truth = task.targets[rows]
    logits = window_logits(network, parts, rows)
    counts, over = parts.counts(rows), task.config.windows.over
    answers = calibrate.utterance_probabilities(logits, counts, 1.0, over)
    loss = -np.log(answers[np.arange(len(rows)), truth].clip(1e-9)).mean()
    return float(loss), metrics.uar(truth, answers.argmax(1), len(task.labels))
