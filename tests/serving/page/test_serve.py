"""The page that `lightspeech serve` opens: the same one, answered by the server."""

import urllib.error
import urllib.request

import numpy as np
import pytest

from lightspeech.serving import site
from lightspeech.serving.access import Access

TOKEN = "0123456789abcdef"


def test_a_file_and_the_microphone_are_answered_by_the_server(visit, hear, start, micro, voice):
    with start() as server, visit(f"{server.url}/") as page:
        page.click("#listen")
        assert "records nothing" in page.text_content("#consent-text")
        page.click("#agree")
        page.wait_for_selector("#history li:nth-child(2)", state="attached")
        page.click("#stop")
        page.wait_for_selector("#state:has-text('Stopped')")
        server.until(lambda: server.service.n_streams == 0)
        hear(page, voice)
        bars = page.locator("#bars output").all_text_contents()
        lines = page.locator("#history li").count()
        page.locator("#strip button:not(.silent)").first.click()
        page.click("#ask-why")
        page.wait_for_selector("#why-map:not([hidden])")
        page.click("#clips button:first-of-type")
        page.wait_for_selector("#state:has-text('angry.flac, ')")
    shown = [float(bar.removesuffix(" %")) for bar in bars]
    whole = micro(voice, whole=True)
    np.testing.assert_allclose(shown, [100 * p for p in whole.probabilities.values()], atol=0.51)
    assert lines == 1 + len(micro(voice).segments)


def test_a_server_that_ends_is_told(visit, start):
    with start() as server, visit(f"{server.url}/") as page:
        page.click("#listen")
        page.click("#agree")
        page.wait_for_selector("#history li", state="attached")
        server.server.stop()
        page.wait_for_selector("#listen:not([hidden])")
        page.faults.clear()  # the browser tells of the connection


def test_a_token_is_asked_for_until_it_is_right(chromium, start):
    with start(Access(token=TOKEN, is_local=False)) as server:
        page = chromium.new_page(locale="en-GB")
        page.goto(f"{server.url}/")
        for token in ("wrong", TOKEN):
            page.wait_for_selector("#unlock[open]")
            page.fill("#token", token)
            page.keyboard.press("Enter")
        page.wait_for_selector("body[data-ready]")
        page.click("#clips button:first-of-type")
        page.wait_for_selector("#state:has-text('angry.flac, ')")
        page.close()


def test_its_files_are_told_as_what_they_are_and_nothing_else_is_there(server):
    for name in site.page():
        with urllib.request.urlopen(f"{server.url}/{name}") as answer:
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    for name in ("models", "page", "clips/none.flac", "../app.py", "%2e%2e/app.py", "v1"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"{server.url}/{name}")
