"""Which tests without other programs reach what a change changes: measured once for each commit."""

import json
import os
import shutil
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

import coverage

from tests.quick.choosing import PARTS, measure
from tests.quick.measuring import seconds_beside

from .change import Change, Lines
from .copies import PROJECT
from .rendering import templates_beside

# A test that takes longer is left out, and so are the last tests of a change that take longer together.
LONGEST_SECONDS = 40.0
MOST_SECONDS = 120.0
MOST_TESTS = 400


def measured(folder: Path) -> "Reaching":
    if not folder.exists():
        print("Measuring which tests reach what. It takes about ten minutes.", flush=True)
        new = folder.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        os.environ["PYTEST_ADDOPTS"] = "-p tests.baseline.rendering"
        with ThreadPoolExecutor(2) as processes:
            list(processes.map(partial(measure, str(new)), PARTS))
        del os.environ["PYTEST_ADDOPTS"]
        new.rename(folder)
    return Reaching(folder)


class Reaching:
    def __init__(self, folder: Path) -> None:
        self._data = [coverage.CoverageData(str(file)) for file in folder.glob("*.data")]
        self._seconds: dict[str, float] = {}
        self._rendering = defaultdict[str, set[str]](set)
        for data in self._data:
            data.read()
            cases = json.loads(seconds_beside(data.data_filename()).read_text())
            self._seconds |= {test: sum(seconds) for test, seconds in cases.items()}
            for template, tests in json.loads(templates_beside(data.data_filename()).read_text()).items():
                self._rendering[template] |= set(tests)
        self._running = cache(self._read_running)

    def tests_of(self, change: Change, first: str = "") -> list[str]:
        """Give the tests that reach it: `first`, then those of the same folder, then others, each time the quickest."""
        reaching = {test for path, lines in change.lines.items() for test in self._of_file(path, lines)}
        near = {test: max(_nearness(test, path) for path in change.lines) for test in reaching}
        chosen, left = list[str](), MOST_SECONDS
        for test in sorted(reaching, key=lambda test: (test != first, -near[test], self._seconds[test], test)):
            if self._seconds[test] <= min(LONGEST_SECONDS, left) and len(chosen) < MOST_TESTS:
                chosen.append(test)
                left -= self._seconds[test]
        return chosen

    def _of_file(self, path: str, lines: Lines) -> set[str]:
        """What runs only as its file is loaded may matter to all tests that run something of the file."""
        if path.startswith("templates/"):
            return self._rendering[path]
        running = self._running(path)
        if lines & running.keys() and not any(running.get(line) for line in lines):
            return set().union(*running.values())
        return set().union(*(running.get(line, set()) for line in lines))

    def _read_running(self, path: str) -> dict[int, set[str]]:
        """The tests that run each line of a file; none, if it runs only as the file is loaded."""
        running = defaultdict[int, set[str]](set)
        for data in self._data:
            for line, tests in data.contexts_by_lineno(str(PROJECT / path)).items():
                running[line] |= {test for test in tests if test in self._seconds}
        return running


def _nearness(test: str, path: str) -> int:
    """How many folders they share, below those of all tests and of the product."""
    return len(os.path.commonprefix([test.split("/")[1:-1], path.split("/")[1:-1]]))
