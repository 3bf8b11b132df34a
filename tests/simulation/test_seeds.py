"""Working days on which nothing is lost and nothing is sent twice, and the faults that longer ones must find."""

import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import cast

import pytest
from django.db import connection

from tests.external_api.server import PROJECT
from tests.simulation import running
from tests.simulation.days import DAYS
from tests.simulation.faults_planted import FAULTS, Fault
from tests.simulation.office import Office
from tests.simulation.planted import plant
from tests.simulation.running import Result
from tests.simulation.scenario import Day
from tests.simulation.scripts import Act


@pytest.fixture
def migrated(transactional_db: None, tmp_path: Path) -> Path:
    """A copy of the tests' database, since migrations take three seconds."""
    file = tmp_path / "migrated.sqlite3"
    connection.ensure_connection()
    with closing(sqlite3.connect(file)) as copy:
        connection.connection.backup(copy)
    return file


def simulate(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.simulation", *arguments]
    env = os.environ | {"PYTHONHASHSEED": "0"}
    return subprocess.run(command, cwd=PROJECT, env=env, capture_output=True, text=True)


@pytest.mark.sqlite
def test_written_days_keep_the_promises(migrated: Path) -> None:
    run = simulate("--scripts", "--migrated", str(migrated))
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith(f"{len(DAYS)} seeds") and "; 0 failed" in run.stdout


@pytest.mark.sqlite
def test_short_days_keep_the_promises_each_time_they_are_replayed(migrated: Path) -> None:
    run = simulate("1-3", "--twice", "--steps", "3", "--migrated", str(migrated))
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith("3 seeds") and "; 0 failed" in run.stdout


@pytest.mark.full
@pytest.mark.sqlite
def test_whole_days_keep_the_promises(migrated: Path) -> None:
    """Long enough for what needs a beginning, such as a restore."""
    run = simulate("21-40", "--steps", "25", "--migrated", str(migrated))
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith("20 seeds") and "; 0 failed" in run.stdout


def test_a_failure_is_shortened_to_the_steps_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(day: Day, office: object) -> Result:
        fails = {3, 7} <= set(day.steps) and 7 not in day.calm
        return Result(error="sent twice: 'text 5'" if fails else "lost: 'text 1'", last_step=max(day.steps, default=0))

    monkeypatch.setattr(running, "run_in_fork", run)
    day = Day(1, tuple(range(12)))
    shortest, result = running.shorten(day, Result(error="sent twice: 'text 9'", last_step=9), cast(Office, None))
    assert shortest == Day(1, (3, 7), frozenset({3})) and result.kind == "sent twice"


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_each_planted_fault_still_has_its_place(fault: Fault) -> None:
    source = (PROJECT / "pipelines_portal" / fault.file).read_text()
    compile(plant(fault, source), fault.file, "exec")


@pytest.mark.full
@pytest.mark.sqlite
@pytest.mark.timeout(1200)
def test_a_planted_fault_is_found() -> None:
    run = subprocess.run([sys.executable, "-m", "tests.simulation.planted", "1"], cwd=PROJECT, capture_output=True)
    assert run.returncode == 0, run.stdout


def test_the_choices_of_written_days_are_made_somewhere() -> None:
    """A misspelled one would leave the day to chance."""
    people = "\n".join(path.read_text() for path in (Path(running.__file__).parent / "people").glob("*.py"))
    made = set(re.findall(r'world\.(?:choose|happens)\(\s*"([^"]+)"', people))
    acts = [each for day in DAYS for one in day.acts if isinstance(one, Act) for each in (one, *one.meanwhile)]
    assert {name for each in acts for name in each.given} <= made
