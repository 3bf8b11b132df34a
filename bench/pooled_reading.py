"""Fifty open tabs of one list against one, in front of two portal processes: what each costs in calls to the API.

Prints the ratio, at most 1.2, and ends with 1 when it is more. `python bench/pooled_reading.py [seconds]`.
"""

import os
import random
import re
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = Path(tempfile.mkdtemp(prefix="bench-pooled-reading-"))
os.environ |= {"DATA_DIR": str(FOLDER), "DJANGO_SETTINGS_MODULE": "pipelines_portal.settings"}

import requests  # noqa: E402

from tests.external_api.server import free_port  # noqa: E402
from tests.faulty_api import FaultyApi, answer, faulty_api  # noqa: E402
from tests.live import Portal, end, portal, wait_until  # noqa: E402
from tests.samples import task  # noqa: E402

TABS, EVERY, LIMIT = 50, 5.0, 1.2
WORKFLOW = 42
PAGE = answer(200, {"tasks": [task(number, "in_progress") for number in range(50, 0, -1)], "next_cursor": None})


def refresh(url: str, cookies: dict[str, str], until: float, first: float, failures: list[str]) -> None:
    """One tab: the list asks for itself, each time so long after the last answer as htmx would."""
    headers = {"HX-Request": "true", "HX-Target": "task-page", "HX-Trigger": "task-page"}
    turn = time.monotonic() + first
    session = requests.Session()
    while turn < until:
        time.sleep(max(turn - time.monotonic(), 0))
        shown = session.get(url, headers=headers, cookies=cookies, timeout=30)
        if shown.status_code != 200 or shown.text.count('id="t') < 50:
            failures.append(f"{shown.status_code}: {shown.text[:200]}")
        turn += EVERY


def calls(api: FaultyApi, portals: list[str], cookies: dict[str, str], tabs: int, seconds: float) -> int:
    api.requests.clear()
    failures: list[str] = []
    until = time.monotonic() + seconds
    urls = [f"{portals[n % len(portals)]}/keys/1/workflows/{WORKFLOW}/tasks/" for n in range(tabs)]
    threads = [
        threading.Thread(target=refresh, args=(url, cookies, until, random.uniform(0, EVERY) if n else 0.0, failures))
        for n, url in enumerate(urls)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    return sum(f"/workflows/{WORKFLOW}/tasks" in re.split(r"\r\n", request)[0] for request in api.requests)


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    workflow = answer(200, {"id": WORKFLOW, "name": "French", "status": "ACTIVE"})
    with faulty_api(workflow) as api, portal(FOLDER / "portal", api.url) as one:
        api.routes["/schema"] = answer(200, {"fields": []})
        key = "pk_live_" + "a" * 40
        one.manage("load_demo", "--key-name", "Acme", "--workflows", str(WORKFLOW), given=key)
        api.routes["/tasks"] = PAGE
        two = Portal("", None, one.env | {"PORT": str(free_port())}, FOLDER / "two.log")  # type: ignore[arg-type]
        two.url = f"http://127.0.0.1:{two.env['PORT']}"
        two.start()
        try:
            cookies = dict(one.sign_in("demo@example.com", "pipelines-demo").cookies)
            wait_until(lambda: requests.get(f"{two.url}/health", timeout=5).ok, "the second portal")
            alone = calls(api, [one.url], cookies, 1, seconds)
            crowd = calls(api, [one.url, two.url], cookies, TABS, seconds)
        finally:
            end(two.process)
    print(f"calls in {seconds:.0f} s: one tab {alone}, {TABS} tabs before two processes {crowd}")
    print(f"ratio: {crowd / alone:.2f} (at most {LIMIT})")
    sys.exit(crowd > LIMIT * alone)


if __name__ == "__main__":
    main()
