"""The demo as `make run` starts it: both programs, tasks that move, an account with a working key."""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.signing_in import signed_in_context
from tests.external_api.server import SETTINGS
from tests.live import ExternalApi, Portal, background, external_api, portal, wait_until

EMAIL, PASSWORD = "demo@example.com", "pipelines-demo"
ORGANIZATION = "Acme Labeling"
# 42 is left to be opened by hand.
OPENED = ("43", "44", "57", "61", "88")
ORDER_ENTRY = 40


@dataclass
class Demo:
    api: ExternalApi
    portal: Portal

    @property
    def url(self) -> str:
        return self.portal.url

    def workflow(self, workflow_id: int, tail: str = "tasks/") -> str:
        return f"{self.url}/keys/1/workflows/{workflow_id}/{tail}"


@contextmanager
def demo(folder: Path, opened: tuple[str, ...] = OPENED, *, has_story: bool = False) -> Iterator[Demo]:
    """Start both programs, with the whole story or with some opened workflows alone."""
    with external_api(folder / "api") as api:
        story = api.manage("load_demo", "--story")
        worker = ("run_worker", "--demo", ORGANIZATION, "--demo-seconds", "0.5", "--settings", SETTINGS)
        with background(*worker, **api.env), portal(folder / "portal", api.url) as running:
            if has_story:
                running.manage("load_demo", "--story", given=story)
            else:
                key = json.loads(story)["key"]
                running.manage("load_demo", "--key-name", ORGANIZATION, "--workflows", *opened, given=key)
            yield Demo(api, running)


def signed_in(browser: Browser, demo: Demo, **options: Any) -> Page:
    """At Home, in a context and a session of its own, that fails on anything the browser complains of."""
    page = signed_in_context(browser, demo.portal, **options).new_page()
    page.on("pageerror", lambda error: (_ for _ in ()).throw(AssertionError(str(error))))
    page.goto(demo.url)
    page.locator("#home-page").wait_for()
    return page


def accessibility_faults(page: Page) -> list[str]:
    """axe's violations, each with the elements it names, and IDs that stand twice; empty is what we want."""
    found = Axe().run(page).response["violations"]
    faults = [f"{fault['id']}: {[node['html'][:120] for node in fault['nodes']]}" for fault in found]
    ids = Counter(page.locator("[id]").evaluate_all("elements => elements.map(element => element.id)"))
    return faults + [f"The ID {name} stands {count} times" for name, count in ids.items() if count > 1]


def needed_width(page: Page) -> int:
    """In pixels, of a page that is all there: more than the window's, and it scrolls sideways."""
    until_true(page, "document.readyState === 'complete'")
    return page.evaluate("document.documentElement.scrollWidth")


def until_true(page: Page, expression: str, seconds: float = 30) -> None:
    """In place of `wait_for_function`, which evaluates text in the page, where our CSP forbids it."""
    wait_until(lambda: page.evaluate(expression), expression, seconds)


def faults_seen(page: Page) -> list[str]:
    """axe's, and that the page scrolls sideways."""
    return accessibility_faults(page) + ["scrolls sideways"] * (needed_width(page) > page.evaluate("innerWidth"))
