"""The API accepts calls and never answers, and 50 people click on: pages that need no API answer as ever.

Prints, for the sign-in page and the ledger, the ratio of their time under that to their time when nobody else is there.
"""

import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = Path(tempfile.mkdtemp(prefix="bench-hanging-api-"))
os.environ |= {"DATA_DIR": str(FOLDER)}

import requests  # noqa: E402

from tests.faulty_api import FaultyApi, answer, faulty_api, silence  # noqa: E402
from tests.live import Portal, portal  # noqa: E402

PEOPLE, WORKFLOW = 50, 42
# A person looks at a page for so long before the next click.
THINKING = (1.0, 3.0)
ROUNDS, SECONDS_BETWEEN = 80, 0.2
WORST_RATIO = 2.0
PAGES = ("/sign-in/", "/submissions/")


def main() -> None:
    workflow = answer(200, {"id": WORKFLOW, "name": "French", "status": "ACTIVE"})
    with faulty_api(workflow) as api, portal(FOLDER, api.url) as running:
        api.routes["/schema"] = answer(200, {"fields": []})
        running.manage("load_demo", "--key-name", "Acme", "--workflows", str(WORKFLOW), given="pk_live_" + "a" * 40)
        cookies = running.sign_in("demo@example.com", "pipelines-demo").cookies
        times(running, cookies, 10)
        idle = times(running, cookies, ROUNDS)
        with clicking(running, api, cookies) as clicks:
            busy = times(running, cookies, ROUNDS)
    print(f"{len(clicks)} clicks on pages that need the API: {len([c for c in clicks if c < 1])} answered within 1 s")
    holds = [report(page, idle[page], busy[page]) for page in PAGES]
    sys.exit(not all(holds))


def times(running: Portal, cookies: requests.cookies.RequestsCookieJar, rounds: int) -> dict[str, list[float]]:
    """Milliseconds a page: the sign-in page for a stranger, the ledger for someone signed in."""
    found: dict[str, list[float]] = {page: [] for page in PAGES}
    stranger, person = requests.Session(), requests.Session()
    person.cookies = cookies.copy()
    for _ in range(rounds):
        for page, session in zip(PAGES, (stranger, person), strict=True):
            started = time.perf_counter()
            assert session.get(running.url + page, timeout=60).status_code == 200
            found[page].append((time.perf_counter() - started) * 1000)
        time.sleep(SECONDS_BETWEEN)
    return found


@contextmanager
def clicking(running: Portal, api: FaultyApi, cookies: requests.cookies.RequestsCookieJar) -> Iterator[list[float]]:
    """The API falls silent, and so many people go on clicking until the block ends. Yields the seconds a click took."""
    api.script[:], over, clicks = [silence(3600)], threading.Event(), []
    api.routes.clear()

    def click() -> None:
        person = requests.Session()
        person.cookies = cookies.copy()
        while not over.wait(random.uniform(*THINKING)):
            started = time.perf_counter()
            answered = person.get(f"{running.url}/keys/1/workflows/{WORKFLOW}/tasks/", timeout=120)
            clicks.append(time.perf_counter() - started)
            assert answered.status_code == 503, answered.status_code

    people = [threading.Thread(target=click, daemon=True) for _ in range(PEOPLE)]
    for person in people:
        person.start()
    yield clicks
    over.set()
    for person in people:
        person.join(timeout=60)


def report(page: str, idle: list[float], busy: list[float]) -> bool:
    before, during = statistics.median(idle), statistics.median(busy)
    slowest = statistics.quantiles(busy, n=20)[-1]
    ratio = during / before
    print(f"{page} alone {before:.1f} ms, with the API hanging {during:.1f} ms (95 of 100 within {slowest:.0f} ms)")
    print(f"{page} hanging over alone: {ratio:.2f} (at most {WORST_RATIO})")
    return ratio <= WORST_RATIO


if __name__ == "__main__":
    main()
