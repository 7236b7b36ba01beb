"""Bundles of runs: which runs can become one, and what it is to say."""

from pathlib import Path
from typing import Any

from lightspeech import __version__
from lightspeech.bundle import Bundle
from lightspeech.export import checks
from lightspeech.studies import sources
from lightspeech.studies.study import Study
from lightspeech.training import networks
from lightspeech.training import run as runs
from lightspeech.training.task import RunConfig

USUAL = "onnx"
"""The format whose bundle has no suffix."""


def why_no_bundle(cfg: RunConfig) -> str | None:
    """Say why a run cannot become a bundle; None where it can."""
    if cfg.front.in_bundle:
        return None
    known = " of a known speaker" if cfg.knows_speaker else ""
    formats = checks.able_formats(cfg)
    able = f"lightspeech export RUN --format {formats[0]}, or " if formats else ""
    return (
        f"{cfg.model.name} is given {cfg.frontend.name}{known}, which no bundle of a run holds; "
        f"{able}{checks.remedy(cfg)}"
    )


def describe(study: Study, run: runs.Run, path: Path) -> Bundle:
    """Say what a bundle of a run is to say, but for its figures and its model.

    Args:
        study: that of the run.
        run: what is to be exported.
        path: folder of the bundle.
    """
    test = set(study.protocol.splits[run.fold].test)
    test_speakers = {u.speaker for u in study.utterances if u.id in test}
    return Bundle(
        path=path,
        name=study.name,
        labels=run.labels,
        scale=None if run.config.ratings is None else run.config.ratings.scale,
        sample_rate=run.config.front.sample_rate,
        windows=run.config.windows,
        frontend=run.config.frontend.as_dict(),
        normalisation=run.config.normalisation,
        model=_model(run),
        temperature=run.temperature,
        thresholds=run.thresholds,
        provenance={
            "recipe": study.recipe.name,
            "fold": run.fold,
            "seed": run.seed,
            "scheme": study.scheme,
            "test_speakers": sorted(test_speakers),
            "lightspeech": __version__,
        },
        corpora=sources.corpora(study),
        encoders=sources.encoders(study),
    )


def _model(run: runs.Run) -> dict[str, Any]:
    """Say what a network is, parameters of an encoder before it included."""
    n_params = networks.n_params(run.network) + run.config.front.cost().n_params
    return {**run.config.model.as_dict(), "n_params": n_params}


def write(format: str, run: runs.Run, bundle: Bundle) -> Bundle:
    """Write a run in a format.

    Args:
        format: an exporter, such as ``onnx``.
        run: what is exported.
        bundle: what it says, by `describe`.

    Raises:
        ConfigError: if there is no such exporter, or it cannot take this run.
    """
    exported: Bundle = checks.exporter(run.config, format).export(run, bundle)
    return exported
