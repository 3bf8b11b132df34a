"""Fifty open tabs of one task list against one, in two portal processes that share a database.

Claim: the calls to the API for fifty tabs over the calls for one tab are at most 1.2.
BENCH_SECONDS and BENCH_TABS reduce how long the tabs stay open, and their number.
"""

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import requests
from shared.measuring import claim, size
from shared.programs import WORKFLOW, portal, run_bench
from shared.scripted_api import KEY, TASKS, ScriptedApi, scripted_api

SECONDS, TABS = size("BENCH_SECONDS", 60), size("BENCH_TABS", 50)
REFRESH_SECONDS, LIMIT = 5.0, 1.2
PATH = f"/keys/1/workflows/{WORKFLOW}/tasks/"
HEADERS = {"HX-Request": "true", "HX-Target": "task-page", "HX-Trigger": "task-page"}


def measure(folder: Path) -> Iterator[bool]:
    with scripted_api() as api, portal(folder, api.api_url) as first:
        first.load_demo(KEY)
        cookies = first.sign_in().session.cookies.get_dict()
        with portal(folder, api.api_url) as second:
            one = count_calls(api, [first.url], cookies, 1)
            many = count_calls(api, [first.url, second.url], cookies, TABS)
    print(f"calls in {SECONDS} s: {one} for one tab, {many} for {TABS} tabs")
    yield claim(f"calls for {TABS} tabs over calls for one", many / one, LIMIT)


def count_calls(api: ScriptedApi, portals: list[str], cookies: dict[str, str], tabs: int) -> int:
    api.requests.clear()
    failures: list[str] = []
    end = time.monotonic() + SECONDS

    def refresh(url: str, first_seconds: float) -> None:
        """Refresh one tab as htmx does."""
        session = requests.Session()
        due = time.monotonic() + first_seconds
        while due < end:
            time.sleep(max(due - time.monotonic(), 0))
            answer = session.get(url, headers=HEADERS, cookies=cookies, timeout=30)
            if answer.status_code != 200 or answer.text.count('id="t') < TASKS:
                failures.append(f"{answer.status_code}: {answer.text[:200]}")
            due += REFRESH_SECONDS

    threads = [
        threading.Thread(
            target=refresh,
            args=(portals[number % len(portals)] + PATH, random.uniform(0, REFRESH_SECONDS) if number else 0.0),
        )
        for number in range(tabs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    return sum("/tasks" in request for request in api.requests)


if __name__ == "__main__":
    run_bench(measure)
