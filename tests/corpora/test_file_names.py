"""Official file names of each corpus become the right labels, other names a reason."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from lightspeech.corpora import banglaser, crema_d, emodb, emovo, nemo, ravdess, savee, tess, urdu
from lightspeech.errors import CorpusError

NAMES = [
    (ravdess, "Actor_12/03-01-06-01-02-01-12.wav", "12", "female", "fearful", "normal",
     "Dogs are sitting by the door"),
    (ravdess, "Actor_01/03-01-01-01-01-02-01.wav", "01", "male", "neutral", "normal",
     "Kids are talking by the door"),
    (crema_d, "AudioWAV/1001_DFA_ANG_XX.wav", "1001", "male", "anger", "", "Don't forget a jacket"),
    (crema_d, "AudioWAV/1091_IEO_HAP_HI.wav", "1091", "female", "happy", "high",
     "It's eleven o'clock"),
    (crema_d, "AudioWAV/1040_ITH_SAD_X.wav", "1040", "male", "sad", "",
     "I think I have a doctor's appointment"),
    (emodb, "wav/03a01Fa.wav", "03", "male", "happiness", "",
     "Der Lappen liegt auf dem Eisschrank."),
    (emodb, "wav/16b10Lb.wav", "16", "female", "boredom", "",
     "Die wird auf dem Platz sein, wo wir sie immer hinlegen."),
    (tess, "OAF_angry/OAF_back_angry.wav", "OAF", "female", "angry", "", "Say the word back"),
    (tess, "OAF_neutral/OA_bite_neutral.wav", "OAF", "female", "neutral", "", "Say the word bite"),
    (tess, "YAF_pleasant_surprised/YAF_dog_ps.wav", "YAF", "female", "surprise", "",
     "Say the word dog"),
    (savee, "AudioData/DC/a01.wav", "DC", "male", "anger", "", "a01"),
    (savee, "ALL/KL_su15.wav", "KL", "male", "surprise", "", "su15"),
    (savee, "AudioData/JE/n30.wav", "JE", "male", "neutral", "", "n30"),
    (banglaser, "Actor_34/03-01-01-02-03-01-34.wav", "34", "female", "happy", "strong", "03"),
    (banglaser, "Actor_07/03-01-05-01-01-03-07.wav", "07", "male", "neutral", "normal", "01"),
    (emovo, "f1/dis-f1-b1.wav", "f1", "female", "disgust", "", "b1"),
    (emovo, "m3/neu-m3-d2.wav", "m3", "male", "neutral", "", "d2"),
    (nemo, "samples/EB0_anger_1.wav", "EB0", "female", "anger", "", "1"),
    (nemo, "samples/WR0_surprised_90.wav", "WR0", "male", "surprised", "", "90"),
    (urdu, "Angry/SM5_F12_A098.wav", "M5", "male", "angry", "", ""),
    (urdu, "Sad/SF11_F1_S0100.wav", "F11", "female", "sad", "", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("corpus", "path", "speaker", "sex", "emotion", "intensity", "sentence"), NAMES
)
def test_an_official_name_says_who_says_what_and_how(
    corpus, path, speaker, sex, emotion, intensity, sentence
):
    found = corpus.parse(Path(path))
    assert found.speaker == f"{corpus.NAME}/{speaker}"
    assert (found.sex, found.emotion, found.intensity) == (sex, emotion, intensity)
    assert found.sentence == sentence
    assert found.transcript == (sentence if " " in sentence else "")


OTHERS = [
    (ravdess, "03-02-06-01-02-01-12.wav", "song"),
    (ravdess, "01-01-06-01-02-01-12.wav", "sound track"),
    (ravdess, "03-01-06-01-02-01-25.wav", "seven two-digit fields"),
    (banglaser, "03-01-01-01-01-01-35.wav", "seven two-digit fields"),
    (banglaser, "03-01-06-01-01-01-12.wav", "emotion is not 01 to 05"),
    (crema_d, "1092_DFA_ANG_XX.wav", "name is not"),
    (crema_d, "1001_DFA_ANG_MED.wav", "name is not"),
    (emodb, "03a01Xa.wav", "name is not"),
    (emodb, "04a01Fa.wav", "no speaker 04"),
    (emodb, "03a03Fa.wav", "no sentence a03"),
    (tess, "OAF_back.wav", "name is not"),
    (savee, "a01.wav", "neither name nor folder"),
    (savee, "DC/a31.wav", "name is not"),
    (emovo, "dis-f4-b1.wav", "name is not"),
    (nemo, "EB0_anger_91.wav", "name is not"),
    (nemo, "EB0_joy_1.wav", "name is not"),
    (urdu, "SM5_F12_F098.wav", "name is not"),
    (urdu, "M5_F12_A098.wav", "name is not"),
]


@pytest.mark.parametrize(("corpus", "path", "reason"), OTHERS)
def test_another_name_gives_a_reason(corpus, path, reason):
    assert reason in corpus.parse(Path(path))


NAMED = [banglaser, crema_d, emodb, emovo, nemo, ravdess, savee, tess, urdu]


@pytest.mark.parametrize("corpus", NAMED)
@given(name=st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1))
def test_no_name_breaks_a_reader(corpus, name):
    assert isinstance(corpus.parse(Path(f"{name}.wav")), str)


@pytest.mark.parametrize("corpus", NAMED)
def test_examples_cover_every_corpus_of_named_files(corpus):
    assert any(row[0] is corpus for row in NAMES)
    assert any(row[0] is corpus for row in OTHERS)


@pytest.mark.parametrize(
    ("corpus", "name", "right"),
    [
        (ravdess, "03-01-03-01-03-01-12", "banglaser"),
        (ravdess, "03-01-03-01-01-01-34", "banglaser"),
        (banglaser, "03-01-06-01-01-01-12", "ravdess"),
    ],
)
def test_names_that_look_alike_and_mean_something_else_are_refused(corpus, name, right, tmp_path):
    for stem in ("03-01-03-01-02-01-12", name):
        soundfile.write(tmp_path / f"{stem}.wav", np.zeros(160), 16_000)
    with pytest.raises(CorpusError, match=f"name the corpus {right}"):
        corpus.read(corpus.Config(root=tmp_path))


def test_crema_d_has_43_women():
    assert len(crema_d.FEMALE) == 43
