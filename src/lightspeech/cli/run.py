"""``lightspeech run``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.config import as_dict
from lightspeech.errors import MissingExtra


def command(
    recipe: Annotated[Path, typer.Argument(help="YAML file, such as recipes/demo.yaml.")],
    overrides: Annotated[
        list[str] | None, typer.Argument(help="Changes, such as training.epochs=20.")
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where it was cut off.")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw an earlier run away.")] = False,
    publish: Annotated[
        Path | None, typer.Option(help="Also write the figures below this folder, as results/.")
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Runs at once; one a core if left out.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print figures as JSON.")] = False,
) -> None:
    """Do a whole recipe: prepare, train, evaluate, export, predict, report.

    Example: lightspeech run recipes/demo.yaml training.epochs=20
    """
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtra("training", "all") from None
    from lightspeech import recipe as recipes
    from lightspeech.cli._progress import Bars
    from lightspeech.evaluation import results
    from lightspeech.reporting import html, text

    places = recipes.Places()
    chosen = recipes.read(recipe, overrides or [])
    folder = recipes.open_study(chosen, places, resume=resume, fresh=fresh)
    with Bars() as bars:
        prepared = recipes.prepare(chosen, folder, progress=bars.files)
        protocol = recipes.train(chosen, prepared, folder, places, bars.told, processes=processes)
    figures, exported = recipes.evaluate(chosen, prepared, protocol, folder, places)
    answer = recipes.example(chosen, prepared, protocol, exported, folder)
    report = html.write_report(folder, Path("report") / f"{chosen.name}.html")
    if publish is not None:
        results.write(figures, recipes.published_path(publish, figures))
    if json:
        typer.echo(json_format.dumps(as_dict(figures), ensure_ascii=False))
        return
    typer.echo(text.describe(figures))
    heard = max(answer["probabilities"].items(), key=lambda item: item[1])
    typer.echo(
        f"\nbundle  {exported.path} ({exported.size_bytes:,} bytes)"
        f"\nexample {answer['id']}: {heard[0]} ({heard[1]:.0%}), labelled {answer['truth']}"
        f"\nreport  {report}"
    )
