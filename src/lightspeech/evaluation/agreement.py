"""Two files of results never give one figure two values: each is held against all the others.

Every entry of every file makes *claims*: what it speaks of, which figure, which value. Entries that
speak of the same thing must claim the same:

- a model: a results file and the step of a chain with its recipe, model and scheme;
- a network: same recipe and number of parameters, so the same multiplications, wherever told;
- an exported file: also of the same size and multiplications, so the same peak of activations;
- a deployed network: same model, scheme and number of parameters on a device as on a corpus;
- a recipe as it trains, and a step of it that was measured by another study.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from lightspeech.evaluation import compression, device_cost, pruning, results, speed, trial, voices
from lightspeech.evaluation.compression import Chain, Step
from lightspeech.evaluation.results import Results, Uar

About = tuple[str, ...]
"""What an entry speaks of: its kind, then what tells it from others of the kind."""


@dataclass(frozen=True)
class Claim:
    """One value in one file.

    Attributes:
        place: the file, and the entry in it where there are several.
        about: what it speaks of.
        figure: which of its figures.
        value: as the file says it.
    """

    place: str
    about: About
    figure: str
    value: object


def disagreements(root: Path) -> list[str]:
    """Say in one line each which files below a folder disagree on one figure.

    Args:
        root: folder of all results.

    Returns:
        Lines that name both files and both values; none where all agree.

    Raises:
        CorpusError: if a file holds no JSON object.
        ConfigError: if a file does not hold what it should.
    """
    published = results.read_all(root)
    chains = compression.read_all(root)
    claims = [
        *(claim for path, figures in published.items() for claim in _of_results(path, figures)),
        *(claim for path, chain in chains.items() for claim in _of_chain(path, chain, published)),
        *_of_costs(root),
    ]
    lines = [*_twice(published), *_of_no_step(published, chains), *_differences(claims)]
    return list(dict.fromkeys(lines))


def _differences(claims: Sequence[Claim]) -> Iterator[str]:
    """Hold all claims on one figure against the first."""

    def subject(claim: Claim) -> tuple[About, str]:
        return claim.about, claim.figure

    for (_, figure), same in groupby(sorted(claims, key=subject), subject):
        first, *others = same
        for other in others:
            if other.value != first.value:
                yield (
                    f"{other.place}: {figure} {_shown(other.value)}, but "
                    f"{first.place}: {_shown(first.value)}; publish both anew from one study"
                )


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)


def _twice(published: Mapping[Path, Results]) -> Iterator[str]:
    """Find results files that no reader could tell apart."""
    first: dict[About, Path] = {}
    for path, figures in published.items():
        conditions = (figures.corpus, figures.model, figures.scheme, figures.protocol)
        other = first.setdefault((*conditions, figures.recipe), path)
        if other != path:
            yield (
                f"{path}: {' '.join(conditions)} of {figures.recipe}, UAR {figures.uar.mean}, but "
                f"{other}: the same, UAR {published[other].uar.mean}; remove one of them"
            )


def _of_no_step(published: Mapping[Path, Results], chains: Mapping[Path, Chain]) -> Iterator[str]:
    """Find results of a chain's recipe and model that are none of its steps."""
    for path, chain in chains.items():
        if chain.model is None:
            yield f"{path}: does not say its model; type: lightspeech compress RUN --publish ROOT"
        schemes = [step.scheme for step in chain.steps]
        for other, figures in published.items():
            same = (figures.recipe, figures.model) == (chain.recipe, chain.model)
            if same and figures.scheme not in schemes:
                yield (
                    f"{other}: scheme {figures.scheme} of {chain.recipe}, but "
                    f"{path}: steps of {schemes}; publish both anew from one study"
                )


def _of_results(path: Path, figures: Results) -> Iterator[Claim]:
    about = _model(figures.recipe, figures.model, figures.scheme)
    costs = {"n_params": figures.n_params, "size_bytes": figures.size_bytes, "macs": figures.macs}
    yield from _claims(str(path), about, {"seeds": figures.seeds, **costs, **_of_uar(figures.uar)})
    yield from _network(str(path), figures.recipe, figures.n_params, figures.macs)
    deployed = ("device", figures.model, figures.scheme, str(figures.n_params))
    yield from _claims(str(path), deployed, {"macs": figures.macs})


def _of_chain(path: Path, chain: Chain, published: Mapping[Path, Results]) -> Iterator[Claim]:
    plain = chain.steps[0]
    yield Claim(f"{path} {plain.name}", ("as trained", chain.recipe), "n_params", plain.n_params)
    for step in chain.steps:
        place, network = f"{path} {step.name}", (chain.recipe, str(step.n_params), str(step.macs))
        uar, costs = _of_uar(step.uar), _of_step(step)
        yield from _claims(place, ("step", f"{chain.recipe}-{step.name}"), uar)
        yield from _network(place, chain.recipe, step.n_params, step.macs)
        peak = {"peak_activation_bytes": step.peak_activation_bytes}
        yield from _claims(place, ("file", *network, str(step.size_bytes)), peak)
        if chain.model is not None and step is _nearest(chain, step.scheme, published):
            about = _model(chain.recipe, chain.model, str(step.scheme))
            yield from _claims(place, about, {"seeds": chain.seeds, **costs, **uar})


def _nearest(chain: Chain, scheme: str | None, published: Mapping[Path, Results]) -> Step | None:
    """Pick the step that results of a scheme are of: where several have it, the most alike."""
    subject = chain.recipe, chain.model, scheme
    for figures in published.values():
        if (figures.recipe, figures.model, figures.scheme) == subject:
            wanted = (figures.uar, figures.n_params, figures.size_bytes, figures.macs)
            return max(
                (step for step in chain.steps if step.scheme == scheme),
                key=lambda step: sum(
                    value == other
                    for value, other in zip(
                        (step.uar, step.n_params, step.size_bytes, step.macs), wanted, strict=True
                    )
                ),
            )
    return None


def _of_costs(root: Path) -> Iterator[Claim]:
    """Claims of what was measured apart: pruning, devices, formats, training, voices."""
    for path, curve in pruning.read_files(root).items():
        for point in curve.points:
            yield from _network(f"{path} {point.name}", curve.recipe, point.n_params, point.macs)
    for path, cost in device_cost.read_files(root).items():
        about = ("device", cost.model, cost.scheme, str(cost.n_params))
        yield Claim(str(path), about, "macs", cost.macs)
    formats = root / trial.PATH
    for row in trial.read(formats).rows if formats.is_file() else ():
        place = f"{formats} {row.model} {row.format}"
        yield from _network(place, row.model, row.n_params, row.macs)
    for recipe, trained in speed.read(root).recipes.items() if speed.is_there(root) else ():
        place = f"{root / speed.PATH} {recipe}"
        yield Claim(place, ("as trained", recipe), "n_params", trained.n_params)
    yield from _of_voices(root)


def _of_voices(root: Path) -> Iterator[Claim]:
    """Claims of the points that know all of a speaker's speech, as published figures do."""
    for step, points in voices.read(root).items():
        for point in points:
            if point.seconds is None:
                values = {"uar.mean": point.uar, "uar.std": point.std}
                yield from _claims(f"{root / voices.PATH} {step}", ("step", step), values)


def _model(recipe: str, model: str, scheme: str) -> About:
    return "model", recipe, model, scheme


def _network(place: str, recipe: str, n_params: int | None, macs: int | None) -> Iterator[Claim]:
    yield from _claims(place, ("network", recipe, str(n_params)), {"macs": macs})


def _of_step(step: Step) -> dict[str, object]:
    return {"n_params": step.n_params, "size_bytes": step.size_bytes, "macs": step.macs}


def _of_uar(uar: Uar) -> dict[str, object]:
    return {f"uar.{name}": value for name, value in vars(uar).items()}


def _claims(place: str, about: About, values: Mapping[str, object]) -> list[Claim]:
    """Make a claim of each value; what nobody measured claims nothing."""
    return [Claim(place, about, name, value) for name, value in values.items() if value is not None]
