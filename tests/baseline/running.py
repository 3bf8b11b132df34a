"""Whether the tests catch a change: run in a copy of the project, until the first of them fails."""

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from .change import Change
from .copies import changed

CAUGHT, SURVIVED, NOT_REACHED, GONE = "caught", "survived", "not reached", "gone"
# Neither good nor bad: part of what a commit changed, without which nothing loads; or a machine that is too busy.
NOT_LOADED, TOO_SLOW = "does not load", "took too long"
FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/[^:\s]+(?:::\w+)+)", re.M)
# Many times what the tests take, since this machine may be busy.
TEST_SECONDS, WHOLE_SECONDS = 120, 1200
EXTERNAL_API = "tests/external_api/"


@dataclass(frozen=True)
class Result:
    outcome: str
    test: str = ""


class Runner:
    """Remembers which tests pass without a change."""

    def __init__(self) -> None:
        self._passing, self._failing = set[str](), set[str]()

    def result(self, change: Change, tests: list[str], copy: Path) -> Result:
        while left := [test for test in tests if test not in self._failing]:
            with changed(copy, change.texts):
                result = first_failure(left, copy)
            if not result.test or self._passes(result.test, copy):
                return result
        return Result(NOT_REACHED)  # by a test that passes without the change

    def _passes(self, test: str, copy: Path) -> bool:
        if test not in self._passing | self._failing:
            passes = first_failure([test], copy).outcome == SURVIVED
            (self._passing if passes else self._failing).add(test)
            if not passes:
                print(f"left out, since it fails without a change: {test}", flush=True)
        return test in self._passing


def first_failure(tests: list[str], copy: Path) -> Result:
    external = [test for test in tests if test.startswith(EXTERNAL_API)]
    for part in ([test for test in tests if test not in external], external):
        if part and (result := _first_failure(part, copy)).outcome != SURVIVED:
            return result
    return Result(SURVIVED)


def _first_failure(tests: list[str], copy: Path) -> Result:
    settings = "external_api" if tests[0].startswith(EXTERNAL_API) else "portal"
    command = [sys.executable, "-m", "pytest", "-x", "-rfE", "--tb=no", f"--timeout={TEST_SECONDS}"]
    command += ["-p", "no:cacheprovider", f"--ds=pipelines_portal.settings.{settings}", *tests]
    # The tests may start programs, which a test that hangs would leave behind.
    with subprocess.Popen(
        command, cwd=copy, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    ) as run:
        try:
            output = run.communicate(timeout=WHOLE_SECONDS)[0]
        except subprocess.TimeoutExpired:
            return Result(TOO_SLOW)
        finally:
            _end(run)
    if failed := FAILED.search(output):
        return Result(CAUGHT, failed[1])
    return Result(SURVIVED if run.returncode == 0 else NOT_LOADED)


def _end(run: subprocess.Popen[str]) -> None:
    try:
        os.killpg(run.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
