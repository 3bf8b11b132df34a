"""From a spreadsheet to tasks, through all programs: portal, worker, External API.

Prints ratios of one run, the best of each taken in turns:
  from the file to checked rows on screen / openpyxl's bare reading of the same file     at most 2
  from checked to created / the bare API's time for the same requests                    at most 1.2
and of 12,480 rows: seconds from file to screen, at most 3, and the memory of portal, worker and reader, at most 200 MB.
"""

import json
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests
from openpyxl import Workbook, load_workbook

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
FOLDER = Path(tempfile.mkdtemp(prefix="bench-import-"))
# As bin/run starts them.
os.environ |= {"DATA_DIR": str(FOLDER), "MALLOC_ARENA_MAX": "2"}

from shared.processes import family, pss  # noqa: E402

from tests import samples  # noqa: E402
from tests.live import ExternalApi, Portal, external_api, portal, portal_worker  # noqa: E402
from tests.starting import Process  # noqa: E402

EMAIL, PASSWORD, WORKFLOW = "bench@acme.example", "correct horse battery", 42
LANGUAGES = ["French", "German", "Spanish"]
FIELDS = [
    samples.field("input_text", "long_text", title="Text to translate", required=True),
    samples.field("target_language", "select", title="Target language", required=True, options=LANGUAGES),
    samples.field("article", title="Article"),
    samples.field("due", "datetime", title="Due date"),
    samples.field("share", "numeric", title="Share"),
    samples.field("priority", "rating", title="Priority", min=1, max=5),
]
A_REQUEST, DUE = 5_000, datetime(2026, 3, 30, 12, 0)
ROUNDS = {12_480: 5, 100_000: 2}
# A page asks every second: what its last second adds is left out, and the asking itself is not.
EVERY = {12_480: 0.1, 100_000: 0.5}
fine: list[bool] = []


def row(number: int, run: str) -> list[Any]:
    """Of each run others: equal rows would be held back."""
    text = f"{run} sentence number {number} to be translated"
    return [text, LANGUAGES[number % 3], f"{number:06d}", DUE, number / 8, number % 5 + 1]


def spreadsheet(count: int, run: str) -> Path:
    path = FOLDER / f"{count}-{run}.xlsx"
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([field["title"] for field in FIELDS])
    for number in range(count):
        sheet.append(row(number, run))
    book.save(path)
    return path


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def read_bare(path: Path) -> None:
    book = load_workbook(path, read_only=True)
    assert sum(1 for _ in book.worksheets[0].iter_rows(values_only=True)) > 1


def create_bare(api: ExternalApi, key: str, count: int) -> float:
    """As many rows in as many requests, their bodies written before."""
    names = [field["name"] for field in FIELDS]
    values = ([f"{each:%Y-%m-%dT%H:%M:%SZ}" if each is DUE else each for each in row(n, "bare")] for n in range(count))
    rows = [{"fields": dict(zip(names, of_row, strict=True))} for of_row in values]
    bodies = [json.dumps({"tasks": rows[start : start + A_REQUEST]}) for start in range(0, count, A_REQUEST)]
    session = requests.Session()
    session.headers.update({"Authorization": f"Bearer {key}", "Content-Type": "application/json"})

    def create() -> None:
        for body in bodies:
            answer = session.post(f"{api.url}/workflows/{WORKFLOW}/tasks", data=body, timeout=60)
            assert answer.json()["error_count"] == 0

    return seconds(create)


class Person:
    """Signed in, with a browser's cookies."""

    def __init__(self, running: Portal) -> None:
        self.url = f"{running.url}/keys/1/workflows/{WORKFLOW}/import/"
        self.session = running.sign_in(EMAIL, PASSWORD)

    def post(self, address: str, **given: Any) -> requests.Response:
        headers = {"X-CSRFToken": self.session.cookies["portal_csrf"], "Referer": self.url}
        return self.session.post(address, headers=headers, timeout=120, **given)

    def import_file(self, path: Path, every: float) -> str:
        """Until its rows are checked and on screen; the import's address. `every` so many seconds the page asks."""
        with path.open("rb") as file:
            page = self.post(
                self.url, data={"token": str(uuid4()), "zone": "Europe/Vienna"}, files={"file": (path.name, file)}
            )
        address = re.match(rf"{self.url}[0-9a-f-]+/", page.url)
        assert address, page.text
        while not page.url.endswith("/check/"):
            time.sleep(every)
            page = self.session.get(address[0], timeout=60)
        return address[0]

    def send(self, address: str, count: int) -> None:
        self.post(f"{address}send/", data={"rows": count})
        while "tasks were created" not in (page := self.session.get(f"{address}progress/", timeout=60).text):
            assert "Sending" in page, page
            time.sleep(0.05)


@contextmanager
def highest_memory(*programs: Process) -> Iterator[list[float]]:
    """Proportional set size of these and of what they start, in MB."""
    highest, over = [0.0], threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            highest[0] = max(highest[0], sum(pss(pid) for program in programs for pid in family(program.pid)))

    thread = threading.Thread(target=watch)
    thread.start()
    yield highest
    over.set()
    thread.join()


def report(claim: str, value: float, limit: float) -> None:
    fine.append(value <= limit)
    print(f"{'holds' if fine[-1] else 'FAILS'}  {claim}: {value:.2f} (at most {limit:g})", flush=True)


def measure(count: int, api: ExternalApi, key: str, running: Portal, worker: Process) -> None:
    person = Person(running)
    reading, bare, sending, created = [], [], [], []
    for number in range(ROUNDS[count]):
        path = spreadsheet(count, f"{count}-{number}")
        bare.append(seconds(lambda: read_bare(path)))  # noqa: B023
        address: list[str] = []
        with highest_memory(running.process, worker) as memory:
            reading.append(seconds(lambda: address.append(person.import_file(path, EVERY[count]))))  # noqa: B023
        created.append(create_bare(api, key, count))
        sending.append(seconds(lambda: person.send(address[0], count)))  # noqa: B023
        path.unlink()
    print(f"{count:,} rows: read bare {min(bare):.2f} s, file to screen {min(reading):.2f} s")
    print(f"created bare {min(created):.2f} s, checked to created {min(sending):.2f} s; memory {memory[0]:.0f} MB")
    report(f"{count:,} rows, file to screen / bare reading", min(reading) / min(bare), 2)
    report(f"{count:,} rows, checked to created / bare API", min(sending) / min(created), 1.2)
    if count == 12_480:
        report("12,480 rows, file to screen, seconds", min(reading), 3)
        report("12,480 rows, highest memory of all, MB", memory[0], 200)


def main() -> None:
    with external_api(FOLDER / "api", EXTERNAL_API_KEY_LIMIT="1000000/minute") as api:
        api.load(samples.organization("Acme", samples.workflow(WORKFLOW, fields=FIELDS)))
        key = api.new_key("Acme")
        with portal(FOLDER / "portal", api.url) as running, portal_worker(running) as worker:
            running.run("make_person_with_key", email=EMAIL, password=PASSWORD, key=key, workflow_id=WORKFLOW)
            for count in ROUNDS:
                measure(count, api, key, running, worker)
    sys.exit(not all(fine))


if __name__ == "__main__":
    main()
