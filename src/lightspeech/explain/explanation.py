"""Which cues survive a chain: the results file, and what makes it of answers."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from lightspeech import config
from lightspeech.environment import environment
from lightspeech.evaluation import conditions
from lightspeech.explain import reliance, retention
from lightspeech.explain.attribution import Attribution
from lightspeech.explain.by_speaker import Effects
from lightspeech.explain.payers import Payers
from lightspeech.explain.probes import Alike, Probe
from lightspeech.explain.reliance import Answered, Edited, Reliance
from lightspeech.explain.retention import Retained
from lightspeech.files import write_json

FOLDER = "explain"
"""Below the folder of all results."""
BUNDLE = "bundle "
"""Before the name of one, which may be called as a study is."""


@config.config
class System:
    """One model, or the runs of one step."""

    name: str
    scheme: str
    n_params: int
    seeds: tuple[int, ...]
    edits: tuple[Edited, ...]
    """The first two change no cue: the copy, against the recording itself, and there and back."""
    reliances: tuple[Reliance, ...]
    """Of each cue and emotion."""

    @property
    def copy(self) -> Edited:
        """What putting a voice together anew does: as little as possible."""
        return self.edits[0]


@config.config
class Explanation:
    """What each system of a chain hears, and what the compressed ones kept of their teacher."""

    corpus: str
    recipe: str
    labels: tuple[str, ...]
    n_utterances: int
    n_speakers: int
    folds: tuple[int, ...]
    """Whose test speakers were heard."""
    systems: tuple[System, ...]
    teacher: str | None
    """Name of the system that the others are compared with."""
    retained: tuple[Retained, ...]
    environment: dict[str, str]
    payers: tuple[Payers, ...] = ()
    """Of each step."""
    probes: tuple[Probe, ...] = ()
    """Of each system and functional."""
    alike: tuple[Alike, ...] = ()
    """Of each system but the teacher."""
    maps: tuple[Attribution, ...] = ()
    """Of each system that is given spectra, by each method."""
    bundles: tuple[str, ...] = ()
    """Systems that stand beside the chain, see `left_out`."""
    left_out: tuple[str, ...] = ()
    """Classes of the chain that a bundle does not tell apart: recordings of them are not heard, and
    of all answers the probabilities are shared out among the other ones."""


@config.config
class Named:
    """What is said of a system beside its answers."""

    name: str
    scheme: str
    n_params: int
    seeds: tuple[int, ...]


def explain(
    about: tuple[str, str, tuple[int, ...]],
    answered: Mapping[str, Answered],
    named: Mapping[str, Named],
    *,
    teacher: str | None,
    bundles: Sequence[str] = (),
    left_out: Sequence[str] = (),
) -> Explanation:
    """Sum up what systems answered to edited recordings.

    Args:
        about: corpus, recipe and folds.
        answered: by each system, in the order of the steps, on the same recordings.
        named: what they are.
        teacher: one of them, which the others are compared with.
        bundles: systems that are no step of the chain.
        left_out: classes of the chain that they do not tell apart.
    """
    effects = {name: each.effects() for name, each in answered.items()}
    systems = [_system(named[name], each, effects[name]) for name, each in answered.items()]
    first = next(iter(answered.values()))
    retained: tuple[Retained, ...] = ()
    if teacher is not None:
        of_teacher = next(system for system in systems if system.name == teacher)
        chain = {n: each for n, each in effects.items() if n != teacher and n not in bundles}
        pair = effects[teacher], of_teacher.reliances
        rows = [chain, *({name: effects[name]} for name in bundles)]  # these follow no step
        retained = tuple(one for row in rows for one in retention.retained(first.labels, pair, row))
    corpus, recipe, folds = about
    return Explanation(
        corpus=corpus,
        recipe=recipe,
        labels=first.labels,
        n_utterances=len(first.truth),
        n_speakers=len(np.unique(first.speakers)),
        folds=folds,
        systems=tuple(systems),
        teacher=teacher,
        retained=retained,
        bundles=tuple(bundles),
        left_out=tuple(left_out),
        environment=environment(),
    )


def _system(named: Named, answered: Answered, effects: Effects) -> System:
    edits = reliance.edited(answered, effects)
    return System(
        **vars(named),
        edits=edits,
        reliances=reliance.reliances(answered.labels, effects, edits),
    )


def path_of(explanation: Explanation, root: Path) -> Path:
    """Name the file: ``explain/<corpus>-<chain>.json``, behind it a teacher that is none of it.

    Bundles beside the chain follow, as in ``ravdess-micro+nano.json``.

    Args:
        explanation: of the chain.
        root: folder of all results.
    """
    chain = explanation.recipe.removeprefix(f"{explanation.corpus}_")
    other = explanation.teacher not in (None, explanation.recipe)
    against = f"-{explanation.teacher}" if other else ""
    beside = "".join(f"+{name.removeprefix(BUNDLE)}" for name in explanation.bundles)
    return root / FOLDER / f"{explanation.corpus}-{chain}{against}{beside}.json"


def write(explanation: Explanation, path: Path) -> None:
    """Write an ``explanation`` as JSON to a ``path``, atomically.

    Args:
        explanation: of a chain.
        path: of the file.

    Raises:
        OutputError: if it cannot be written.
    """
    write_json(path, config.as_dict(explanation))


def read(path: Path) -> Explanation:
    """Read an explanation, every field checked.

    Raises:
        CorpusError: if the file is missing or no JSON object.
        ConfigError: if a field is missing, unknown or out of range.
    """
    return config.read_json(Explanation, path)


def read_all(root: Path) -> dict[Path, Explanation]:
    """Read all explanations below the folder of all results, by path.

    Args:
        root: folder of all results.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if one does not hold what it should.
    """
    return conditions.read_folder(Explanation, root / FOLDER)
