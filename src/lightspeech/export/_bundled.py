"""What the exporters of one model file share: a run becomes bytes, and bytes a bundle."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from lightspeech import bundle as bundles
from lightspeech.bundle import Bundle
from lightspeech.training.run import Run


def nobody(run: Run, folder: Path, threads: int) -> None:
    """Say that the network alone cannot be asked: a ``network_alone`` of an exporter.

    Args:
        run: its network.
        folder: of the run.
        threads: that the runtime may take.
    """


def never(source: Bundle, bundle: Bundle) -> None:
    """Say that no bundle holds what the format is made of: a ``rewrite`` of an exporter.

    Args:
        source: a bundle of another format.
        bundle: what the new one is to say.
    """


def exporter(to_bytes: Callable[[Run], bytes], model_file: str) -> Callable[[Run, Bundle], Bundle]:
    """Make ``export`` of a format whose bundle is its model file and ``bundle.json``.

    Args:
        to_bytes: writes a run as a model; it says what it raises.
        model_file: name of the model in the bundle's folder.
    """

    def export(run: Run, bundle: Bundle) -> Bundle:
        """Write a run as a bundle.

        Args:
            run: what the format takes, see `checks.exporter`.
            bundle: what the bundle is to say, and its folder.

        Returns:
            The bundle with the model's hash and size.

        Raises:
            OutputError: if the folder cannot be written.
        """
        files = run.config.front.files()
        return bundles.write(replace(bundle, model_file=model_file), to_bytes(run), beside=files)

    return export
