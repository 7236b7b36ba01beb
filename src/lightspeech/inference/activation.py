"""High or low activation: what of emotions is left where languages and rooms agree on no more.

Classes are added up that the circumplex of affect puts on one side (Russell 1980, A circumplex
model of affect): no other network, and nothing is learnt for it.
"""

from collections.abc import Mapping

HIGH = frozenset({"angry", "fearful", "happy", "surprised"})
LOW = frozenset({"bored", "calm", "neutral", "sad"})


def of(probabilities: Mapping[str, float]) -> float | None:
    """Add up the probabilities of classes of high activation.

    Args:
        probabilities: of each label, 0 to 1.

    Returns:
        0 to 1; None where there is no class, or one of neither side.
    """
    if not probabilities or not probabilities.keys() <= HIGH | LOW:
        return None
    return sum(p for label, p in probabilities.items() if label in HIGH)
