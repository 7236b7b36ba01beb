import pytest

from lightspeech.corpora import folder
from lightspeech.errors import ConfigError, CorpusError


@pytest.fixture
def root(tmp_path):
    for name in ("happy/anna/01.wav", "happy/ben/01.wav", "sad/anna/01.wav", "loose.wav"):
        path = tmp_path / "mine" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path / "mine"


def test_the_class_folder_is_the_label_and_the_root_names_the_corpus(root):
    found = folder.read(folder.Config(root=root)).utterances
    assert [(u.id, u.emotion) for u in found] == [
        ("mine/happy/anna/01", "happy"),
        ("mine/happy/ben/01", "happy"),
        ("mine/sad/anna/01", "sad"),
    ]


def test_without_a_pattern_speakers_are_unknown(root):
    assert {u.speaker for u in folder.read(folder.Config(root=root)).utterances} == {""}


def test_a_pattern_names_the_speakers(root):
    reading = folder.read(folder.Config(root=root, speaker_pattern="([^/]+)/"))
    assert [u.speaker for u in reading.utterances] == ["mine/anna", "mine/ben", "mine/anna"]


def test_a_file_outside_the_class_folders_is_rejected(root):
    rejected = folder.read(folder.Config(root=root)).rejected
    assert [(r.path.name, r.reason) for r in rejected] == [("loose.wav", "lies in no class folder")]


def test_a_file_whose_speaker_the_pattern_misses_is_rejected(root):
    rejected = folder.read(folder.Config(root=root, speaker_pattern="(anna)")).rejected
    assert "finds no speaker" in {r.path.parent.name: r.reason for r in rejected}["ben"]


@pytest.mark.parametrize(
    ("pattern", "what"), [("(", "missing"), ("a", "0 groups"), ("(a)(b)", "2")]
)
def test_a_pattern_that_names_no_speaker_is_refused(pattern, what):
    with pytest.raises(ConfigError, match=what):
        folder.Config(speaker_pattern=pattern)


def test_without_labels_every_recording_is_speech_that_nobody_labelled(root):
    cfg = folder.Config(root=root, labelled=False, speaker_pattern="(anna|ben|loose)")
    found = folder.read(cfg).utterances
    assert {u.emotion for u in found} == {"unlabelled"}
    assert [(u.id, u.speaker) for u in found] == [
        ("mine/happy/anna/01", "mine/anna"),
        ("mine/happy/ben/01", "mine/ben"),
        ("mine/loose", "mine/loose"),
        ("mine/sad/anna/01", "mine/anna"),
    ]


def test_a_pattern_that_goes_back_and_forth_for_ever_is_stopped(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "SEARCH_S", 0.05)
    (tmp_path / "happy").mkdir()
    (tmp_path / "happy" / f"{'a' * 60}.wav").touch()
    cfg = folder.Config(root=tmp_path, speaker_pattern="((?:a|aa)+)b")
    with pytest.raises(
        ConfigError, match=r"takes more than 0.05 s on 'a+\.wav'; write one without"
    ):
        folder.read(cfg)


def test_words_stand_in_a_text_file_beside_a_recording(root):
    (root / "happy/anna/01.txt").write_text("\ufeffHow  nice!\n")
    found = folder.read(folder.Config(root=root, text_suffix=".txt")).utterances
    assert [u.transcript for u in found] == ["How nice!", "", ""]


def test_words_stand_in_a_table_whose_paths_begin_anywhere(root, tmp_path):
    table = tmp_path / "said.csv"
    table.write_text("File;words\nmine\\happy\\anna\\01.wav;How nice!\nsad/anna/01;Oh.\n")
    cfg = folder.Config(
        root=root, transcripts=table, columns={"path": "file", "transcript": "words"}
    )
    assert [u.transcript for u in folder.read(cfg).utterances] == ["How nice!", "", "Oh."]


def test_words_in_files_and_in_a_table_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="files of text_suffix or in a table, not in both"):
        folder.Config(transcripts=tmp_path / "said.csv", text_suffix=".txt")


def test_a_file_of_words_that_is_no_text_is_named(root):
    (root / "happy/anna/01.txt").write_bytes(b"\x81\x8d\x00\xff")
    with pytest.raises(CorpusError, match=r"anna/01\.txt: no text .*save it as UTF-8"):
        folder.read(folder.Config(root=root, text_suffix=".txt"))
