"""docs/serving.md tells every limit, code and field as it is."""

import json
import re
from dataclasses import fields
from pathlib import Path

import pytest

from lightspeech.serving import protocol
from lightspeech.serving.limits import Limits
from lightspeech.serving.protocol import HTTP_STATUS, Code, Hello

PAGE = (Path(__file__).parents[2] / "docs" / "serving.md").read_text("utf-8")


@pytest.mark.parametrize("limit", fields(Limits), ids=lambda limit: limit.name)
def test_a_limit_is_told_with_its_default(limit):
    assert f"| `{limit.name}` | {limit.default:,.0f} |" in PAGE


@pytest.mark.parametrize("code", Code)
def test_a_code_is_told_with_its_status(code):
    assert f"| `{code}` | {HTTP_STATUS[code]} |" in PAGE


def test_the_hello_that_is_shown_is_one_and_has_every_field():
    shown = re.search(r'```json\n(\{"type": "hello".*?\})\n```', PAGE, re.DOTALL)[1]
    protocol.hello(shown)
    assert set(json.loads(shown)) == {field.name for field in fields(Hello)}
