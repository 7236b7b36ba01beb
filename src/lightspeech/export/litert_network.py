"""The int8 network alone as ``.tflite``: for TFLite Micro, and what plain C is written from.

Int8 features go in, standardized and rounded as ``mean`` and ``deviation`` in ``bundle.json`` and
the scale of the input say, and int8 scores come out.
"""

from dataclasses import replace

from lightspeech import bundle as bundles
from lightspeech.bundle import Bundle
from lightspeech.export import int8_tflite
from lightspeech.export._bundled import never as rewrite  # noqa: F401
from lightspeech.export._bundled import nobody as network_alone  # noqa: F401
from lightspeech.training.run import Run

HOLDS = ("mel",)
"""Front ends that it can write."""
KNOWS_SPEAKER = True
"""Whether it writes a network that takes features without a voice."""
TAKES = ("int8",)
"""Number formats of the runs it takes."""
SUFFIX = ".tflite"
"""Of its model file."""
PREFIXED = False
"""Whether it has names of C, which a prefix can tell from those of another model."""
RATES = False
"""Whether it writes a model that tells ratings in place of classes."""


def export(run: Run, bundle: Bundle) -> Bundle:
    """Write the network of an int8 run, and how its features are standardized.

    Args:
        run: an int8 run.
        bundle: what the bundle is to say, and its folder.

    Returns:
        The bundle with the model's hash and size.

    Raises:
        ConfigError: if the run is not int8.
        MissingExtra: if litert-torch is not installed.
        OutputError: if the folder cannot be written.
    """
    return bundles.write(*described(run, bundle))


def described(run: Run, bundle: Bundle) -> tuple[Bundle, bytes]:
    """Convert the network of an int8 run, and say how its features are standardized.

    Args:
        run: an int8 run.
        bundle: what the bundle is to say.

    Returns:
        The bundle, not yet written, and its model.

    Raises:
        ConfigError: if the run is not int8.
        MissingExtra: if litert-torch is not installed.
    """
    model = int8_tflite.to_bytes(run)
    mean, deviation = int8_tflite.standardization(
        int8_tflite.network_of(run), run.config.front.n_features
    )
    said = {**bundle.model, "mean": mean.tolist(), "deviation": deviation.tolist()}
    return replace(bundle, model=said, model_file=f"model{SUFFIX}"), model
