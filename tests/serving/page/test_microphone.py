"""The microphone in the page: asked for, heard as `lightspeech` hears it, left."""

import json

import numpy as np
import pytest

import lightspeech
from lightspeech.inference.live_stream import Kind, LiveStream

RATE = 16_000
ASKS = """
const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
window.asked = [];
navigator.mediaDevices.getUserMedia = (wanted) => { asked.push(wanted); return ask(wanted); };
"""
TAPS = """
window.heard = [];
window.AudioWorkletNode = class extends AudioWorkletNode {
  constructor(...given) {
    super(...given);
    window.capture = this;
    this.port.addEventListener("message", ({ data }) => heard.push(...data));
  }
};
"""


def listen(page):
    page.click("#listen")
    page.click("#agree")
    page.wait_for_selector("#stop:not([hidden])")


def saved(page):
    with page.expect_download() as download:
        page.click("#json")
    return json.loads(download.value.path().read_text("utf-8"))


def test_it_asks_a_person_first_and_for_sound_as_it_is(visit):
    with visit(before=ASKS) as page:
        page.click("#listen")
        assert "Nothing is recorded" in page.text_content("#consent-text")
        page.keyboard.press("Escape")
        page.click("#listen")
        page.click("#consent button[value='no']")
        assert page.evaluate("asked") == []
        listen(page)
        page.click("#stop")
        page.wait_for_selector("#listen:not([hidden])")
        asked = page.evaluate("asked")
    unchanged = ("echoCancellation", "noiseSuppression", "autoGainControl")
    assert asked == [{"audio": dict.fromkeys(unchanged, False)}]


def test_what_it_hears_is_answered_as_a_stream_of_lightspeech_does(visit):
    with visit(before=TAPS) as page:
        listen(page)
        page.wait_for_selector("#history li:nth-child(4)", state="attached")
        page.click("#stop")
        said = saved(page)
        heard = page.evaluate("""async () => {
          const { Resampler } = await import("./models/resampler.js");
          const resampler = new Resampler(capture.context.sampleRate, 16000);
          return JSON.stringify([...resampler.feed(Float32Array.from(heard))]);
        }""")
    stream = LiveStream(lightspeech.load("micro").predictor, RATE, turns=False)
    told = stream.feed(np.array(json.loads(heard), np.float32))
    expected = {round(one.segment.end_s): one.segment for one in told if one.kind is Kind.NOW}
    assert len(said) >= 4
    for answer in said:
        segment = expected.get(round(answer["end_s"]))
        if segment is None:  # the last one, which the gate does not know here
            continue
        # The page's C hears a stream, whose level goes on; here each window begins it anew.
        assert answer["probabilities"] == pytest.approx(segment.probabilities, abs=0.15)
        assert answer["speech"] == pytest.approx(segment.speech, abs=0.1)
    assert {answer["label"] for answer in said} != {"none"}


def test_a_refusal_is_said_and_may_be_taken_back(visit):
    with visit(permissions=()) as page:
        session = page.context.new_cdp_session(page)
        denied = {"permission": {"name": "microphone"}, "setting": "denied"}
        session.send("Browser.setPermission", denied)
        page.click("#listen")
        page.click("#agree")
        page.wait_for_selector("#state:has-text('The browser gave no microphone')")
        assert page.is_visible("#listen")
        page.context.grant_permissions(["microphone"])
        listen(page)


def test_a_microphone_that_goes_away_is_told(visit):
    keep = ASKS.replace("return ask(wanted);", "return window.sound = ask(wanted);")
    with visit(before=keep) as page:
        listen(page)
        page.evaluate("sound.then((s) => s.getTracks()[0].onended())")
        page.wait_for_selector("#state:has-text('went away')")
        assert page.is_visible("#listen")


def test_ten_minutes_take_no_more_memory_than_two(visit):
    """Ten minutes of chunks, as fast as the page takes them."""
    with visit(before=TAPS) as page:
        listen(page)
        page.evaluate("sound = capture.port.onmessage; capture.port.onmessage = null")
        session = page.context.new_cdp_session(page)

        def used_mb(minutes):
            page.evaluate(
                """async (minutes) => {
              const rate = capture.context.sampleRate, chunk = new Float32Array(rate / 10);
              for (let n = 0; n < 600 * minutes; n++) {
                const loud = n % 50 < 30 ? 0.3 : 0;
                for (let i = 0; i < chunk.length; i++) chunk[i] = loud * (Math.random() - 0.5);
                sound({ data: chunk });
                if (n % 20 === 0) await new Promise((go) => setTimeout(go));
              }
              heard.length = 0;
            }""",
                minutes,
            )
            session.send("HeapProfiler.collectGarbage")
            return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6

        before, after = used_mb(2), used_mb(8)
        lines = page.locator("#history li").count()
        assert page.locator("*").count() < 3_000
    assert lines == 500  # the list has an end
    assert after - before < 2
