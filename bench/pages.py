"""No page grows: each page of the portal, opened by a person with one page of everything and by one with far more.

    .venv/bin/python bench/pages.py [WORD...]
    .venv/bin/python bench/pages.py --against COMMIT [WORD...]

Claims, from the best time of each in turns:
  each page of the large company over the same page of the small one             at most 1.3
  the task list, 50 or 200 tasks, over the call to the API that it makes         at most 4
  with `--against COMMIT`: the portal's processor time for each page of the
  small company here, over that at the commit, if it has the page                at most 1.25
With words it opens only pages whose name has one of them. BENCH_DIVISOR makes the large company smaller, but never
smaller than the small one: see filling/size.py. BENCH_ROUNDS (5) and BENCH_REQUESTS (10) are for the comparison: the
turns, and how often each page is opened in one.
"""

import json
import re
import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from shared.measuring import claim, size
from shared.person import Person
from shared.programs import WORKFLOW, ExternalApi, Portal, external_api, portal, workflow
from shared.versions import Figures, Round, run_versions, words

DIVISOR, ROUNDS, REQUESTS = size("BENCH_DIVISOR", 1), size("BENCH_ROUNDS", 5), size("BENCH_REQUESTS", 10)
EMAIL, PASSWORD, FILE_WORKFLOW = "person@acme.example", "correct horse battery", 57
FILE_FIELDS = [{"name": "scan", "title": "Scan", "type": "file_upload", "required": True}]
LIMIT, OF_VERSIONS, LEAST_ROUNDS, MOST_ROUNDS = 1.3, 1.25, 5, 40
# A difference between times below this is chance.
LEAST_SECONDS = 0.003
# Searches for words have a bench of their own; the page to sign in with a passkey answers a few times a minute only.
ELSEWHERE = ("search:search ?q=c", "search:search ?q=o", "accounts:passkey_sign_in")
TASKS, LIST_LIMIT = 5_000, 4
OLDER = re.compile(r'id="older" rel="next" href="([^"]+)"')


@dataclass
class Side:
    """A portal with the data of a company, and its person. `pages` has the addresses by name."""

    portal: Portal
    person: Person
    pages: dict[str, dict[str, Any]]

    def open(self, name: str) -> float:
        """Return the seconds that it took."""
        page = self.pages[name]
        session = self.person.session if page["signed_in"] else requests.Session()
        started = time.perf_counter()
        answer = session.get(self.portal.url + page["address"], timeout=60, allow_redirects=False)
        taken = time.perf_counter() - started
        assert answer.status_code in (200, 302, 410), (page["address"], answer.status_code, answer.text[:500])
        return taken

    def cpu_milliseconds(self, name: str) -> float:
        before = self.portal.cpu_seconds()
        for _ in range(REQUESTS):
            self.open(name)
        return (self.portal.cpu_seconds() - before) / REQUESTS * 1000

    def names(self) -> list[str]:
        """Return the names of the pages that the script's arguments ask for."""
        asked = words()
        names = [name for name in self.pages if not name.startswith(ELSEWHERE)]
        return [name for name in names if not asked or any(word in name for word in asked)]


@contextmanager
def companies(folder: Path, *names: str) -> Iterator[tuple[ExternalApi, str, list[Side]]]:
    """Run an External API and a portal for each company. Yield also the key."""
    with ExitStack() as stack:
        workflows = [workflow(), workflow(FILE_WORKFLOW, FILE_FIELDS)]
        api = stack.enter_context(external_api(folder / "api", workflows=workflows))
        key = api.create_key()
        api.create_tasks(key, TASKS)
        sides = []
        for name in names:
            program = stack.enter_context(portal(folder / name, api.api_url))
            pages = program.fill("company", name, str(DIVISOR), key)
            sides.append(Side(program, program.sign_in(EMAIL, PASSWORD), pages))
        yield api, key, sides


@contextmanager
def prepare(folder: Path) -> Iterator[Round]:
    with companies(folder, "few") as (_, _, [side]):

        def run_round() -> Figures:
            return {f"CPU of {name}, ms": side.cpu_milliseconds(name) for name in side.names()}

        run_round()
        yield run_round


def measure(folder: Path) -> Iterator[bool]:
    with companies(folder, "few", "many") as (api, key, sides):
        for name in sides[0].names():
            yield compare(name, sides)
        if not words():
            for count in (50, 200):
                yield compare_with_call(sides[0].person, api, key, count)


def compare(name: str, sides: list[Side]) -> bool:
    """Open a page of both sides in turns; more often while the larger side seems to be slower."""
    best = [side.open(name) for side in sides]
    for number in range(MOST_ROUNDS):
        best = [min(least, side.open(name)) for least, side in zip(best, sides, strict=True)]
        ratio = best[1] / max(best[0], LEAST_SECONDS)
        if number + 1 >= LEAST_ROUNDS and ratio <= LIMIT:
            break
    return claim(f"{name} ({best[0] * 1000:.1f} ms, {best[1] * 1000:.1f} ms)", ratio, LIMIT)


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
    run_versions(measure, prepare, ROUNDS, limit=OF_VERSIONS)
