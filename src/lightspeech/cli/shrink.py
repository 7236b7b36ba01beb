"""``lightspeech shrink``."""

from pathlib import Path
from typing import Annotated

import typer

from lightspeech.workflows import needs


def command(
    output: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where the small encoder goes.")],
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
    level: Annotated[
        str | None,
        typer.Option(help="kept: gain is a cue, as to Whisper; loudest: it is none."),
    ] = None,
    recordings: Annotated[
        int | None, typer.Option(min=1, help="How many heads and units are judged by.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Of recovery, over all recordings.")
    ] = None,
) -> None:
    """Make a Whisper encoder small: first blocks, fewer heads and units, int8.

    Example: lightspeech shrink encoders/base --source whisper-tiny.en --speech data/emodb
    """
    needs.torch("a small encoder")
    from lightspeech.workflows.shrink import shrink

    settings = {
        "source": source, "last": blocks, "tuned": tuned, "heads": heads, "units": units,
        "epochs": epochs, "level": level,
    }  # fmt: skip
    shrunk = shrink(output, speech, settings, judged=recordings)
    encoder = ", ".join(f"{key}: {value}" for key, value in shrunk.encoder.items())
    typer.echo(f"{output}  {shrunk.size_bytes:,} bytes; in a recipe: frontend: {{{encoder}}}")
