"""From a spreadsheet to tasks, through portal, worker and External API.

Claims, from the best time of each in turns:
  file to checked rows on the page, over openpyxl's bare reading of the file     at most 4
  checked rows to tasks, over file to checked rows                               at most 3
  memory of portal, worker and reader, over 250 MB                               at most 1
  with `--against COMMIT`: either time here over the same at that commit         at most 1.2
BENCH_ROWS and BENCH_ROUNDS reduce the number of rows (12,480) and of rounds.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from openpyxl import Workbook, load_workbook
from shared.measuring import claim, process_tree, seconds, shared_megabytes, size
from shared.person import Person
from shared.programs import FIELDS, LANGUAGES, WORKFLOW, Portal, Program, external_api, portal, workflow
from shared.versions import Figures, Round, run_versions

ROWS, ROUNDS = size("BENCH_ROWS", 12_480), size("BENCH_ROUNDS", 5)
MEMORY_MB, POLL_SECONDS = 250, 0.05
DUE = datetime(2026, 3, 30, 12, 0)
ALL_FIELDS: list[dict[str, Any]] = [
    *FIELDS,
    {"name": "article", "title": "Article", "type": "short_text", "required": False},
    {"name": "due", "title": "Due date", "type": "datetime", "required": False},
    {"name": "share", "title": "Share", "type": "numeric", "required": False},
    {"name": "priority", "title": "Priority", "type": "rating", "required": False, "min": 1, "max": 5},
]


def row(number: int, label: str) -> list[Any]:
    """Return the cells of a row. `label` makes it differ from the rows of other files, which would be duplicates."""
    text = f"{label} sentence number {number} to be translated"
    return [text, LANGUAGES[number % 3], f"{number:06d}", DUE, number / 8, number % 5 + 1]


def spreadsheet(folder: Path, label: str) -> Path:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append([field["title"] for field in ALL_FIELDS])
    for number in range(ROWS):
        sheet.append(row(number, label))
    path = folder / f"{label}.xlsx"
    book.save(path)
    return path


def read_bare(path: Path) -> None:
    sheet = load_workbook(path, read_only=True).worksheets[0]
    assert sum(1 for _ in sheet.iter_rows(values_only=True)) == ROWS + 1


@contextmanager
def highest_memory(program: Program) -> Iterator[list[float]]:
    """Yield a list whose one value is the most that the program's processes used together, in MB."""
    highest, ended = [0.0], threading.Event()

    def watch() -> None:
        while not ended.wait(0.05):
            pids = [pid for process in program.processes for pid in process_tree(process.pid)]
            highest[0] = max(highest[0], sum(map(shared_megabytes, pids)))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield highest
    finally:
        ended.set()
        thread.join()


@dataclass
class Office:
    """Running programs, and a person who imports files."""

    folder: Path
    program: Portal
    person: Person
    files: int = 0

    def import_file(self) -> Figures:
        """Import a new file and send it. Return the seconds of both."""
        self.files += 1
        file = spreadsheet(self.folder, f"file-{self.files}")
        started = time.perf_counter()
        path = self.person.check_file(f"/keys/1/workflows/{WORKFLOW}", file, POLL_SECONDS)
        checked = time.perf_counter()
        self.person.send_import(path, ROWS, POLL_SECONDS)
        return {"file to page": checked - started, "page to tasks": time.perf_counter() - checked}


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    workflows = [workflow(fields=ALL_FIELDS)]
    with external_api(folder / "api", workflows=workflows) as api, portal(folder / "portal", api.api_url) as program:
        program.load_demo(api.create_key())
        program.start_worker()
        yield Office(folder, program, program.sign_in())


@contextmanager
def prepare(folder: Path) -> Iterator[Round]:
    with office(folder) as one:
        yield one.import_file


def measure(folder: Path) -> Iterator[bool]:
    rounds, bare_file = list[Figures](), spreadsheet(folder, "bare")
    with office(folder) as one, highest_memory(one.program) as memory:
        for _ in range(ROUNDS):
            bare = seconds(lambda: read_bare(bare_file))
            rounds.append({"bare reading": bare} | one.import_file())
    best = {name: min(figures[name] for figures in rounds) for name in rounds[0]}
    print(f"{ROWS:,} rows: " + ", ".join(f"{name} {value:.2f} s" for name, value in best.items()))
    yield claim("file to page over bare reading", best["file to page"] / best["bare reading"], 4)
    yield claim("page to tasks over file to page", best["page to tasks"] / best["file to page"], 3)
    yield claim(f"{memory[0]:.0f} MB over {MEMORY_MB}", memory[0] / MEMORY_MB, 1)


if __name__ == "__main__":
    run_versions(measure, prepare, ROUNDS, limit=1.2)
