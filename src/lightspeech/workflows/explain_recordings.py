"""Recordings explained one by one: sentences of each, and pictures where a folder is named."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from lightspeech.audio import io
from lightspeech.errors import AudioError, ConfigError
from lightspeech.explain import maps, recording
from lightspeech.explain.maps import Method
from lightspeech.inference.predictor import Predictor
from lightspeech.reporting import recording as pages


def check_names(files: Sequence[Path]) -> None:
    """Refuse recordings of one name, whose pictures would be one file.

    Raises:
        ConfigError: if there are such.
    """
    names = Counter(path.stem for path in files)
    if names and (most := names.most_common(1)[0])[1] > 1:
        raise ConfigError(f"{most[1]} recordings are called {most[0]!r}; explain them one by one")


def explain(
    predictor: Predictor,
    files: Sequence[Path],
    pictures: Path | None,
    *,
    method: Method = maps.occlusion,
) -> Iterator[tuple[Path, str | AudioError]]:
    """Explain the answers of a bundle to utterances.

    Args:
        predictor: the bundle, open.
        files: a recording each.
        pictures: folder that sentences and a picture of each are written into.
        method: of the maps.

    Yields:
        Of each file its three sentences, or why it has none.

    Raises:
        ConfigError: if two files would be written under one name.
        MissingExtra: if there are to be pictures and matplotlib is not installed.
        OutputError: if the folder cannot be written.
    """
    if pictures is not None:
        check_names(files)
    thresholds = predictor.bundle.thresholds
    for path in files:
        try:
            told = recording.explain(predictor, io.load(path), method=method)
        except AudioError as error:
            yield path, AudioError(str(error).removeprefix(f"{path}: "))
            continue
        if pictures is not None:
            pages.write(told, thresholds, pictures, path.stem)
        yield path, "\n".join(pages.sentences(told, thresholds))
