"""Tables of recordings: CSV, manifests, spreadsheets."""

import zipfile
from pathlib import Path

from mutations import as_table, as_zip
from soundfile import write

from doors import Door, all_of, command, one_of
from doors.audio import RATE, speech
from doors.recipes import PATTERN, make_labelled
from lightspeech.config import Choice
from lightspeech.corpora import folder as folders
from lightspeech.corpora import manifest, preparing

ROWS = [
    ("path", "label", "speaker", "sex", "split", "session"),
    ("a.wav", "happy", "anna", "f", "train", "1"),
    ("b.wav", "sad", "ben", "m", "selection", "2"),
    ("c.wav", "angry", "cleo", "f", "test", "3"),
]
SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/'
    'main"><sheetData>{}</sheetData></worksheet>'
)
PARTS = {
    "[Content_Types].xml": '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/'
    'package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default '
    'Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocu'
    'ment.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentTyp'
    'e="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/'
    'package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/'
    'officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/'
    'spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/'
    'relationships"><sheets><sheet name="a" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<?xml version="1.0"?><Relationships xmlns="http://schemas.openx'
    'mlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxm'
    'lformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></R'
    "elationships>",
}
"""Of the smallest spreadsheet that there is, besides its cells."""


def _recordings(folder: Path) -> None:
    for number, (name, *_) in enumerate(ROWS[1:], 1):
        write(folder / name, speech(0.1 * number), RATE)


def _make_table(folder: Path) -> None:
    _recordings(folder)
    (folder / "table.csv").write_text("".join(f"{','.join(row)}\n" for row in ROWS))


def _make_sheet(folder: Path) -> None:
    _recordings(folder)
    cells = [
        "".join(f'<c t="inlineStr"><is><t>{cell}</t></is></c>' for cell in row) for row in ROWS
    ]
    rows = "".join(f"<row>{row}</row>" for row in cells)
    with zipfile.ZipFile(folder / "table.xlsx", "w") as file:
        for name, text in {**PARTS, "xl/worksheets/sheet1.xml": SHEET.format(rows)}.items():
            file.writestr(name, text)


def _make_manifest(folder: Path) -> None:
    make_labelled(folder / "data")
    cfg = folders.Config(root=folder / "data", speaker_pattern=PATTERN.partition("=")[2])
    choice = Choice("lightspeech.corpora", "folder", cfg)
    manifest.write(preparing.prepare(choice).utterances, folder / "manifest.csv")


def _prepare(table: str) -> None:
    command("prepare", "csv", "--root", table, "--output", "made.csv", "--json")


def _enter_table(folder: Path) -> None:
    all_of(
        lambda: _prepare("table.csv"),
        lambda: command("leaks", "table.csv"),
        lambda: command("evaluate", "nano", "--manifest", "table.csv", "--labels", "common4"),
    )


def _enter_manifest(folder: Path) -> None:
    all_of(
        lambda: manifest.read(folder / "manifest.csv"),
        lambda: command("leaks", "manifest.csv", "--protocol", "leave-one-out", "--json"),
    )


DOORS = [
    Door(name="table", share=2, make=_make_table, spoil=one_of(csv=as_table), enter=_enter_table),
    Door(name="manifest", share=3, make=_make_manifest, spoil=one_of(csv=as_table),
         enter=_enter_manifest),
    Door(name="spreadsheet", share=2, make=_make_sheet, spoil=one_of(xlsx=as_zip),
         enter=lambda _: _prepare("table.xlsx")),
]  # fmt: skip
