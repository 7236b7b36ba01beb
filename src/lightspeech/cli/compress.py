"""``lightspeech compress``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli import _training
from lightspeech.cli._training import Fresh, Overrides, Processes, RecipeFile, Resume
from lightspeech.config import as_dict


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    resume: Resume = False,
    fresh: Fresh = False,
    publish: Annotated[
        Path | None, typer.Option(help="Also write table and figures below this folder.")
    ] = None,
    processes: Processes = None,
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
) -> None:
    """Train a recipe, apply its steps one after the other, and say what each of them cost.

    Example: lightspeech compress recipes/ravdess_micro_ablation.yaml --resume --publish results
    """
    folder = _training.train(
        recipe, overrides, resume=resume, fresh=fresh, processes=processes, steps=True
    )
    if _training.tell_untested(folder):
        return
    from lightspeech.evaluation import compression, results
    from lightspeech.files import write_text
    from lightspeech.reporting import compression as reporting
    from lightspeech.reporting import plots_of_costs
    from lightspeech.studies import stages
    from lightspeech.workflows import compress
    from lightspeech.workflows import publish as publication

    rows = compress.export(folder, stages.Places())
    measured = compress.measure(rows)
    table = reporting.markdown(measured)
    compression.write(measured, folder / "compress.json")
    write_text(folder / "compress.md", table)
    write_text(folder / "compress.svg", plots_of_costs.chain(measured))
    if publish is not None:
        compression.write(measured, publish / "chains" / f"{measured.recipe}.json")
        for row in compress.with_own_name(rows):
            results.write(row.figures, publication.published_path(publish, row.figures))
            publication.keep(row.trained, row.figures, publish)
    as_json = json_format.dumps(as_dict(measured), ensure_ascii=False) + "\n"
    typer.echo(as_json if json else table, nl=False)
