"""Finished studies as runs of an experiment tracker, MLflow: ``--track mlflow``.

What is told is parameters, histories, figures and the bundle, and the hashes of what made them; no
recording, and no list of recordings. Nothing leaves this machine but for where
``$MLFLOW_TRACKING_URI`` says so; without it all lies in ``mlflow.db`` and ``mlruns`` here.
"""

import json
import os
import re
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lightspeech.bundle import Bundle
from lightspeech.config import as_dict
from lightspeech.corpora import manifest
from lightspeech.errors import ConfigError, MissingExtra
from lightspeech.evaluation.difference import flat
from lightspeech.evaluation.rated import Rated
from lightspeech.evaluation.results import Results
from lightspeech.studies.study import Study
from lightspeech.training import layout
from lightspeech.workflows import measuring

if TYPE_CHECKING:
    from mlflow import MlflowClient

HERE = "sqlite:///mlflow.db"
WHERE = "MLFLOW_TRACKING_URI"
PARENT, NAME = "mlflow.parentRunId", "mlflow.runName"
"""Tags that MLflow reads."""
AT_ONCE = 100
"""Parameters that a store takes at once."""
NOT_TOLD = ("per_speaker", "confusion")
UNTELLABLE = re.compile(r"[^\w.\- /:]")
"""What a store refuses in names of metrics."""
OF_EPOCHS = ("loss", "learning_rate", "selection_uar", "seconds")


def open_store() -> "MlflowClient":
    """Open the store that studies are told to, before hours are spent on one.

    Raises:
        ConfigError: if it cannot be opened.
        MissingExtra: if MLflow is not installed.
    """
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    try:
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException
    except ModuleNotFoundError:
        raise MissingExtra("--track mlflow", "track") from None
    where = os.environ.get(WHERE, HERE)
    try:
        client = MlflowClient(where)
        client.search_experiments(max_results=1)
    except MlflowException as error:
        why = str(error).partition("\n")[0]
        raise ConfigError(f"{WHERE} is {where}, which cannot be opened: {why}") from None
    return client


def log(
    client: "MlflowClient",
    study: Study,
    figures: Results | Rated | None = None,
    bundle: Bundle | None = None,
) -> str:
    """Tell a store of a study: a run for it, in the experiment of its name, and one for each run.

    Args:
        client: by `open_store`.
        study: every fold and seed done.
        figures: of them, where they were measured.
        bundle: of one of them, where there is one.

    Returns:
        The id of the study's run.
    """
    told = _begin(client, study, {NAME: study.folder.name, **_made_by(study)})
    recipe = [*flat(as_dict(study.recipe)).items()]
    for first in range(0, len(recipe), AT_ONCE):
        _log(client, told, params=dict(recipe[first : first + AT_ONCE]))
    _log(client, told, metrics=[(key, value, 0) for key, value in _values(figures)])
    for name in (layout.RECIPE, layout.CONDITIONS, layout.RESULTS):
        if (study.folder / name).is_file():
            client.log_artifact(told, str(study.folder / name))
    if bundle is not None:
        client.log_artifacts(told, str(bundle.path), "bundle")
    for name in study.run_names:
        run = _begin(client, study, {NAME: name, PARENT: told})
        _log(client, run, metrics=[*_history(study.folder / name)])
        client.set_terminated(run)
    client.set_terminated(told)
    return told


def _begin(client: "MlflowClient", study: Study, tags: Mapping[str, str]) -> str:
    found = client.get_experiment_by_name(study.recipe.name)
    experiment = (
        client.create_experiment(study.recipe.name) if found is None else found.experiment_id
    )
    return str(client.create_run(experiment, tags=dict(tags)).info.run_id)


def _made_by(study: Study) -> dict[str, str]:
    return {
        "data_sha256": manifest.digest(study.utterances),
        "recipe_sha256": study.recipe_sha256,
        **measuring.made_by(study),
    }


def _values(figures: object) -> Iterator[tuple[str, float]]:
    """Give each number among figures, by its dotted key; none of a single speaker."""
    for key, value in flat(as_dict(figures)).items() if figures else ():
        if isinstance(value, int | float) and not key.startswith(NOT_TOLD):
            yield UNTELLABLE.sub("_", key), float(value)


def _history(run: Path) -> Iterator[tuple[str, float, int]]:
    """Give each value of each epoch; of a step that trains nothing there are none."""
    file = run / layout.HISTORY
    for line in file.read_text("utf-8").splitlines() if file.is_file() else ():
        epoch = json.loads(line)
        yield from ((key, epoch[key], epoch["epoch"]) for key in OF_EPOCHS if key in epoch)


def _log(
    client: "MlflowClient",
    run: str,
    params: Mapping[str, Any] | None = None,
    metrics: list[tuple[str, float, int]] | None = None,
) -> None:
    from mlflow.entities import Metric, Param

    now = int(1000 * time.time())
    client.log_batch(
        run,
        params=[Param(key, str(value)) for key, value in (params or {}).items()],
        metrics=[Metric(key, value, now, step) for key, value, step in metrics or []],
    )
