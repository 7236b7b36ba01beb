"""What the exporters of one model file share: a run becomes bytes, and bytes a bundle."""

from collections.abc import Callable
from dataclasses import replace

from lightspeech import bundle
from lightspeech.bundle import Bundle
from lightspeech.errors import ConfigError
from lightspeech.training.run import Run


def exporter(
    to_bytes: Callable[[Run], bytes], model_file: str, *, knows_speaker: bool = False
) -> Callable[[Run, Bundle], Bundle]:
    """Make ``export`` of a format whose bundle is its model file and ``bundle.json``.

    Args:
        to_bytes: writes a run as a model; it says what it raises.
        model_file: name of the model in the bundle's folder.
        knows_speaker: it can write a model that takes features, which a voice standardizes first.
    """

    def export(done: Run, to: Bundle) -> Bundle:
        """Write a run as a bundle.

        Args:
            done: the run.
            to: what the bundle is to say, and its folder.

        Returns:
            The bundle with the model's hash and size.

        Raises:
            ConfigError: if the run must know its speaker, and no model of this format does.
            OutputError: if the folder cannot be written.
        """
        if to.normalisation == "speaker" and not knows_speaker:
            raise ConfigError(
                f"{to.name} must know its speaker, which {model_file} does not; take --format onnx "
                "or, of an int8 run, c99"
            )
        return bundle.write(replace(to, model_file=model_file), to_bytes(done))

    return export
