import pytest

from lightspeech.corpora import iemocap
from lightspeech.errors import CorpusError

TURNS = {
    "Ses01F_impro01_F000": "neu",
    "Ses01F_impro01_M000": "exc",
    "Ses01M_script01_1b_F003": "xxx",
    "Ses05F_script02_2_M010": "ang",
}


@pytest.fixture
def root(tmp_path):
    """The official layout, with what lies about in it."""
    for turn, label in TURNS.items():
        dialogue = turn.rsplit("_", 1)[0]
        session = tmp_path / f"Session{turn[4]}"
        audio = session / "sentences" / "wav" / dialogue / f"{turn}.wav"
        audio.parent.mkdir(parents=True, exist_ok=True)
        audio.touch()
        whole = session / "dialog" / "wav" / f"{dialogue}.wav"
        whole.parent.mkdir(parents=True, exist_ok=True)
        whole.touch()
        evaluation = session / "dialog" / "EmoEvaluation"
        (evaluation / "Categorical").mkdir(parents=True, exist_ok=True)
        with (evaluation / f"{dialogue}.txt").open("a") as file:
            file.write("% [START_TIME - END_TIME] TURN_NAME EMOTION [V, A, D]\n\n")
            file.write(f"[6.2901 - 8.2357]\t{turn}\t{label}\t[2.5000, 3.0000, 4.5000]\n")
            file.write("C-E2:\tNeutral state;\t()\nC-E3:\tExcited; Surprise;\t(loud)\n")
            file.write("C-F1:\tAnger;\t()\nA-E3:\tval 3; act 2; dom  2;\t()\n\n")
        (evaluation / f"._{dialogue}.txt").write_bytes(b"\x00\x05\x16\x07")
        opinion = evaluation / "Categorical" / f"{dialogue}_e2_cat.txt"
        opinion.write_text(f"[6.2901 - 8.2357]\t{dialogue}_F001\tsad\t[1, 1, 1]\n")
    return tmp_path


def transcribe(root):
    """As the release has it: turns, interjections without times, lines of Windows."""
    for session, dialogue, lines in (
        (
            "1",
            "Ses01F_impro01",
            ["Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.", "M: [LAUGHTER]"],
        ),
        ("5", "Ses05F_script02_2", ["Ses05F_script02_2_M010 [110.4300-112.0]:  It's over;  go!"]),
    ):
        path = root / f"Session{session}/dialog/transcriptions/{dialogue}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes("\r\n".join([*lines, ""]).encode())
        path.with_name(f"._{path.name}").write_bytes(b"\x00\x05\x16\x07")


def test_the_words_of_a_turn_are_those_of_its_transcription(root):
    transcribe(root)
    found, _ = read(root)
    assert {turn: u.transcript for turn, u in found.items()} == {
        "Ses01F_impro01_F000": "Excuse me.",
        "Ses01F_impro01_M000": "",
        "Ses01M_script01_1b_F003": "",
        "Ses05F_script02_2_M010": "It's over; go!",
    }


def test_without_transcriptions_nobody_wrote_words_down(root):
    found, _ = read(root)
    assert {u.transcript for u in found.values()} == {""}


def read(root, **options):
    reading = iemocap.read(iemocap.Config(root=root, **options))
    return {u.id.removeprefix("iemocap/"): u for u in reading.utterances}, reading.rejected


def test_labels_come_from_the_evaluation_files_alone(root):
    found, _ = read(root)
    assert {turn: u.emotion for turn, u in found.items()} == TURNS


def test_a_turn_knows_what_listeners_rated_and_how_many_heard_its_label(root):
    found, _ = read(root)
    assert {turn: u.agreement for turn, u in found.items()} == {
        "Ses01F_impro01_F000": 0.5, "Ses01F_impro01_M000": 0.5, "Ses01M_script01_1b_F003": 0.0,
        "Ses05F_script02_2_M010": 0.0,
    }  # fmt: skip
    assert {(u.valence, u.arousal, u.dominance) for u in found.values()} == {(2.5, 3.0, 4.5)}


def test_a_turn_knows_session_dialogue_and_speaker(root):
    found, _ = read(root)
    turn = found["Ses01M_script01_1b_F003"]
    assert (turn.session, turn.dialogue) == ("1", "Ses01M_script01_1b")
    assert (turn.speaker, turn.sex, turn.sentence) == ("iemocap/Ses01F", "female", "script01_1b")
    assert len({u.speaker for u in found.values()}) == 3


def test_excited_is_merged_into_happy_only_when_asked(root):
    found, _ = read(root, merge_excited=True)
    assert found["Ses01F_impro01_M000"].emotion == "hap"


@pytest.mark.parametrize(("style", "count"), [("improvised", 2), ("scripted", 2), ("all", 4)])
def test_a_style_leaves_the_other_out_with_a_reason(root, style, count):
    found, rejected = read(root, style=style)
    assert len(found) == count
    assert sum(f"left out by style={style}" in r.reason for r in rejected) == 4 - count


def test_whole_dialogues_and_unlabelled_turns_are_rejected(root):
    (root / "Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F001.wav").touch()
    _, rejected = read(root)
    reasons = {r.path.stem: r.reason for r in rejected}
    assert "one turn" in reasons["Ses01F_impro01"]
    assert "no label" in reasons["Ses01F_impro01_F001"]


def test_without_evaluation_files_the_message_says_where_to_point(tmp_path):
    with pytest.raises(CorpusError, match=r"EmoEvaluation.*point root at"):
        iemocap.read(iemocap.Config(root=tmp_path))
