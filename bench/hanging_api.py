"""Pages that need no API, while the API accepts calls and never answers, and 50 people go on clicking.

Claims, for the sign-in page and the list of submissions: the median time then over the median time before is at most 2.
BENCH_PEOPLE and BENCH_ROUNDS reduce the number of people and of requests.
"""

import random
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests
from shared.measuring import claim, size
from shared.person import Person
from shared.programs import WORKFLOW, Portal, portal, run_bench
from shared.scripted_api import KEY, scripted_api

PEOPLE, ROUNDS = size("BENCH_PEOPLE", 50), size("BENCH_ROUNDS", 80)
# Seconds for which a person looks at a page before the next click.
THINKING = (1.0, 3.0)
PAUSE_SECONDS, LIMIT = 0.2, 2.0
PAGES = ("/sign-in/", "/submissions/")


def measure(folder: Path) -> Iterator[bool]:
    with scripted_api() as api, portal(folder, api.api_url) as program:
        program.load_demo(KEY)
        person = program.sign_in()
        medians(program, person, 10)
        before = medians(program, person, ROUNDS)
        api.hangs.set()
        with clicking(program, person) as clicks:
            during = medians(program, person, ROUNDS)
        api.released.set()
    print(f"{len(clicks)} clicks on a page that needs the API, {sum(c < 1 for c in clicks)} answered within a second")
    for page in PAGES:
        print(f"{page}: {before[page]:.1f} ms before, {during[page]:.1f} ms while the API hangs")
        yield claim(f"{page} while the API hangs over before", during[page] / before[page], LIMIT)


def medians(program: Portal, person: Person, rounds: int) -> dict[str, float]:
    """Return milliseconds by page: the sign-in page for a stranger, the submissions for somebody signed in."""
    times: dict[str, list[float]] = {page: [] for page in PAGES}
    sessions = (requests.Session(), person.session)
    for _ in range(rounds):
        for page, session in zip(PAGES, sessions, strict=True):
            started = time.perf_counter()
            session.get(program.url + page, timeout=60).raise_for_status()
            times[page].append((time.perf_counter() - started) * 1000)
        time.sleep(PAUSE_SECONDS)
    return {page: statistics.median(of_page) for page, of_page in times.items()}


@contextmanager
def clicking(program: Portal, person: Person) -> Iterator[list[float]]:
    """Let people open the task list until the block ends. Yield the seconds of their clicks."""
    ended, clicks = threading.Event(), list[float]()

    def click() -> None:
        session = requests.Session()
        session.cookies.update(person.session.cookies)
        while not ended.wait(random.uniform(*THINKING)):
            started = time.perf_counter()
            answer = session.get(f"{program.url}/keys/1/workflows/{WORKFLOW}/tasks/", timeout=120)
            clicks.append(time.perf_counter() - started)
            assert answer.status_code == 503, answer.status_code

    threads = [threading.Thread(target=click, daemon=True) for _ in range(PEOPLE)]
    for thread in threads:
        thread.start()
    try:
        yield clicks
    finally:
        ended.set()
        for thread in threads:
            thread.join(timeout=60)


if __name__ == "__main__":
    run_bench(measure)
