"""``lightspeech evaluate``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech import bundle, config
from lightspeech import manifest as manifests
from lightspeech.cli._progress import Bars
from lightspeech.errors import ConfigError
from lightspeech.evaluation import bundle_quality, results, study
from lightspeech.evaluation.results import Results
from lightspeech.inference import onnx
from lightspeech.reporting import text


def command(
    target: Annotated[Path, typer.Argument(help="Folder of a study, or of a bundle.")],
    manifest: Annotated[
        Path | None, typer.Option(help="For a bundle: recordings to measure it on.")
    ] = None,
    labels: Annotated[
        str, typer.Option(help="For a bundle: vocabulary of the recordings' labels.")
    ] = "own",
    held_out: Annotated[
        bool, typer.Option("--held-out", help="For a bundle: its own test speakers alone.")
    ] = False,
    output: Annotated[Path | None, typer.Option(help="Also write results as JSON here.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Measure a study or a bundle: UAR with its interval, WA, F1, each class, each speaker.

    Example: lightspeech evaluate runs/ravdess_micro --output results/ravdess/micro.json
    """
    is_bundle = (target / bundle.DESCRIPTION).is_file()
    if is_bundle and manifest is None:
        raise ConfigError(f"{target} is a bundle; say what to measure it on: --manifest FILE")
    if not is_bundle and (manifest is not None or held_out):
        raise ConfigError(f"{target} is no bundle; --manifest and --held-out are for bundles alone")
    if manifest is not None:
        made = _through_bundle(target, manifest, labels, held_out)
    else:
        made = results.measure(*study.read(target))
    if output is not None:
        results.write(made, output)
    typer.echo(json_format.dumps(config.as_dict(made)) if json else text.describe(made))


def _through_bundle(target: Path, manifest: Path, labels: str, held_out: bool) -> Results:
    opened = onnx.open(bundle.read(target))
    utterances = manifests.read(manifest)
    if held_out:
        utterances = bundle_quality.held_out(opened.bundle, utterances)
    with Bars() as bars:
        answers = bundle_quality.answer_all(opened, utterances, labels, progress=bars.told)
    if left_out := len(utterances) - len(answers.ids):
        message = f"left out {left_out} of {len(utterances)}: the bundle has no such class"
        typer.echo(message, err=True)
    return results.measure(bundle_quality.describe(opened.bundle, utterances), [answers])
