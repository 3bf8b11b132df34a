"""Memory of everything that `make run` starts, as proportional set size: idle, and after use.

Use is: imports of 12,480 rows with their download as a spreadsheet, sending and export, and eight people who open pages
with 200 tasks, submissions, a form and a template.
Claims: idle over 370 MB, and after use over 500 MB, are at most 1.
BENCH_ROWS and BENCH_ROUNDS reduce the number of rows, and how often (3) everything is used.
"""

import csv
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from shared.make_run import Run, make_run
from shared.measuring import claim, size
from shared.person import Person
from shared.programs import WORKFLOW, run_bench

ROWS, ROUNDS = size("BENCH_ROWS", 12_480), size("BENCH_ROUNDS", 3)
IDLE_MB, USED_MB, SETTLE_SECONDS, POLL_SECONDS = 370, 500, 20, 0.5
PLACE = f"/keys/1/workflows/{WORKFLOW}"
PAGES = [
    f"{PLACE}/tasks/?limit=200", f"{PLACE}/tasks/?limit=200&status=finished", "/", "/submissions/",
    f"{PLACE}/tasks/new/", f"{PLACE}/import/template.xlsx", "/account/",
]  # fmt: skip


def measure(folder: Path) -> Iterator[bool]:
    with make_run(folder):
        pass  # Modules are compiled and the demo is made once.
    with make_run(folder) as run:
        time.sleep(SETTLE_SECONDS)
        idle = run.megabytes()
        yield claim(f"idle, {idle:.0f} MB over {IDLE_MB}", idle / IDLE_MB, 1)
        use(run, folder)
        print(f"at once after use: {run.megabytes():.0f} MB")
        time.sleep(SETTLE_SECONDS)
        used = run.megabytes()
        yield claim(f"after use, {used:.0f} MB over {USED_MB}", used / USED_MB, 1)


def use(run: Run, folder: Path) -> None:
    person = Person(run.url, "demo@example.com", "pipelines-demo")
    for number in range(ROUNDS):
        path = person.check_file(PLACE, table(folder, number), POLL_SECONDS)
        person.get(f"{path}rows/not-sent.xlsx")
        person.send_import(path, ROWS, POLL_SECONDS)
        person.post("/submissions/export.csv")
        with ThreadPoolExecutor(8) as people:
            list(people.map(person.get, PAGES * 20))


def table(folder: Path, number: int) -> Path:
    path = folder / f"rows-{number}.csv"
    with path.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["Text to translate", "Target language"])
        lines.writerows([f"File {number}, sentence {row}", "French"] for row in range(ROWS))
    return path


if __name__ == "__main__":
    run_bench(measure)
