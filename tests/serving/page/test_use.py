"""The page for everybody: axe finds nothing, a keyboard is enough, no network is needed."""

import pytest

STRIP = "#strip button:not(.silent)"


@pytest.fixture
def axe():
    return pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="needs axe-playwright-python"
    ).Axe()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
def test_axe_finds_nothing(visit, axe, scheme, width):
    with visit(color_scheme=scheme, viewport={"width": width, "height": 800}) as page:
        found = axe.run(page).response["violations"]
        page.click("#listen")
        found += axe.run(page).response["violations"]
        page.click("#consent button[value='no']")
        page.click("#clips button:last-of-type")
        page.locator(STRIP).first.click()
        page.click("#list summary")
        page.click("#ask-why")
        page.wait_for_selector("#why-map:not([hidden])")
        found += axe.run(page).response["violations"]
        wide = page.evaluate("document.documentElement.scrollWidth")
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in found] == []
    assert wide <= width


def test_a_keyboard_is_enough(visit):
    with visit() as page:
        focused = page.evaluate_handle("document").evaluate_handle("(d) => () => d.activeElement")

        def on(selector):
            return focused.evaluate("(active, s) => active().matches(s)", selector)

        def tab_to(selector):
            for _ in range(30):
                page.keyboard.press("Tab")
                if on(selector):
                    return
            raise AssertionError(f"no way to {selector}")

        tab_to("#listen")
        page.keyboard.press("Enter")
        tab_to("#agree")
        page.keyboard.press("Enter")
        page.wait_for_selector("#stop:not([hidden])")
        assert on("#stop")
        page.keyboard.press("Enter")
        page.wait_for_selector("#listen:not([hidden])")
        assert on("#listen")
        tab_to("#file")
        tab_to("#clips button:last-of-type")
        page.keyboard.press("Enter")
        page.wait_for_selector("#strip:not([hidden])")
        tab_to("#strip button")
        page.keyboard.press("End")
        assert on("#strip li:last-child button")
        page.keyboard.press("ArrowLeft")
        assert on("#strip li:nth-last-child(2) button")
        page.keyboard.press("Home")
        page.keyboard.press("Enter")
        assert page.get_attribute("#strip li:first-child button", "aria-current") == "true"
        tab_to("#ask-why")
        page.keyboard.press("Enter")
        page.wait_for_selector("#why-map:not([hidden])")
        assert on("#why-title")


def test_once_it_was_here_it_works_without_a_network(visit, hear, voice):
    with visit(service_workers="allow") as page:
        page.evaluate("navigator.serviceWorker.ready.then(() => true)")
        page.context.set_offline(True)
        page.reload()
        page.wait_for_selector("body[data-ready]")
        page.select_option("#model", "small")
        page.click("#clips button:first-of-type")
        page.wait_for_selector("#state:has-text('angry.flac,')")
        hear(page, voice)


def test_nothing_leaves_and_the_policy_lets_nothing_leave(visit, hear, voice, address):
    with visit() as page:
        asked = []
        page.on("request", lambda request: asked.append((request.method, request.url)))
        page.click("#listen")
        page.click("#agree")
        page.wait_for_selector("#history li:nth-child(1)", state="attached")
        page.click("#stop")
        hear(page, voice)
        page.click("#clips button:first-of-type")
        page.wait_for_selector("#state:has-text('angry.flac, ')")
        asked, until_now = [], asked
        refused = page.evaluate("""async () => {
          const violated = [];
          document.addEventListener("securitypolicyviolation", (e) =>
            violated.push(e.effectiveDirective));
          const image = new Image();
          image.src = "http://127.0.0.1:9/a.png";
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          document.body.append(script);
          navigator.sendBeacon("http://127.0.0.1:9/", "voice");
          await fetch("http://127.0.0.1:9/", { method: "POST", body: "voice" }).catch(() => 0);
          await new Promise((done) => setTimeout(done, 100));
          return [violated, window.ran ?? false];
        }""")
        page.faults.clear()  # all of them are told above
    assert len(until_now) == 1  # the clip
    assert all(method == "GET" and url.startswith((address, "blob:")) for method, url in until_now)
    assert sorted(refused[0]) == ["connect-src", "connect-src", "img-src", "script-src-elem"]
    assert refused[1] is False
