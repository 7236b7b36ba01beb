"""Who may ask."""

import pytest
from starlette.datastructures import Headers

from lightspeech.errors import ConfigError
from lightspeech.serving.access import Access, bearer, for_host
from lightspeech.serving.protocol import Code, Refused

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.8.8.8"])
def test_this_machine_needs_no_token(host):
    access = for_host(host, None, ())
    access.check_token(None)
    assert access.is_local


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "example.org", ""])
def test_others_need_one(host):
    with pytest.raises(ConfigError, match="LIGHTSPEECH_TOKEN"):
        for_host(host, None, ())
    with pytest.raises(ConfigError, match="3 characters"):
        for_host(host, "abc", ())
    assert not for_host(host, TOKEN, ()).is_local


@pytest.mark.parametrize(
    "given", [None, "", "0123456789abcdeF", TOKEN[:-1], TOKEN + "0", "ü" * 16, "\ud800"]
)
def test_a_wrong_token_is_refused(given):
    with pytest.raises(Refused) as refused:
        for_host("0.0.0.0", TOKEN, ()).check_token(given)
    assert refused.value.code is Code.UNAUTHORIZED


def test_the_token_stands_in_a_header():
    assert bearer(Headers({"Authorization": f"Bearer {TOKEN}"})) == TOKEN
    assert bearer(Headers({"Authorization": f"Basic {TOKEN}"})) is None
    assert bearer(Headers({})) is None


@pytest.mark.parametrize(
    ("host", "origin", "passes"),
    [
        ("127.0.0.1:8000", None, True),
        ("[::1]:8000", None, True),
        ("localhost:8000", "http://localhost:8000", True),
        ("localhost:8000", "http://localhost:9000", False),
        ("localhost:8000", "https://evil.example", False),
        ("localhost:8000", "null", False),
        ("localhost:8000", "https://friend.example", True),
        ("evil.example:8000", "http://evil.example:8000", False),
        ("evil.example", None, False),
        ("[", None, False),
        ("localhost:8000", "http://[", False),
    ],
)
def test_web_pages_of_others_may_not_ask_a_server_that_trusts_its_machine(host, origin, passes):
    headers = {"host": host} | ({} if origin is None else {"origin": origin})
    access = Access(origins=("https://friend.example",))
    if passes:
        access.check_page(Headers(headers))
    else:
        with pytest.raises(Refused) as refused:
            access.check_page(Headers(headers))
        assert refused.value.code is Code.FORBIDDEN
