"""What is said of a small encoder is read as everything that others may have written."""

import json

import pytest

from lightspeech.errors import ConfigError
from lightspeech.frontends import small_encoder

SAID = {
    "model_type": "lightspeech", "hidden_size": 8, "first": 0, "last": 1, "n_params": 100,
    "made_of": {}, "heard": ["00ff"],
}  # fmt: skip


def test_what_an_older_version_said_is_read(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(SAID))
    about = small_encoder.read_about(tmp_path)
    assert (about.hidden_size, about.heard, about.macs_1s) == (8, ("00ff",), None)


@pytest.mark.parametrize(
    ("change", "why"),
    [({"hidden_size": "wide"}, "hidden_size"), ({"heard": 3}, "heard"), ({"last": -1}, "last"),
     ({"model_type": "whisper"}, "model_type"), ({"n_params": 1e999}, "not valid JSON")],
)  # fmt: skip
def test_what_cannot_be_is_one_line(tmp_path, change, why):
    (tmp_path / "config.json").write_text(json.dumps({**SAID, **change}))
    with pytest.raises(ConfigError, match=rf"config\.json: .*{why}"):
        small_encoder.read_about(tmp_path)
