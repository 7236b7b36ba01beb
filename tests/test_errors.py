import json
import pickle
from importlib import metadata
from pathlib import Path

import pytest

from lightspeech import errors
from lightspeech.errors import LightspeechError, MissingExtra, MissingTool

MISSING = [MissingExtra("training", "all"), MissingTool("gcc", "gcc")]
KINDS = {
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and not issubclass(kind, Warning)
} - set(map(type, MISSING))


@pytest.mark.parametrize(
    "error",
    [*(kind("a: found b; type c") for kind in sorted(KINDS, key=str)), *MISSING],
    ids=lambda error: type(error).__name__,
)
def test_an_error_of_a_worker_process_reaches_the_parent_as_it_was(error):
    received = pickle.loads(pickle.dumps(error))
    assert type(received) is type(error)
    assert str(received) == str(error)
    assert isinstance(received, LightspeechError)


def test_a_missing_extra_of_a_checkout_names_the_checkout():
    root = Path(errors.__file__).parents[2]
    said = f"training needs an extra; type: pip install -e '{root}[all]'"
    assert str(MissingExtra("training", "all")) == said


GIT = {"url": "https://example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "1"}}


@pytest.mark.parametrize(
    ("origin", "named"),
    [
        (None, "lightspeech[all]"),
        ({"url": "file:///a/x.whl", "archive_info": {}}, "lightspeech[all] @ file:///a/x.whl"),
        ({"url": "file:///a/x", "dir_info": {}}, "lightspeech[all] @ file:///a/x"),
        (GIT, "lightspeech[all] @ git+https://example.org/x.git"),
    ],
)
def test_a_missing_extra_of_an_installed_copy_names_where_it_came_from(
    monkeypatch, tmp_path, origin, named
):
    class Installed:
        def read_text(self, name):
            return None if origin is None else json.dumps(origin)

    monkeypatch.setattr(errors, "__file__", str(tmp_path / "site/lightspeech/errors.py"))
    monkeypatch.setattr(metadata, "distribution", lambda _: Installed())
    assert str(MissingExtra("training", "all")).endswith(f"type: pip install '{named}'")
