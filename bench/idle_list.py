"""A list of 200 tasks that lies open: what share of the browser's main thread it costs, all of them moving.

Prints the share, at most 0.02, beside that of the same list with reduced motion, and ends with 1 when it is more.
`python bench/idle_list.py [seconds]`.
"""

import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = Path(tempfile.mkdtemp(prefix="bench-idle-list-"))
os.environ |= {"DATA_DIR": str(FOLDER), "DJANGO_SETTINGS_MODULE": "pipelines_portal.settings"}

from playwright.sync_api import Browser, CDPSession, sync_playwright  # noqa: E402

from tests.browser.chromium import FLAGS, executable  # noqa: E402
from tests.faulty_api import answer, faulty_api  # noqa: E402
from tests.live import Portal, portal  # noqa: E402
from tests.samples import task  # noqa: E402

TASKS, LIMIT = 200, 0.02
SETTLE_SECONDS = 4


def moving_tasks() -> list[dict[str, Any]]:
    now = datetime.now(UTC).isoformat()
    return [task(number, "in_progress") | {"updated_at": now} for number in range(TASKS, 0, -1)]


def measured(session: CDPSession) -> dict[str, float]:
    return {entry["name"]: entry["value"] for entry in session.send("Performance.getMetrics")["metrics"]}


def share(browser: Browser, running: Portal, cookie: Any, seconds: float, motion: str) -> tuple[float, float]:
    """Of the main thread, and styles computed a second, while nobody touches the page."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion=motion)
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto(f"{running.url}/keys/1/workflows/42/tasks/?limit={TASKS}")
    assert page.locator("tbody tr").count() == TASKS
    session = context.new_cdp_session(page)
    session.send("Performance.enable")
    # As Playwright waits, the page is left alone.
    time.sleep(SETTLE_SECONDS)
    before, began = measured(session), time.monotonic()
    time.sleep(seconds)
    after, took = measured(session), time.monotonic() - began
    animated = page.evaluate("document.getAnimations().length")
    assert (animated > 0) is (motion == "no-preference"), animated
    context.close()
    styles = after["RecalcStyleCount"] - before["RecalcStyleCount"]
    return (after["TaskDuration"] - before["TaskDuration"]) / took, styles / took


def main(seconds: float) -> int:
    with faulty_api(answer(200, {"id": 42, "name": "French", "status": "ACTIVE"})) as api:
        api.routes["/schema"] = answer(200, {"fields": []})
        api.routes["/tasks"] = answer(200, {"tasks": moving_tasks(), "next_cursor": None})
        with portal(FOLDER / "portal", api.url) as running, sync_playwright() as playwright:
            key = "pk_live_" + "a" * 40
            running.manage("load_demo", "--key-name", "Acme", "--workflows", "42", given=key)
            cookie: Any = {"name": "portal_session", "value": running.run("sign_in"), "url": running.url}
            browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
            still = share(browser, running, cookie, seconds, "reduce")
            moving = share(browser, running, cookie, seconds, "no-preference")
            browser.close()
    print(f"main thread, {TASKS} moving: {moving[0]:.2%} (at most {LIMIT:.0%}), {moving[1]:.1f} styles a second")
    print(f"with reduced motion:      {still[0]:.2%}, {still[1]:.1f} styles a second")
    return int(moving[0] > LIMIT)


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if len(sys.argv) > 1 else 20))
