"""The grid: a typed row that is checked at the portal, and the first page of a large file.

Claims, from the best time of each in turns:
  a row checked among 200 rows, over one among 10 rows                      at most 2
  a row checked in an import of 12,480 rows, over one among 200 rows        at most 2
  file to the first page of 12,480 rows, over a tenth of the rows           at most 12
Prints the milliseconds and seconds, with the aims for a machine that does nothing else: 100 ms a row, 3 s a file.
BENCH_ROWS and BENCH_ROUNDS reduce the number of rows (12,480) and of rounds.
"""

import csv
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shared.measuring import claim, size
from shared.person import Person
from shared.programs import LANGUAGES, WORKFLOW, external_api, portal, run_bench, workflow

ROWS, ROUNDS = size("BENCH_ROWS", 12_480), size("BENCH_ROUNDS", 5)
ROW_MS, FILE_SECONDS = 100, 3
POLL_SECONDS = 0.05
PLACE = f"/keys/1/workflows/{WORKFLOW}"


def post_cells(person: Person, path: str, rows: list[dict[str, Any]]) -> float:
    """Save cells as the script of the grid does. Return the milliseconds."""
    began = time.perf_counter()
    answer = person.post(path, data=json.dumps({"rows": rows}))
    if 'id="saved"' not in answer.text:
        raise RuntimeError(f"The cells were not saved: {answer.text}")
    return (time.perf_counter() - began) * 1000


def new_row(number: int, text: str) -> dict[str, Any]:
    return {"number": number, "new": True, "cells": {"input_text": ["", text], "target_language": ["", LANGUAGES[0]]}}


class Typed:
    """The grid of typed rows, which has as many as were added."""

    def __init__(self, person: Person) -> None:
        self.person, self.count, self.first_text = person, 0, "Typed 1"

    def fill(self, count: int) -> None:
        rows = [new_row(number, f"Typed {number}") for number in range(self.count + 1, count + 1)]
        post_cells(self.person, f"{PLACE}/sheets/new/cells/", rows)
        self.count = count

    def check_row(self) -> float:
        """Change the first row, and return the milliseconds until its check was answered."""
        before, after = self.first_text, f"Typed again {time.time()}"
        self.first_text = after
        row = {"number": 1, "new": False, "cells": {"input_text": [before, after]}}
        return post_cells(self.person, f"{PLACE}/sheets/new/cells/", [row])


def write_file(folder: Path, rows: int, label: str) -> Path:
    path = folder / f"{label}.csv"
    with path.open("w", newline="") as out:
        lines = ([f"{label} sentence {number}", LANGUAGES[number % 3]] for number in range(rows))
        csv.writer(out).writerows([["Text to translate", "Target language"], *lines])
    return path


def open_file(person: Person, folder: Path, rows: int, label: str) -> tuple[str, float]:
    """Import a file. Return its path in the portal, and the seconds until its first page of rows."""
    file = write_file(folder, rows, label)
    began = time.perf_counter()
    path = person.check_file(PLACE, file, POLL_SECONDS)
    page = person.get(f"{path}grid/")
    if not re.search(r'data-number="2"', page):
        raise RuntimeError("The page shows no rows.")
    return path, time.perf_counter() - began


def check_imported_row(person: Person, path: str, label: str) -> float:
    """Change the first row of an import there and back, and return the milliseconds of one change."""
    cell = [f"{label} sentence 0", f"{label} changed"]
    there = {"number": 2, "cells": {"input_text": cell}}
    back = {"number": 2, "cells": {"input_text": cell[::-1]}}
    return sum(post_cells(person, f"{path}grid/cells/", [row]) for row in (there, back)) / 2


def measure(folder: Path) -> Iterator[bool]:
    with external_api(folder / "api", workflows=[workflow()]) as api, portal(folder / "portal", api.api_url) as program:
        program.load_demo(api.create_key())
        program.start_worker()
        person = program.sign_in()
        typed = Typed(person)
        typed.fill(10)
        few = min(typed.check_row() for _ in range(ROUNDS))
        typed.fill(200)
        many = min(typed.check_row() for _ in range(ROUNDS))
        small = min(open_file(person, folder, ROWS // 10, f"small-{number}")[1] for number in range(ROUNDS))
        opened = [open_file(person, folder, ROWS, f"large-{number}") for number in range(ROUNDS)]
        large = min(taken for _, taken in opened)
        imported = min(check_imported_row(person, opened[0][0], "large-0") for _ in range(ROUNDS))
    print(f"a row among 10: {few:.0f} ms, among 200: {many:.0f} ms, in an import: {imported:.0f} ms (aim {ROW_MS} ms)")
    print(f"{ROWS:,} rows from file to page: {large:.2f} s (aim {FILE_SECONDS} s)")
    yield claim("a row among 200 over one among 10", many / few, 2)
    yield claim(f"a row in an import of {ROWS:,} over one among 200", imported / many, 2)
    yield claim(f"file to page of {ROWS:,} rows over a tenth", large / small, 12)


if __name__ == "__main__":
    run_bench(measure)
