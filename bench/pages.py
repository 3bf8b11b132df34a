"""No page grows: each page of the portal, opened by a person with one page of everything and by one with far more.

Claims, from the best time of each in turns:
  each page of the large company over the same page of the small one     at most 1.3
  the task list, 50 or 200 tasks, over the call to the API that it makes  at most 4
`pages.py WORD...` opens only pages whose name has one of these words. BENCH_DIVISOR makes the large company smaller,
but never smaller than the small one: see filling/size.py.
"""

import json
import re
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import requests
from shared.measuring import claim, size
from shared.person import Person
from shared.programs import WORKFLOW, ExternalApi, Portal, external_api, portal, run_bench, workflow

DIVISOR = size("BENCH_DIVISOR", 1)
EMAIL, PASSWORD, FILE_WORKFLOW = "person@acme.example", "correct horse battery", 57
FILE_FIELDS = [{"name": "scan", "title": "Scan", "type": "file_upload", "required": True}]
LIMIT, LEAST_ROUNDS, MOST_ROUNDS = 1.3, 5, 40
# A difference between times below this is chance.
LEAST_SECONDS = 0.003
TASKS, LIST_LIMIT = 5_000, 4
OLDER = re.compile(r'id="older" rel="next" href="([^"]+)"')


def measure(folder: Path) -> Iterator[bool]:
    with ExitStack() as stack:
        api = stack.enter_context(
            external_api(folder / "api", workflows=[workflow(), workflow(FILE_WORKFLOW, FILE_FIELDS)])
        )
        key = api.create_key()
        api.create_tasks(key, TASKS)
        sides = [stack.enter_context(portal(folder / name, api.api_url)) for name in ("few", "many")]
        pages = [
            side.fill("company", name, str(DIVISOR), key) for side, name in zip(sides, ("few", "many"), strict=True)
        ]
        people = [side.sign_in(EMAIL, PASSWORD) for side in sides]
        words = sys.argv[1:]
        for name in pages[0]:
            if not words or any(word in name for word in words):
                yield compare(name, sides, people, [of_side[name] for of_side in pages])
        if not words:
            for count in (50, 200):
                yield compare_with_call(people[0], api, key, count)


def compare(name: str, sides: list[Portal], people: list[Person], pages: list[dict[str, Any]]) -> bool:
    """Open a page of both sides in turns; more often while the larger side seems to be slower."""
    opens = [
        partial(get, person.session if page["signed_in"] else requests.Session(), side.url + page["address"])
        for side, person, page in zip(sides, people, pages, strict=True)
    ]
    best = [open_page() for open_page in opens]
    for number in range(MOST_ROUNDS):
        best = [min(least, open_page()) for least, open_page in zip(best, opens, strict=True)]
        ratio = best[1] / max(best[0], LEAST_SECONDS)
        if number + 1 >= LEAST_ROUNDS and ratio <= LIMIT:
            break
    return claim(f"{name} ({best[0] * 1000:.1f} ms, {best[1] * 1000:.1f} ms)", ratio, LIMIT)


def get(session: requests.Session, url: str) -> float:
    started = time.perf_counter()
    answer = session.get(url, timeout=60, allow_redirects=False)
    taken = time.perf_counter() - started
    assert answer.status_code in (200, 302, 410), (url, answer.status_code, answer.text[:500])
    return taken


def compare_with_call(person: Person, api: ExternalApi, key: str, count: int) -> bool:
    """Page through the list, so that no page was read before, and make the same calls to the API."""
    pages, calls = list[float](), list[float]()
    path, cursor = f"/keys/1/workflows/{WORKFLOW}/tasks/", ""
    query = f"?limit={count}"
    for _ in range(min(TASKS // count, 24) - 1):
        started = time.perf_counter()
        html = person.get(path + query)
        opened = time.perf_counter()
        answer = requests.get(
            f"{api.api_url}/workflows/{WORKFLOW}/tasks?limit={count}{cursor}",
            headers={"Authorization": f"Bearer {key}"}, timeout=60,
        )  # fmt: skip
        calls.append(time.perf_counter() - opened)
        pages.append(opened - started)
        older = OLDER.search(html)
        assert older, html
        query, cursor = older[1].replace("&amp;", "&"), f"&cursor={json.loads(answer.text)['next_cursor']}"
    page, call = statistics.median(pages), statistics.median(calls)
    return claim(
        f"a list of {count} over its call ({page * 1000:.1f} ms, {call * 1000:.1f} ms)", page / call, LIST_LIMIT
    )


if __name__ == "__main__":
    run_bench(measure)
