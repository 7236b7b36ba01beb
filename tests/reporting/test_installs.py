from lightspeech.config import as_dict
from lightspeech.evaluation import installs
from lightspeech.evaluation.installs import Installs, Weight
from lightspeech.files import write_json
from lightspeech.reporting import documents


def test_a_document_says_what_an_install_weighs(tmp_path):
    core = Weight(size_bytes=178_000_000, packages=23, largest={"numpy": 71, "onnxruntime": 69})
    found = Installs(
        python="3.11", platform="linux", core=core,
        extras={"all": Weight(size_bytes=2_900_000_000, packages=142, largest={"torch": 757})},
    )  # fmt: skip
    write_json(tmp_path / installs.PATH, as_dict(found))
    page = tmp_path / "page.md"
    page.write_text("<!-- install:begin -->\n<!-- install:end -->\n")
    said = documents.fill(page, tmp_path)
    assert "A plain install weighs 178 MB in 23 packages, most of it numpy and onnxruntime" in said
    assert "`all` 2.9 GB" in said
