"""Choose again which tests `make check` leaves out: `make choose`.

Measure each test that starts no program. Then choose the test that runs the most further lines for its time, again and
again, until the chosen ones take `--share` of the time of all.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from heapq import heapify, heappop, heappush
from pathlib import Path

import coverage

from . import LEFT_OUT
from .measuring import seconds_beside

PROJECT = Path(__file__).parents[2]
# Tests that are never left out: the simulation, duplicates, access, the comparison of the fake API with the real one,
# and tests of names and documents, which run no line of the portal.
ALWAYS = (
    "tests/simulation/",
    "tests/submissions/test_duplicates.py",
    "tests/entry/imports/test_check.py::test_equal_rows_of_a_file_that_grew_are_counted",
    "tests/access/test_access.py::test_every_url_has_its_row",
    "tests/access/test_access.py::test_who_may_little_is_let_in_as_the_table_says",
    "tests/external_api/test_fake_api.py",
    "tests/external_api/test_conformance_rows.py",
    "tests/test_",
    # Each of these is the only one that finds a fault which was planted in lines that others run, too.
    "tests/entry/grid/test_creating.py::test_a_duplicate_that_is_wanted_is_asked_about_again_when_it_changes",
    "tests/entry/imports/test_changes_at_once.py::test_rows_that_change_during_a_change_are_read_again",
    "tests/entry/imports/test_races.py::test_an_answer_that_comes_after_its_rows_were_given_back_keeps_them_from_leaving_again",
    "tests/entry/imports/test_rights.py::test_nothing_is_sent_after_the_owner_loses_the_right",
    "tests/submissions/test_decisions.py::test_task_of_another_submission_is_not_taken_for_mine",
    "tests/submissions/test_decisions.py::test_the_task_of_a_try_that_was_declared_not_sent_is_offered_after_the_next_one",
    "tests/submissions/test_lost_answers.py::test_it_is_asked_for_a_day",
    "tests/uploads/test_races.py::test_cancelling_after_a_lost_confirm_asks_what_came_of_it",
    "tests/uploads/test_races.py::test_lost_confirm_is_not_forgotten_by_the_next_that_fails",
)
# The same parts as in the Makefile.
ENTRY = ("tests/entry", "tests/access", "tests/simulation")
ELSEWHERE = ("tests/external_api", "tests/services", "tests/browser", *ENTRY)
# Measured in parallel.
PARTS = (
    ["tests", *(f"--ignore={folder}" for folder in ELSEWHERE)],
    list(ENTRY),
    ["tests/external_api", "--ds=pipelines_portal.settings.external_api"],
)
# Seconds of each case outside the measured ones.
OWN_SECONDS = 0.005
# The files and lines that each test runs.
Lines = dict[str, set[tuple[str, int]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.2)
    share = parser.parse_args().share
    lines: Lines = {}
    seconds: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(2) as processes:
        for data_file in processes.map(partial(measure, folder), PARTS):
            seconds |= json.loads(seconds_beside(data_file).read_text())
            for name, ran in lines_by_test(data_file).items():
                lines.setdefault(name, set()).update(ran)
    chosen = choose(lines, seconds, share)
    left_out = sorted(set(seconds) - chosen)
    LEFT_OUT.write_text("".join(f"{name}\n" for name in left_out))
    ran, every = (set().union(*(lines.get(name, set()) for name in names)) for names in (chosen, seconds))
    print(f"{len(chosen)} of {len(seconds)} tests run {100 * len(ran) / len(every):.1f} % of the lines that all run.")


def measure(folder: str, tests: list[str]) -> str:
    """Return the file with the lines that each test ran."""
    data_file = f"{folder}/{Path(tests[0]).name}.data"
    run = [sys.executable, "-m", "coverage", "run", "--rcfile=/dev/null", f"--data-file={data_file}"]
    run += ["--source=pipelines_portal", "-m", "pytest", "-p", "tests.quick.measuring", "--timeout=1200", *tests]
    # Some tests bound how long something takes, which coverage may exceed: a failed test does not matter here.
    if subprocess.run([*run, "-m", "not full"], cwd=PROJECT, check=False).returncode > 1:
        raise SystemExit(f"The tests of {tests[0]} were not measured: pytest did not run them.")
    return data_file


def lines_by_test(data_file: str) -> Lines:
    data = coverage.CoverageData(data_file)
    data.read()
    lines: Lines = {}
    for file in data.measured_files():
        for line, names in data.contexts_by_lineno(file).items():
            for name in names:
                lines.setdefault(name, set()).add((file, line))
    return lines


def choose(lines: Lines, seconds: dict[str, list[float]], share: float) -> set[str]:
    cost = {name: sum(cases) + OWN_SECONDS * len(cases) for name, cases in seconds.items()}
    chosen = {name for name in seconds if name.startswith(ALWAYS)}
    ran = set[tuple[str, int]]().union(*(lines[name] for name in chosen if name in lines))
    left = share * sum(cost.values()) - sum(cost[name] for name in chosen)

    def worth(name: str) -> float:
        return (len(lines.get(name, set()) - ran) + len(seconds[name])) / cost[name]

    # Worth only falls as others are chosen, so the first test is the best if its present worth is still the highest.
    waiting = [(-worth(name), name) for name in seconds if name not in chosen]
    heapify(waiting)
    while waiting:
        name = heappop(waiting)[1]
        now = -worth(name)
        if waiting and now > waiting[0][0]:
            heappush(waiting, (now, name))
        elif cost[name] <= left:
            left -= cost[name]
            chosen.add(name)
            ran |= lines.get(name, set())
    return chosen


if __name__ == "__main__":
    main()
