"""Tables as people bring them: every spreadsheet's idea of CSV, and spreadsheets themselves."""

import unicodedata

import pytest

from lightspeech.corpora import csv, folder, manifest, preparing
from lightspeech.errors import ConfigError, CorpusError, LightspeechWarning, MissingExtra

ROWS = [["path", "label", "speaker"], ["a.wav", "Ärger", "anna"], ["sub/b.wav", "sad", "7"]]


def text(delimiter=",", end="\r\n", rows=ROWS):
    return "".join(delimiter.join(row) + end for row in rows)


@pytest.fixture
def mine(tmp_path, write_tone):
    """A folder with the two recordings of the rows."""
    write_tone(tmp_path / "a.wav", hertz=300)
    write_tone(tmp_path / "sub" / "b.wav", hertz=400)
    return tmp_path


def sheet(path, rows):
    """Write a spreadsheet by hand: a zip of five small XML files."""
    import zipfile

    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    spread = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    cells = "".join("<row>" + "".join(map(cell, row)) + "</row>" for row in rows)
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{package}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{kind}.sheet.main+xml"/>'
        f'<Override PartName="/xl/s.xml" ContentType="{kind}.worksheet+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{package}/relationships"><Relationship Id="r1" '
        f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{spread}" xmlns:r="{office}"><sheets>'
        '<sheet name="one" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{package}/relationships">'
        f'<Relationship Id="r1" Type="{office}/worksheet" Target="s.xml"/></Relationships>',
        "xl/s.xml": f'<worksheet xmlns="{spread}"><sheetData>{cells}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)


def cell(value):
    if value.isdecimal():
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{value}</t></is></c>'


@pytest.mark.parametrize(
    "data",
    [
        text().encode(),
        text(end="\n").encode(),
        text(";").encode("utf-8-sig"),
        text("\t").encode("utf-16"),
        b"sep=;\r\n" + text(";").encode(),
        text(", ").encode(),
        text().replace("path,label,speaker", "Path,LABEL, Speaker ").encode(),
        text().replace("/", "\\").encode(),
        text().replace("Ä", "A\u0308").replace("anna", "\u00a0anna\u200b ").encode(),
        (text(";") + ";;\r\n;;\r\n").encode(),
    ],
    ids=[
        *("commas", "unix", "semicolons", "unicode", "hint", "blanks", "case", "windows"),
        *("forms", "rest"),
    ],
)
def test_every_way_to_write_a_table_says_the_same(mine, data):
    (mine / "t.csv").write_bytes(data)
    found = csv.read(csv.Config(root=mine / "t.csv"))
    assert [(u.id, u.emotion, u.speaker) for u in found.utterances] == [
        ("t/a", "Ärger", "t/anna"),
        ("t/sub/b", "sad", "t/7"),
    ]
    assert all(u.path.is_file() for u in found.utterances)
    assert found.rejected == []


def test_a_spreadsheet_is_read_and_its_numbers_are_names(mine):
    pytest.importorskip("python_calamine", reason="needs the extra 'tables'")
    sheet(mine / "t.xlsx", ROWS)
    found = csv.read(csv.Config(root=mine / "t.xlsx")).utterances
    assert [(u.emotion, u.speaker) for u in found] == [("Ärger", "t/anna"), ("sad", "t/7")]


def test_a_broken_spreadsheet_is_an_error_of_ours(mine):
    pytest.importorskip("python_calamine", reason="needs the extra 'tables'")
    (mine / "t.xlsx").write_bytes(b"PK no zip")
    with pytest.raises(CorpusError, match="no spreadsheet"):
        csv.read(csv.Config(root=mine / "t.xlsx"))


def test_a_spreadsheet_without_its_reader_names_the_extra(mine, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "python_calamine", None)
    (mine / "t.xlsx").touch()
    with pytest.raises(MissingExtra, match=r"reading \.xlsx .*\[tables\]"):
        csv.read(csv.Config(root=mine / "t.xlsx"))


def test_columns_may_have_other_names(mine):
    rows = [["Datei", "Emotion", "Sprecher", "path"], ["a.wav", "sad", "anna", "x"]]
    (mine / "t.csv").write_text(text(";", rows=rows))
    columns = {"path": "datei", "label": "Emotion", "speaker": "Sprecher "}
    [found] = csv.read(csv.Config(root=mine / "t.csv", columns=columns)).utterances
    assert (found.path.name, found.emotion, found.speaker) == ("a.wav", "sad", "t/anna")
    with pytest.raises(CorpusError, match=r"no column 'Satz' for sentence; found \['Datei'"):
        csv.read(csv.Config(root=mine / "t.csv", columns={**columns, "sentence": "Satz"}))
    with pytest.raises(ConfigError, match="'who' is no column that is read; choose of"):
        csv.Config(columns={"who": "Sprecher"})


@pytest.mark.parametrize(
    ("header", "what"),
    [
        ("Datei,label", r"no column 'path'; found \['Datei', 'label'\].* --columns path=NAME"),
        ("path,Emotionen", "no column 'label'.* --columns label=NAME"),
        ("path,label,Path", "more than one column 'path'"),
    ],
)
def test_a_column_that_is_missing_is_named_with_what_to_type(mine, header, what):
    (mine / "t.csv").write_text(f"{header}\na.wav,sad,x\n")
    with pytest.raises(CorpusError, match=what):
        csv.read(csv.Config(root=mine / "t.csv"))


WESTERN = [
    "müller.wav;Wut;ben", "a.wav;Ärger;ß", "a.wav;été;“à”", "a.wav;niño – ñ;São", "a.wav;più;PIÙ",
]  # fmt: skip


@pytest.mark.parametrize("row", WESTERN)
def test_the_code_page_of_western_europe_is_read_and_named(mine, row):
    (mine / "t.csv").write_bytes(f"path;label;speaker\n{row}\n".encode("cp1252"))
    with pytest.warns(LightspeechWarning, match="no UTF-8, read as Windows-1252") as told:
        [found] = csv.read(csv.Config(root=mine / "t.csv")).utterances
    assert csv.has_labels(mine / "t.csv", {})  # it warns once of a table
    assert len(told) == 1
    assert [found.path.name, found.emotion, found.speaker.split("/")[-1]] == row.split(";")


@pytest.mark.parametrize(
    ("encoding", "label"),
    [
        ("cp1251", "злость"), ("cp1251", "да_1"), ("cp1250", "złość"), ("cp1250", "hněv"),
        ("cp1253", "θυμός"), ("cp1254", "ağrı"), ("mac-roman", "Ärger"), ("cp850", "Ärger"),
        ("gbk", "愤怒"), ("shift_jis", "怒り"), ("euc-kr", "분노"), ("big5", "憤怒"),
    ],
)  # fmt: skip
def test_text_of_an_unknown_code_page_is_refused_with_what_to_do(mine, encoding, label):
    (mine / "t.csv").write_bytes(f"path,label\na.wav,{label}\n".encode(encoding))
    with pytest.raises(CorpusError, match=r"save it as 'CSV UTF-8' or as \.xlsx"):
        csv.read(csv.Config(root=mine / "t.csv"))


def test_parts_of_a_split_may_be_called_as_everybody_does(mine):
    (mine / "t.csv").write_text("path,label,split\na.wav,sad,Train\nsub/b.wav,sad,val\n")
    found = csv.read(csv.Config(root=mine / "t.csv")).utterances
    assert [u.split for u in found] == ["train", "selection"]


def test_a_manifest_saved_by_a_spreadsheet_is_read(mine):
    found = folder.read(folder.Config(root=mine)).utterances
    manifest.write(preparing.decode(found)[0], mine / "m.csv")
    plain = manifest.read(mine / "m.csv")
    saved = (mine / "m.csv").read_text().replace("0.1,", '"0,1",').replace("\n", "\r\n")
    (mine / "m.csv").write_bytes(saved.encode("utf-8-sig"))
    assert manifest.read(mine / "m.csv") == plain
    assert plain[0].duration_s == 0.1


def test_a_name_is_one_name_whatever_its_blanks_form_and_case(mine, write_tone):
    rows = ["path,label,speaker", "a.wav,Happy,Anna", "sub/b.wav,happy ,anna "]
    (mine / "t.csv").write_text("\n".join(rows) + "\n")
    found = csv.read(csv.Config(root=mine / "t.csv")).utterances
    assert {(u.emotion, u.speaker) for u in found} == {("Happy", "t/Anna")}


def test_class_folders_are_one_class_whatever_their_blanks_form_and_case(tmp_path, write_tone):
    names = ("Ärger", unicodedata.normalize("NFD", "Ärger"), "ärger", "ärger ")
    for number, name in enumerate(names):
        write_tone(tmp_path / "mine" / name / f"{number}.wav")
    found = folder.read(folder.Config(root=tmp_path / "mine")).utterances
    assert len(found) == 4
    assert len({u.emotion for u in found}) == 1
    assert all(u.path.is_file() for u in found)
    manifest.write(preparing.decode(found)[0], tmp_path / "m.csv")
    assert [u.id for u in manifest.read(tmp_path / "m.csv")] == [u.id for u in found]


@pytest.fixture
def splits(tmp_path, write_tone):
    for number, place in enumerate(("Train/sad", "train/happy/x", "val/sad", "test/happy")):
        write_tone(tmp_path / "mine" / place / "anna_1.wav", hertz=200 + 50 * number)
    return tmp_path / "mine"


def test_split_folders_are_no_classes(splits):
    found = folder.read(folder.Config(root=splits)).utterances
    assert [(u.emotion, u.split) for u in found] == [
        ("sad", "train"),
        ("happy", "test"),
        ("happy", "train"),
        ("sad", "selection"),
    ]


def test_splits_below_classes_are_splits_too(tmp_path, write_tone):
    for place in ("sad/train", "sad/test", "happy/train"):
        write_tone(tmp_path / "mine" / place / "1.wav")
    write_tone(tmp_path / "mine" / "happy" / "1.wav")
    reading = folder.read(folder.Config(root=tmp_path / "mine"))
    assert {(u.emotion, u.split) for u in reading.utterances} == {
        ("sad", "train"),
        ("sad", "test"),
        ("happy", "train"),
    }
    assert "no folder of the split" in reading.rejected[0].reason


def test_a_class_called_test_alone_is_a_class(tmp_path, write_tone):
    for place in ("test", "sad"):
        write_tone(tmp_path / "mine" / place / "1.wav")
    found = folder.read(folder.Config(root=tmp_path / "mine")).utterances
    assert {(u.emotion, u.split) for u in found} == {("sad", ""), ("test", "")}


@pytest.mark.parametrize(
    "paths",
    [
        ("sad/1.wav", "happy/2.wav"),
        ("mine/sad/1.wav", "C:\\rec\\mine\\happy\\2.WAV"),
        ("1", "2.wav"),
    ],
)
def test_a_table_names_the_speakers_of_class_folders(tmp_path, write_tone, paths):
    for name in ("sad/1.wav", "happy/2.wav", "happy/3.wav"):
        write_tone(tmp_path / "mine" / name)
    rows = [["Datei", "Wer"], *zip(paths, ("anna", "ben"), strict=True)]
    (tmp_path / "who.csv").write_text(text(";", rows=rows))
    cfg = folder.Config(
        root=tmp_path / "mine",
        speakers=tmp_path / "who.csv",
        columns={"path": "Datei", "speaker": "Wer"},
    )
    reading = folder.read(cfg)
    assert [u.speaker for u in reading.utterances] == ["mine/ben", "mine/anna"]
    assert [r.path.name for r in reading.rejected] == ["3.wav"]
    assert "who.csv finds no speaker" in reading.rejected[0].reason


def test_a_name_that_two_people_share_tells_nobody(tmp_path, write_tone):
    write_tone(tmp_path / "mine" / "sad" / "1.wav")
    write_tone(tmp_path / "mine" / "sad" / "2.wav")
    (tmp_path / "who.csv").write_text("path,speaker\nanna/1.wav,anna\nben/1.wav,ben\n2,ben\n")
    cfg = folder.Config(root=tmp_path / "mine", speakers=tmp_path / "who.csv")
    reading = folder.read(cfg)
    assert [u.speaker for u in reading.utterances] == ["mine/ben"]


@pytest.mark.parametrize("again", ["sad/1.wav,ben", "SAD\\1.wav, ben "])
def test_two_people_of_one_path_are_refused(tmp_path, write_tone, again):
    write_tone(tmp_path / "mine" / "sad" / "1.wav")
    (tmp_path / "who.csv").write_text(f"path,speaker\nsad/1.wav,anna\n{again}\n")
    cfg = folder.Config(root=tmp_path / "mine", speakers=tmp_path / "who.csv")
    with pytest.raises(CorpusError, match=r"speaker of .* is 'anna' and 'ben'; keep one"):
        folder.read(cfg)


def test_one_path_twice_with_one_speaker_is_no_fault(tmp_path, write_tone):
    write_tone(tmp_path / "mine" / "sad" / "1.wav")
    (tmp_path / "who.csv").write_text("path,speaker\nsad/1.wav,Anna\nsad/1.wav,anna\n")
    cfg = folder.Config(root=tmp_path / "mine", speakers=tmp_path / "who.csv")
    assert [u.speaker for u in folder.read(cfg).utterances] == ["mine/Anna"]


def test_files_whose_names_differ_in_their_suffix_alone_tell_nobody(tmp_path, write_tone):
    write_tone(tmp_path / "mine" / "sad" / "1.wav")
    write_tone(tmp_path / "mine" / "sad" / "2.wav")
    (tmp_path / "who.csv").write_text("path,speaker\n1.mp3,anna\n1.flac,ben\n2.mp3,ben\n")
    cfg = folder.Config(root=tmp_path / "mine", speakers=tmp_path / "who.csv")
    assert [u.speaker for u in folder.read(cfg).utterances] == ["mine/ben"]
