"""The task list of 50 and of 200, with 300 workflows opened: what the portal adds to its upstream call.

Walks down the list, so that every page is one that nobody asked for before: no answer of the API's is kept for it. The
same page is asked of the API itself in turns. Prints the ratios of one run, and fails where one is missed:
  page / (1.2 × upstream call + 8 ms)                            at most 1, of 50 and of 200
  first pages served to four threads at once / served to one     at least 1
"""

import json
import re
import statistics
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from shared.contestants import WORKFLOW, Contestant, Operator, here, running, set_up

WORKFLOWS, TASKS, PAGES, CALLS = 300, 5000, 24, 120
OLDER = re.compile(r'id="older" rel="next" href="([^"]+)"')


class Caller:
    """One connection, kept; what it was asked last took `milliseconds`."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self.connection, self.headers = HTTPConnection("127.0.0.1", port, timeout=60), headers
        self.milliseconds = 0.0

    def get(self, path: str) -> str:
        started = time.perf_counter()
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        self.milliseconds = (time.perf_counter() - started) * 1000
        assert answer.status == 200, (answer.status, text[:500])
        return text


def walk(portal: Caller, api: Caller, operator: Operator, size: int) -> tuple[float, float]:
    """The medians of a page and of its call."""
    place, pages, calls = f"/keys/{operator.key_id}/workflows/{WORKFLOW}/tasks/", list[float](), list[float]()
    query, cursor = f"?limit={size}", ""
    for _ in range(min(PAGES, TASKS // size)):
        html = portal.get(place + query)
        assert html.count('class="rowlink"') == size
        pages.append(portal.milliseconds)
        answer = json.loads(api.get(f"/api/v1/workflows/{WORKFLOW}/tasks?limit={size}{cursor}"))
        calls.append(api.milliseconds)
        older = OLDER.search(html)
        if not older:
            break
        query, cursor = older[1].replace("&amp;", "&"), f"&cursor={answer['next_cursor']}"
    return statistics.median(pages), statistics.median(calls)


def a_second(contestant: Contestant, threads: int) -> float:
    """How many first pages are served a second, so many asking."""
    operator = contestant.operators[0]

    def work() -> None:
        caller = Caller(contestant.port, {"Cookie": operator.cookie})
        for _ in range(CALLS // threads):
            caller.get(f"/keys/{operator.key_id}/workflows/{WORKFLOW}/tasks/?limit=50")

    workers = [threading.Thread(target=work) for _ in range(threads)]
    started = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return CALLS / (time.perf_counter() - started)


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-portal-page-") as folder:
        contestant = here(Path(folder) / "here")
        key = set_up(contestant, 1, WORKFLOWS, TASKS)[0]
        operator, misses = contestant.operators[0], 0
        with running(contestant):
            portal = Caller(contestant.port, {"Cookie": operator.cookie})
            api = Caller(int(contestant.env["API_PORT"]), {"Authorization": f"Bearer {key}"})
            walk(portal, api, operator, 25)
            for size in (50, 200):
                page, call = walk(portal, api, operator, size)
                allowed = 1.2 * call + 8
                misses += page > allowed
                print(f"page of {size}: {page:.1f} ms, call {call:.1f}, allowed {allowed:.1f}")
                print(f"  page / allowed: {page / allowed:.2f} (at most 1)")
            rates = [(a_second(contestant, 1), a_second(contestant, 4)) for _ in range(3)]
        one, four = (statistics.median(rate[at] for rate in rates) for at in (0, 1))
        print(f"pages a second to one thread {one:.0f}, to four {four:.0f}: {four / one:.2f} (at least 1)")
    sys.exit(1 if misses or four < one else 0)


if __name__ == "__main__":
    main()
