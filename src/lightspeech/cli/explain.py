"""``lightspeech explain``."""

import json as json_format
from pathlib import Path
from typing import Annotated

import typer

from lightspeech import bundle as bundles
from lightspeech.cli import _files
from lightspeech.cli._engine import Engine
from lightspeech.cli._progress import Bars
from lightspeech.config import as_dict
from lightspeech.errors import AudioError, ConfigError
from lightspeech.explain import explanation as explanations
from lightspeech.explain import maps
from lightspeech.files import printable
from lightspeech.inference import dispatch
from lightspeech.reporting import explanation as words
from lightspeech.studies.engine import PROCESSES
from lightspeech.training import layout
from lightspeech.workflows import explain_recordings, needs

OCCLUSION = "occlusion"
METHODS: dict[str, maps.Method] = {OCCLUSION: maps.occlusion, "shapley": maps.shapley}
"""Of maps of any bundle."""


def command(
    targets: Annotated[
        list[Path],
        typer.Argument(
            help="Folders of studies or steps, a study brings its steps, and bundles that hear the "
            "same recordings; or a bundle and recordings of one utterance each."
        ),
    ],
    against: Annotated[
        Path | None,
        typer.Option(
            help="Study or step to compare the others with; else the teacher of a step, or, with "
            "bundles, the study itself."
        ),
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
    engine: Engine = PROCESSES,
    cues_alone: Annotated[
        bool, typer.Option("--cues-alone", help="Leave out probes of embeddings, and maps.")
    ] = False,
    publish: Annotated[
        Path | None, typer.Option(help="Also write the explanation below this folder, as results/.")
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            help="For recordings: write sentences and a picture of each into this folder."
        ),
    ] = None,
    speakers: Annotated[
        Path | None,
        typer.Option(
            help="For a bundle: measure the speakers it learnt from, of this study or manifest, "
            "and keep that in its folder; recordings are held against it."
        ),
    ] = None,
    map: Annotated[
        str,
        typer.Option(
            help="For recordings: occlusion, one place faint after the other, or shapley, places "
            "added up in random orders."
        ),
    ] = OCCLUSION,
    output: Annotated[Path | None, typer.Option(help="Also write it as JSON here.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for machines.")] = False,
) -> None:
    """Say which cues of a voice a chain hears, and which of its teacher's it kept.

    Each test recording is said again with one cue changed: pitch level and range, loudness, rate,
    spectrum, voice quality, order. What that does to the answers of every step is told with an
    interval by speaker, and as a share of what it does to the teacher's. What was answered is kept
    in cache/explain: a second call goes on where the first stopped.

    Bundles behind a study, such as micro, are asked about the same recordings, as far as they do
    not know the speakers. Probabilities are then shared out among the classes that all tell apart,
    and told are cues, and maps of the bundles.

    Of a bundle and recordings: three sentences each, what it heard, what would change its answer,
    and how sure that is.

    Example: lightspeech explain runs/ravdess_micro --publish results

    Example: lightspeech explain runs/ravdess_micro micro --fold 0

    Example: lightspeech explain micro recording.wav --pictures explained

    Example: lightspeech explain bundles/ravdess_micro --speakers runs/ravdess_micro
    """
    _files.ending_in(output, ".json")
    if _is_bundle(targets[0]) and not any(_is_study(target) for target in targets):
        if speakers is not None:
            return _speakers(targets[0], speakers, limit, processes)
        return _recordings(targets[0], targets[1:], pictures, _method(map))
    of_bundles = {"--pictures": pictures, "--speakers": speakers, "--map": map != OCCLUSION}
    if option := next((name for name, value in of_bundles.items() if value), None):
        raise ConfigError(f"{targets[0]} is no bundle; {option} is for a bundle and recordings")
    if nothing := [each for each in targets if not _is_bundle(each) and not _is_study(each)]:
        raise ConfigError(
            f"{printable(nothing[0])}: neither a study, such as runs/ravdess_micro, nor a bundle; "
            f"shipped are {', '.join(bundles.shipped())}"
        )
    needs.torch("an explanation of trained runs")
    from lightspeech.studies.folders import Places
    from lightspeech.workflows.explain import explain

    with Bars() as bars:
        explanation = explain(
            [target for target in targets if not _is_bundle(target)],
            bundles=[target for target in targets if _is_bundle(target)],
            against=against,
            places=Places(),
            progress=bars.show,
            folds=fold or (),
            seeds=seed or (),
            limit=limit,
            processes=processes,
            cues_alone=cues_alone,
        )
    if output is not None:
        explanations.write(explanation, output)
    if publish is not None:
        explanations.write(explanation, explanations.path_of(explanation, publish))
    text = json_format.dumps(as_dict(explanation)) if json else words.describe(explanation)
    typer.echo(text)


def _is_bundle(target: Path) -> bool:
    """Tell whether a folder is a bundle, or a name that of a shipped one."""
    return (bundles.find(target) / bundles.DESCRIPTION).is_file()


def _is_study(target: Path) -> bool:
    return layout.is_step(target) or (target / layout.RECIPE).is_file()


def _speakers(bundle: Path, source: Path, limit: int | None, processes: int | None) -> None:
    """Measure the training speakers of a bundle."""
    needs.torch("reading a study")
    from lightspeech.studies.folders import Places
    from lightspeech.workflows import explain_speakers

    with Bars() as bars:
        file = explain_speakers.measure(
            bundles.read(bundles.find(bundle)),
            source,
            Places().cache,
            bars.show,
            limit=limit,
            processes=processes,
        )
    typer.echo(f"written: {printable(file)}")


def _method(name: str) -> maps.Method:
    if name not in METHODS:
        raise ConfigError(f"a map by {name!r}; choose one of {sorted(METHODS)}")
    return METHODS[name]


def _recordings(
    bundle: Path, recordings: list[Path], pictures: Path | None, method: maps.Method
) -> None:
    """Explain the answers of a bundle one by one."""
    if not recordings:
        raise ConfigError(f"{bundle} is a bundle; name recordings too, or a study instead of it")
    predictor = dispatch.open(bundles.read(bundles.find(bundle)))
    failed = False
    files = _files.expand(recordings)
    for path, told in explain_recordings.explain(predictor, files, pictures, method=method):
        if isinstance(told, AudioError):
            failed = True
            typer.echo(f"error: {printable(f'{path}: {told}')}", err=True)
        else:
            typer.echo(f"{printable(path)}\n{told}")
    if failed:
        raise typer.Exit(1)
