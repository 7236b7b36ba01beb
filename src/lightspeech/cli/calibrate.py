"""``lightspeech calibrate``."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech import bundle
from lightspeech.cli import _files
from lightspeech.inference import calibration
from lightspeech.workflows import beside

ENOUGH_S = 20.0
"""Less speech than this tells little of a voice (docs/results.md)."""


def command(
    recordings: Annotated[list[Path], typer.Argument(help="Audio files or folders, of one user.")],
    output: Annotated[Path, typer.Option(help="Folder of the bundle that knows the user.")],
    bundle_path: Annotated[
        Path | None, typer.Option("--bundle", help="Of a recipe with normalisation: speaker.")
    ] = None,
) -> None:
    """Let a model know its user by some of his speech: no labels, no training, nothing sent.

    Example: lightspeech calibrate me/ --bundle bundles/ravdess_micro_known --output bundles/mine
    """
    stranger = bundle.read(bundle.find(bundle_path))
    calibrated = calibration.calibrate(stranger, _files.expand(recordings), output)
    beside.write(calibrated)
    seconds = calibrated.voice.seconds if calibrated.voice is not None else 0.0
    typer.echo(f"{output} knows its user by {seconds:.1f} s of speech")
    if seconds < ENOUGH_S:
        typer.echo(f"warning: {ENOUGH_S:g} s or more tell a voice better", err=True)
