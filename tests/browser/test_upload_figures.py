"""Sizes, durations and speed as the upload page shows them: the modules themselves, in Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from pipelines_portal.web.templatetags.portal import file_size

pytestmark = pytest.mark.full

SCRIPTS = Path(__file__).resolve().parents[2] / "static" / "js" / "zip-upload"
ORIGIN = "http://scripts.invalid"


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    page.route(f"{ORIGIN}/**", _serve)
    page.goto(f"{ORIGIN}/")
    yield page
    page.close()


def _serve(route: Route) -> None:
    name = route.request.url.removeprefix(f"{ORIGIN}/")
    if name:
        route.fulfill(path=SCRIPTS / name, content_type="text/javascript")
    else:
        route.fulfill(body="<!doctype html>", content_type="text/html")


def call(page: Page, module: str, expression: str, argument: Any = None) -> Any:
    script = f"async (given) => {{ const module = await import('{ORIGIN}/{module}'); return {expression}; }}"
    return page.evaluate(script, argument)


@pytest.mark.parametrize(
    ("size", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.00 kB"), (9_996, "10.0 kB"), (842_000_000, "842 MB"), (999_499, "999 kB"),
     (999_500, "1.00 MB"), (1_960_000_000, "1.96 GB"), (10_737_418_240, "10.7 GB"), (5e15, "5000 TB")],
)  # fmt: skip
def test_page_and_server_say_one_size(page: Page, size: int, words: str) -> None:
    assert call(page, "words.js", "module.size(given)", size) == words
    assert file_size(size) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "1 s"), (29.4, "29 s"), (61, "1 min"), (3599, "1 h"), (6480, "1 h 48 min"), (86_400, "24 h")],
)
def test_durations(page: Page, seconds: float, words: str) -> None:
    assert call(page, "words.js", "module.duration(given)", seconds) == words


def test_speed_is_smoothed_and_decays_at_a_standstill(page: Page) -> None:
    """One slow second does not throw the time left about; ten still ones do."""
    speeds = call(
        page,
        "speed.js",
        """(() => {
          const speed = new module.Speed(0), seen = [];
          for (let second = 1; second <= 20; second += 1) speed.note(second * 10e6, second);
          seen.push(speed.perSecond, speed.secondsLeft(400e6), speed.isSettled(20));
          speed.note(200e6, 21);
          seen.push(speed.perSecond);
          for (let second = 22; second <= 31; second += 1) speed.note(200e6, second);
          seen.push(speed.perSecond);
          return seen;
        })()""",
    )
    steady, left, is_settled, hiccup, still = speeds
    assert steady == pytest.approx(10e6)
    assert left == pytest.approx(20)
    assert is_settled
    assert 0.7 * steady < hiccup < steady
    assert still < 0.15 * steady
