"""Learning rates as a function of progress: no state, so nothing to save and restore."""

import math
from typing import Literal

Schedule = Literal["one_cycle", "cosine", "warmup_cosine", "constant", "light_sernet"]


def rate(schedule: Schedule, progress: float, epoch: int) -> float:
    """Give the share of the peak learning rate, 0 to 1.

    Args:
        schedule: ``one_cycle`` rises over the first 30 %, then falls (Smith & Topin 2018);
            ``warmup_cosine`` does over the first 10 %, in a line, then falls along a cosine to 0;
            ``light_sernet`` falls by e^−0.15 every 20 epochs from epoch 50 (its training code).
        progress: share of all steps that are done, 0 to 1.
        epoch: number of the current epoch, from 0.
    """
    if schedule == "cosine":
        return 0.5 + 0.5 * math.cos(math.pi * progress)
    if schedule == "warmup_cosine":
        rise = 0.1
        if progress < rise:
            return progress / rise
        return 0.5 + 0.5 * math.cos(math.pi * (progress - rise) / (1 - rise))
    if schedule == "light_sernet":
        return math.exp(-0.15 * max(0, (epoch - 30) // 20))
    if schedule == "one_cycle":
        rise = 0.3
        if progress < rise:
            return 0.04 + 0.96 * (0.5 - 0.5 * math.cos(math.pi * progress / rise))
        return 1e-4 + (0.5 + 0.5 * math.cos(math.pi * (progress - rise) / (1 - rise)))
    return 1.0
