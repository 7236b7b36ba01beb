"""EMOVO: six actors say fourteen sentences in seven emotions, Italian.

The official release holds 588 files at 48 kHz named ``dis-f1-b1``: emotion (first letters of its
Italian name), actor (f1 … m3), sentence (b short, l long, n nonsense, d question). Known oddities:
some sentences are nonsense by design; with six speakers an interval by speaker is wide.
"""

import re
from pathlib import Path

from lightspeech.corpora.base import Info, Reading, RootConfig, Utterance, find_root, read_files

NAME = "emovo"

EMOTIONS = {
    "dis": "disgust",
    "gio": "joy",
    "neu": "neutral",
    "pau": "fear",
    "rab": "anger",
    "sor": "surprise",
    "tri": "sadness",
}
PATTERN = re.compile(rf"({'|'.join(EMOTIONS)})-([fm][1-3])-([bdln][1-5])")

INFO = Info(
    title="EMOVO Corpus: an Italian Emotional Speech Database",
    licence="free for research; the paper names no licence, ask its authors for other use",
    allows_products=False,
    citation="Costantini, Iaderola, Paoloni & Todisco (2014), LREC, 3501-3504",
    url="http://lrec-conf.org/proceedings/lrec2014/summaries/591.html",
    language="Italian",
    labels=tuple(sorted(EMOTIONS.values())),
    n_files=588,
    n_speakers=6,
    hint="unpack the folders f1 … m3 here",
)

Config = RootConfig


def read(cfg: RootConfig) -> Reading:
    """Read every recording below the root.

    Raises:
        CorpusError: if the folder is missing or holds no recording of this corpus.
    """
    return read_files(find_root(cfg, NAME), parse, name=NAME)


def parse(path: Path) -> Utterance | str:
    """Read emotion, actor and sentence of a file name, or give a reason."""
    match = PATTERN.fullmatch(path.stem)
    if match is None:
        return "name is not emotion, actor, sentence as in dis-f1-b1"
    emotion, actor, sentence = match.groups()
    return Utterance(
        id=f"{NAME}/{path.stem}",
        path=path,
        corpus=NAME,
        speaker=f"{NAME}/{actor}",
        sex="female" if actor.startswith("f") else "male",
        sentence=sentence,
        emotion=EMOTIONS[emotion],
    )
