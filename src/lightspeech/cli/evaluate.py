"""``lightspeech evaluate``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech import bundle, config
from lightspeech.cli._progress import Bars
from lightspeech.corpora import manifest as manifests
from lightspeech.errors import ConfigError
from lightspeech.evaluation import bundle_quality, conditions, kept, results
from lightspeech.evaluation.results import Results
from lightspeech.inference import dispatch
from lightspeech.reporting import text


def command(
    target: Annotated[
        Path | None, typer.Argument(help="Folder of a study or a bundle, or nano, micro, small.")
    ] = None,
    manifest: Annotated[
        Path | None, typer.Option(help="For a bundle: recordings to measure it on.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(
            help="For a bundle: vocabulary of the recordings' labels; else by its classes."
        ),
    ] = None,
    held_out: Annotated[
        bool, typer.Option("--held-out", help="For a bundle: its own test speakers alone.")
    ] = False,
    published: Annotated[
        Path | None,
        typer.Option("--results", help="Published figures: compute them again from kept models."),
    ] = None,
    root: Annotated[
        Path | None, typer.Option(help="For --results: folder of the corpus, or of several.")
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Also write results as JSON here.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Measure a study or a bundle: UAR with its interval, WA, F1, each class, each speaker.

    With --results, published figures are computed again from their kept models, without training;
    the exit code is 1 where they do not agree.

    Example: lightspeech evaluate runs/ravdess_micro --output results/ravdess/micro.json

    Example: lightspeech evaluate --results results/ravdess/micro-int8.json --root data
    """
    if published is not None and root is not None:
        return _again(published, root, json)
    if target is None or published is not None or root is not None:
        raise ConfigError(
            "name what to measure: the folder of a study or of a bundle, or both --results FILE "
            "and --root DIR"
        )
    target = bundle.find(target)
    is_bundle = (target / bundle.DESCRIPTION).is_file()
    if is_bundle and manifest is None:
        raise ConfigError(f"{target} is a bundle; say what to measure it on: --manifest FILE")
    if not is_bundle and (manifest is not None or held_out):
        raise ConfigError(f"{target} is no bundle; --manifest and --held-out are for bundles alone")
    if manifest is not None:
        made = _through_bundle(target, manifest, labels, held_out)
    else:
        made = results.measure(*conditions.read(target))
    if output is not None:
        results.write(made, output)
    typer.echo(json_format.dumps(config.as_dict(made)) if json else text.describe(made))


def _again(published: Path, root: Path, json: bool) -> None:
    """Compute published figures again, and end with 1 where they do not agree."""
    models = kept.read(kept.folder_of(published))
    figures = results.read(published)
    with Bars() as bars:
        corpus = kept.corpus_choice(models[0][0].corpus, root)
        utterances = manifests.prepare(corpus, progress=bars.files).utterances
        found = kept.check(figures, models, utterances, progress=bars.told)
    verdict = {"published": found.published, "recomputed": found.recomputed, "agrees": found.agrees}
    said = (
        f"UAR of seed {models[0][0].seed}: published {found.published:.4f}, recomputed "
        f"{found.recomputed:.4f}: {'agrees' if found.agrees else 'does not agree'}"
    )
    typer.echo(json_format.dumps(verdict) if json else said)
    if not found.agrees:
        raise typer.Exit(1)


def _through_bundle(target: Path, manifest: Path, labels: str | None, held_out: bool) -> Results:
    opened = dispatch.open(bundle.read(target))
    utterances = manifests.read(manifest)
    if held_out:
        utterances = bundle_quality.held_out(opened.bundle, utterances)
    with Bars() as bars:
        answers = bundle_quality.answer_all(opened, utterances, labels, progress=bars.told)
    if left_out := len(utterances) - len(answers.ids):
        message = f"left out {left_out} of {len(utterances)}: the bundle has no such class"
        typer.echo(message, err=True)
    return results.measure(bundle_quality.describe(opened.bundle, utterances), [answers])
