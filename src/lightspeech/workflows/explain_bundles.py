"""Bundles beside a chain: whom they do not know, and which classes all of them tell apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from lightspeech import bundle as bundles
from lightspeech.bundle import Bundle
from lightspeech.corpora import labels as vocabularies
from lightspeech.corpora.base import Utterance
from lightspeech.errors import ConfigError, CorpusError
from lightspeech.evaluation import bundle_quality
from lightspeech.explain.explanation import BUNDLE, Named

FEWEST = 2
"""Classes that are to be told apart."""


@dataclass(frozen=True, kw_only=True)
class Beside:
    """Bundles that hear what a chain is asked about; none at all is fine.

    Attributes:
        bundles: that stand beside it.
        classes: of the chain, in order.
    """

    bundles: tuple[Bundle, ...]
    classes: tuple[str, ...]

    @cached_property
    def shared(self) -> tuple[str, ...]:
        """Classes of the chain that every bundle tells apart too, whatever it calls them."""
        known = [_places(bundle.labels) for bundle in self.bundles]
        names = [(label, vocabularies.common_name(label)) for label in self.classes]
        return tuple(label for label, name in names if all(name in each for each in known))

    def places(self, classes: Sequence[str]) -> list[int]:
        """Places of the shared classes among those of the chain or of a bundle.

        Args:
            classes: of that.
        """
        known = _places(classes)
        return [known[vocabularies.common_name(label)] for label in self.shared]

    def heard(self, utterances: Sequence[Utterance], truth: Mapping[str, int]) -> list[Utterance]:
        """Leave out what a bundle must not be asked: speakers it knows, classes it does not.

        Args:
            utterances: that the chain was tested on.
            truth: class of each by its id, in the order of the chain's.

        Raises:
            ConfigError: if nothing is left, or a bundle does not say what it learnt from.
        """
        kept = [u for u in utterances if self.classes[truth[u.id]] in self.shared]
        for bundle in self.bundles:
            kept = _strangers(bundle, kept)
        return kept

    @property
    def named(self) -> list[Named]:
        """What is said of the bundles beside their answers."""
        return [_named(bundle) for bundle in self.bundles]


def beside(folders: Sequence[Path], classes: Sequence[str]) -> Beside:
    """Read bundles that are to stand beside a chain.

    Args:
        folders: of them, or names of such as come with the package.
        classes: of the chain, in order.

    Raises:
        BundleError: if one is damaged.
        ConfigError: if one tells ratings or must know who speaks, two are called the same, or too
            few classes are shared.
    """
    found = Beside(bundles=tuple(map(bundles.read, folders)), classes=tuple(classes))
    names = [bundle.name for bundle in found.bundles]
    for bundle in found.bundles:
        if names.count(bundle.name) > 1:
            raise ConfigError(f"two bundles are called {bundle.name!r}; explain them one by one")
        if bundle.knows_speaker:
            raise ConfigError(
                f"{bundle.path}: knows the voice of one person; name a bundle of anybody's"
            )
    if len(found.shared) < FEWEST:
        told = ", ".join(f"{bundle.name} tells {list(bundle.labels)}" for bundle in found.bundles)
        raise ConfigError(
            f"{told} apart, the study {list(classes)}; name bundles that share {FEWEST} classes or "
            "more with it"
        )
    return found


def _places(classes: Sequence[str]) -> dict[str, int]:
    return {vocabularies.common_name(label): place for place, label in enumerate(classes)}


def _strangers(bundle: Bundle, utterances: Sequence[Utterance]) -> list[Utterance]:
    try:
        kept = bundle_quality.strangers(bundle, utterances)
    except CorpusError as error:
        raise ConfigError(f"{bundle.name}: {error}") from None
    if bundle_quality.is_leaky(bundle, kept):
        raise ConfigError(
            f"{bundle.name} does not say what it learnt from, so it may know who is heard; export "
            "it again"
        )
    return kept


def _named(bundle: Bundle) -> Named:
    made_by = bundle.provenance
    return Named(
        name=f"{BUNDLE}{bundle.name}",
        scheme=str(made_by.get("scheme", "unknown")),
        n_params=int(bundle.model.get("n_params", 0)),
        seeds=(int(made_by["seed"]),) if "seed" in made_by else (),
    )
