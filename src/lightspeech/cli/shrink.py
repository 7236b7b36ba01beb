"""``lightspeech shrink``."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli._training import require_torch
from lightspeech.config import build


def command(
    folder: Annotated[Path, typer.Argument(help="Where the small encoder goes.")],
    speech: Annotated[
        list[Path], typer.Option(help="Folder of recordings, once or more; no test speaker's.")
    ],
    source: Annotated[str | None, typer.Option(help="Whisper encoder: folder or hub name.")] = None,
    blocks: Annotated[int | None, typer.Option(min=0, help="Blocks left in its file.")] = None,
    tuned: Annotated[
        int | None, typer.Option(min=1, help="Blocks left above these in floats, to be trained.")
    ] = None,
    heads: Annotated[int | None, typer.Option(min=1, help="Heads left in a block.")] = None,
    units: Annotated[
        int | None, typer.Option(min=1, help="Feed-forward units left in a block.")
    ] = None,
    recordings: Annotated[
        int | None, typer.Option(min=1, help="How many heads and units are judged by.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of recovery, over all recordings.")
    ] = None,
) -> None:
    """Make a Whisper encoder small: first blocks, fewer heads and units, int8.

    Example: lightspeech shrink encoders/base --speech data/emodb --units 1152
    """
    require_torch("a small encoder")
    from lightspeech.encoders import shrink
    from lightspeech.frontends.states import STATES_PER_S

    heard = [path for folder_of in speech for path in shrink.recordings_of(folder_of)]
    asked = {
        "source": source, "last": blocks, "tuned": tuned, "heads": heads, "units": units,
        "epochs": epochs,
    }  # fmt: skip
    given = {key: value for key, value in asked.items() if value is not None}
    cfg = build(shrink.Shrink, given, source="shrink")
    size = shrink.shrink(cfg, heard, folder, judged=recordings or shrink.RECORDINGS)
    typer.echo(
        f"{folder}  {size:,} bytes; in a recipe: frontend: {{source: {folder}, "
        f"width: {shrink.width(folder)}, first: {cfg.first}, last: {cfg.last}"
        + (f", tuned: {cfg.tuned}, pool_s: {1 / STATES_PER_S:g}}}" if cfg.tuned else "}")
    )
