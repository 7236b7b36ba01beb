"""``lightspeech run``."""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lightspeech.bundle import Bundle
from lightspeech.cli import _training
from lightspeech.cli._training import Fresh, Overrides, Processes, RecipeFile, Resume
from lightspeech.config import as_dict

if TYPE_CHECKING:
    from lightspeech.studies.stages import Study


def command(
    recipe: RecipeFile,
    overrides: Overrides = None,
    resume: Resume = False,
    fresh: Fresh = False,
    publish: Annotated[
        Path | None, typer.Option(help="Also write the figures below this folder, as results/.")
    ] = None,
    processes: Processes = None,
    json: Annotated[bool, typer.Option("--json", help="Print figures as JSON.")] = False,
) -> None:
    """Do a whole recipe: prepare, train, evaluate, export, predict, report.

    Example: lightspeech run recipes/demo.yaml training.epochs=20
    """
    folder = _training.train(recipe, overrides, resume=resume, fresh=fresh, processes=processes)
    if _training.tell_untested(folder):
        return
    from lightspeech.evaluation import results
    from lightspeech.reporting import html, text
    from lightspeech.studies import stages
    from lightspeech.workflows import publish as publication

    trained = stages.read_study(folder)
    figures, exported = publication.export(trained, trained.run_names[0], stages.Places())
    made = _no_bundle(trained) if exported is None else _bundle(trained, exported)
    report = html.write_report(folder, Path("report") / f"{folder.name}.html")
    if publish is not None:
        results.write(figures, publication.published_path(publish, figures))
    if json:
        typer.echo(json_format.dumps(as_dict(figures), ensure_ascii=False))
        return
    typer.echo(text.describe(figures))
    typer.echo(f"\n{made}\nreport  {report}")
    if steps := [step.name for step in trained.recipe.compress]:
        chain = f"lightspeech compress {recipe} --resume"
        typer.echo(f"chain   {', '.join(steps)}: not in these figures; see {chain}")


def _bundle(trained: "Study", exported: Bundle) -> str:
    """Say what was exported, and what it answers to one recording."""
    from lightspeech.workflows import publish as publication

    answer = publication.example(trained, exported)
    heard = max(answer["probabilities"].items(), key=lambda item: item[1])
    return (
        f"bundle  {exported.path} ({exported.size_bytes:,} bytes)"
        f"\nexample {answer['id']}: {heard[0]} ({heard[1]:.0%}), labelled {answer['truth']}"
    )


def _no_bundle(trained: "Study") -> str:
    from lightspeech.workflows import publish as publication

    return f"bundle  none: {publication.why_no_bundle(trained.recipe.run_config())}"
