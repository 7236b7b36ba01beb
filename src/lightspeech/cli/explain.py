"""``lightspeech explain``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech.cli import _files
from lightspeech.cli._progress import Bars
from lightspeech.config import as_dict
from lightspeech.explain import explanation as explanations
from lightspeech.reporting import explanation as words
from lightspeech.workflows import needs


def command(
    studies: Annotated[
        list[Path], typer.Argument(help="Folders of studies or steps; a study brings its steps.")
    ],
    against: Annotated[
        Path | None,
        typer.Option(help="Study or step to compare the others with; else the teacher of a step."),
    ] = None,
    fold: Annotated[
        list[int] | None, typer.Option(help="Hear the test speakers of this fold; several: again.")
    ] = None,
    seed: Annotated[
        list[int] | None, typer.Option(help="Ask the runs of this seed; several: again.")
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Recordings of each fold, of speakers and emotions in turn."),
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Parts at once; one a core if left out.")
    ] = None,
    publish: Annotated[
        Path | None, typer.Option(help="Also write the explanation below this folder, as results/.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Also write it as JSON here.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Say which cues of a voice a chain hears, and which of its teacher's it kept.

    Each test recording is said again with one cue changed: pitch level and range, loudness, rate,
    spectrum, voice quality, order. What that does to the answers of every step is told with an
    interval by speaker, and as a share of what it does to the teacher's. What was answered is kept
    in cache/explain: a second call goes on where the first stopped.

    Example: lightspeech explain runs/ravdess_micro --publish results
    """
    _files.ending_in(output, ".json")
    needs.torch("an explanation of trained runs")
    from lightspeech.studies.stages import Places
    from lightspeech.workflows.explain import explain

    with Bars() as bars:
        explanation = explain(
            studies,
            against=against,
            places=Places(),
            progress=bars.show,
            folds=fold or (),
            seeds=seed or (),
            limit=limit,
            processes=processes,
        )
    if output is not None:
        explanations.write(explanation, output)
    if publish is not None:
        explanations.write(explanation, explanations.path_of(explanation, publish))
    text = json_format.dumps(as_dict(explanation)) if json else words.describe(explanation)
    typer.echo(text)
