"""Search for a better recipe: Optuna proposes, selection sets judge, a budget refuses.

Trials live in an SQLite file in the folder of the search, their checkpoints beside it: a killed
search goes on with the very epoch it was cut off in. No test set is answered. Of several trials at
once the first runs are trained side by side, then the second ones of those that are still in; what
is proposed next knows all of them.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

import torch

from lightspeech.errors import ConfigError, MissingExtra, StudyError
from lightspeech.progress import Progress
from lightspeech.studies import engine, tasks
from lightspeech.studies import recipe as recipes
from lightspeech.studies.folders import Places
from lightspeech.studies.material import Material
from lightspeech.studies.recipe import Recipe
from lightspeech.studies.space import Range, Search
from lightspeech.training import cost, fitting, inputs, layout
from lightspeech.training.task import Task
from lightspeech.workflows.train import Job, open_study

if TYPE_CHECKING:
    from optuna import Study, Trial

STORAGE = "search.db"
WHY = "why"
"""Attribute of a trial that was given up: one of the three below, and the rest of its reason."""
OVER, FAILED, BEHIND = "over the budget", "failed", "behind the others"
STARTUP = 8
"""Trials drawn at random before any is proposed or given up for the others' sake."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A trial that came to its end.

    Attributes:
        selection_uar: mean over folds and seeds, 0 to 1.
        cost: of one window, ``n_params``, ``macs``, ``peak_activation_bytes``.
        overrides: what to type behind the recipe.
    """

    selection_uar: float
    cost: dict[str, int]
    overrides: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """A trial that was given up.

    Attributes:
        given_up: `OVER` the budget, `FAILED` in training, or `BEHIND` the other trials.
        why: what it costs and may cost, the error, or its selection UAR so far.
        overrides: what was tried.
    """

    given_up: str
    why: str
    overrides: tuple[str, ...]


def search(
    job: Job, progress: Progress, *, trials: int | None = None
) -> tuple[list[Candidate], list[GivenUp]]:
    """Go on until so many trials are done: those within the budget, the best first, and the others.

    Args:
        job: whose recipe has a ``search`` block; it goes on in a folder of its own. Its processes
            are trials at once; None: one, or as many as a cluster has cores.
        progress: told of recordings and of trials done.
        trials: in all, those of earlier calls included; None: as the recipe says.

    Returns:
        Those that came to their end, each choice once, and those that were given up, in the order
        in which they were tried.

    Raises:
        ConfigError: if the recipe has no ``search`` block, or a key of it cannot be.
        MissingExtra: if Optuna is not installed.
        OutputError: if the folder is there, and the job does not say what to do with it.
    """
    recipe = job.read()
    recipe = replace(recipe, name=f"{recipe.name}-search")
    if recipe.search is None:
        raise ConfigError("the recipe has no search: block; write search: {space: {KEY: [A, B]}}")
    folder, material = open_study(recipe, job, progress)
    optuna_study = _open(folder, recipe.seeds[0])
    lister = _Lister(recipe.search, folder, job.places, material)
    wanted = trials or recipe.search.trials
    at_once = job.processes or (engine.workers(None) if engine.elsewhere() else 1)
    while (n_done := len(_finished(optuna_study))) < wanted:
        progress("trials", n_done, wanted)
        asked = [optuna_study.ask() for _ in range(min(at_once, wanted - n_done))]
        _judge(optuna_study, _begin(optuna_study, asked, lister), at_once)
    progress("trials", n_done, wanted)
    finished = _finished(optuna_study)
    given_up = [_given_up(trial) for trial in finished if WHY in trial.user_attrs]
    candidates = [_candidate(trial) for trial in finished if trial.state.name == "COMPLETE"]
    chosen = {c.overrides: c for c in candidates}.values()
    return sorted(chosen, key=lambda c: -c.selection_uar), given_up


def _open(folder: Path, seed: int) -> "Study":
    """Open the trials of a search; those that were cut off are asked again first."""
    try:
        import optuna
    except ModuleNotFoundError:
        raise MissingExtra("search", "search") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    optuna_study = optuna.create_study(
        study_name=folder.name,
        storage=f"sqlite:///{(folder / STORAGE).resolve()}",
        direction="maximize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=STARTUP),
        load_if_exists=True,
    )
    # Drawn on from where the last call stopped: the same seed would propose the same again.
    optuna_study.sampler = optuna.samplers.TPESampler(
        seed=seed + len(optuna_study.trials), n_startup_trials=STARTUP
    )
    for cut_off in optuna_study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
        optuna_study.enqueue_trial(cut_off.params)
        optuna_study.tell(cut_off.number, state=optuna.trial.TrialState.FAIL)
    return optuna_study


def _finished(optuna_study: "Study") -> list[Any]:
    """Trials that need no more work: complete or given up."""
    return [trial for trial in optuna_study.trials if trial.state.name in ("COMPLETE", "PRUNED")]


@dataclass(frozen=True, eq=False)
class _Lister:
    """Lists the runs of a trial; holds all that it needs beside its own choices."""

    search: Search
    folder: Path
    places: Places
    material: Material

    def __call__(self, trial: "Trial") -> list[Task]:
        """Give the runs of what Optuna proposes.

        Raises:
            TrialPruned: if it is over the budget, or cannot be.
        """
        from optuna import TrialPruned

        overrides = [_suggest(trial, *item) for item in self.search.space.items()]
        trial.set_user_attr("overrides", overrides)
        recipe = recipes.read(self.folder / layout.RECIPE, overrides)
        todo = self._tasks(recipe, overrides)
        window_cost = cost.of_config(todo[0].config, len(todo[0].labels), all_int8=True)
        trial.set_user_attr("cost", asdict(window_cost))
        if why := self.search.budget.overspent(window_cost):
            raise TrialPruned(why)
        return todo

    def _tasks(self, recipe: Recipe, overrides: list[str]) -> list[Task]:
        """List the runs of a trial; equal choices share a folder, so none is trained twice."""
        utterances = self.material.utterances
        name = hashlib.sha256("\n".join(overrides).encode()).hexdigest()[:12]
        listed = tasks.of_study(
            recipe.run_config(),
            utterances,
            recipe.protocol.module.cut(utterances, recipe.protocol.config),
            vocabulary=recipe.labels,
            seeds=self.search.seeds,
            folder=self.folder / name,
            cache=self.places.cache,
        )
        chosen = [task for task in listed if task.fold in self.search.folds]
        if len(chosen) < len(self.search.folds) * len(self.search.seeds):
            n = len(listed) // len(self.search.seeds)
            raise ConfigError(
                f"search.folds: found {self.search.folds}, the protocol has 0 to {n - 1}"
            )
        return chosen


def _suggest(trial: "Trial", key: str, allowed: Range | tuple[Any, ...]) -> str:
    """Draw a value, as what one types: JSON is YAML, and keeps lists and numbers as they are."""
    if not isinstance(allowed, Range):
        return f"{key}={trial.suggest_categorical(key, [json.dumps(choice) for choice in allowed])}"
    if allowed.whole:
        whole = trial.suggest_int(key, round(allowed.low), round(allowed.high), log=allowed.log)
        return f"{key}={whole}"
    # Three digits are all that a search can tell, and what one wants to type.
    return f"{key}={trial.suggest_float(key, allowed.low, allowed.high, log=allowed.log):.3g}"


def _begin(
    optuna_study: "Study", asked: list["Trial"], lister: _Lister
) -> list[tuple["Trial", list[Task]]]:
    """List the runs of each trial; what is over the budget is given up."""
    from optuna import TrialPruned

    begun = []
    for trial in asked:
        try:
            begun.append((trial, lister(trial)))
        except TrialPruned as pruned:
            _give_up(optuna_study, trial, OVER, str(pruned))
    return begun


def _judge(optuna_study: "Study", trials: list[tuple["Trial", list[Task]]], processes: int) -> None:
    """Train the first run of each trial, then the next, unless those are behind other trials'."""
    uars: dict[int, list[float]] = {trial.number: [] for trial, _ in trials}
    while trials:
        n_done = len(uars[trials[0][0].number])
        runs = {runs[n_done].folder: runs[n_done] for _, runs in trials}  # equal choices: one run
        uar_of_run = dict(
            zip(runs, engine.map(_uar_or_why, [*runs.values()], processes=processes), strict=True)
        )
        going_on = []
        for trial, of_trial in trials:
            uar, of_this = uar_of_run[of_trial[n_done].folder], uars[trial.number]
            if isinstance(uar, str):
                _give_up(optuna_study, trial, FAILED, uar)
                continue
            of_this.append(uar)
            trial.report(fmean(of_this), len(of_this))
            if len(of_this) == len(of_trial):
                optuna_study.tell(trial, fmean(of_this))
            elif trial.should_prune():
                so_far = f"{100 * fmean(of_this):.1f} % selection UAR"
                why = f"{so_far} after {len(of_this)} of {len(of_trial)} runs"
                _give_up(optuna_study, trial, BEHIND, why)
            else:
                going_on.append((trial, of_trial))
        trials = going_on


def _give_up(optuna_study: "Study", trial: "Trial", kind: str, why: str) -> None:
    from optuna.trial import TrialState

    trial.set_user_attr(WHY, [kind, why])
    optuna_study.tell(trial, state=TrialState.PRUNED)


def _uar_or_why(task: Task) -> float | str:
    """Give the selection UAR of a run; or why there is none, such as a mel band without FFT bin."""
    try:
        return _selection_uar(task)
    except (ConfigError, StudyError) as error:
        return str(error)


def _selection_uar(task: Task) -> float:
    """Train a run, but answer no test set; give the UAR of its last epoch on the selection set."""
    torch.set_num_threads(1)
    parts = inputs.open_parts(task)
    fitting.fit(task, parts, fitting.first_network(task, parts))
    last = (task.folder / layout.HISTORY).read_text(encoding="utf-8").splitlines()[-1]
    uar: float = json.loads(last)["selection_uar"]
    return uar


def _candidate(trial: Any) -> Candidate:
    return Candidate(
        selection_uar=trial.value,
        cost=trial.user_attrs["cost"],
        overrides=tuple(trial.user_attrs["overrides"]),
    )


def _given_up(trial: Any) -> GivenUp:
    kind, why = trial.user_attrs[WHY]
    return GivenUp(given_up=kind, why=why, overrides=tuple(trial.user_attrs["overrides"]))
