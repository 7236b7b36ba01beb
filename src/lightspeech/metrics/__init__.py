"""What every figure is made of: recalls, UAR, WA, F1, calibration and intervals, in NumPy alone."""

from lightspeech.metrics.agreement import concordance, concordance_ci
from lightspeech.metrics.calibration import expected_calibration_error, reliability
from lightspeech.metrics.classes import (
    Counts,
    Floats,
    Indices,
    confusion,
    macro_f1,
    macro_f1_of,
    mean_present,
    recalls,
    recalls_of,
    uar,
    uar_of,
    wa,
    wa_of,
)
from lightspeech.metrics.intervals import bootstrap_ci, paired_ci

__all__ = [
    "Counts",
    "Floats",
    "Indices",
    "bootstrap_ci",
    "concordance",
    "concordance_ci",
    "confusion",
    "expected_calibration_error",
    "macro_f1",
    "macro_f1_of",
    "mean_present",
    "paired_ci",
    "recalls",
    "recalls_of",
    "reliability",
    "uar",
    "uar_of",
    "wa",
    "wa_of",
]
