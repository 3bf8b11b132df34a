"""The clock of the machine is really set: a running worker says so, goes on, and an upgrade removes nothing by it."""

import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest

from tests.external_api.server import PROJECT
from tests.live import PORTAL_SETTINGS, end, prepared, wait_until
from tests.services.deploy.services import FAKETIME

pytestmark = pytest.mark.full


class Machine:
    """A worker whose clock is a file: `+3h`, or `+0`."""

    def __init__(self, folder: Path) -> None:
        self.data, self.clock, self.log = folder / "data", folder / "clock", folder / "worker.log"
        copytree(prepared(PORTAL_SETTINGS), self.data)
        self.clock.write_text("+0\n")
        faked = {"LD_PRELOAD": FAKETIME, "FAKETIME_TIMESTAMP_FILE": str(self.clock), "FAKETIME_NO_CACHE": "1"}
        faked |= {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "DATA_DIR": str(self.data)}
        faked |= {"DATABASE_URL": f"sqlite:///{self.data}/portal.sqlite3", "DJANGO_SETTINGS_MODULE": PORTAL_SETTINGS}
        command = [sys.executable, "manage.py", "run_worker"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=PROJECT, env=os.environ | faked, stdout=log, stderr=log)

    def set_clock(self, ahead: str, says: str) -> None:
        draft = self.clock.with_suffix(".draft")
        draft.write_text(f"{ahead}\n")
        draft.rename(self.clock)
        wait_until(lambda: re.search(says, self.log.read_text()), f"the worker to say {says}")

    def hours_ahead(self) -> float:
        """By what the worker wrote last."""
        with sqlite3.connect(self.data / "portal.sqlite3") as database:
            (newest,) = database.execute("SELECT max(seen_at) FROM figures_workerbeat").fetchone()
        if newest is None:
            return -1.0
        beat = datetime.fromisoformat(newest).replace(tzinfo=UTC)
        return (beat - datetime.now(UTC)).total_seconds() / 3600


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    running = Machine(tmp_path)
    wait_until(lambda: running.hours_ahead() > -0.5, "the worker to begin")
    yield running
    end(running.process)  # type: ignore[arg-type]


def test_a_worker_says_that_the_clock_was_set_and_goes_on(machine: Machine) -> None:
    machine.set_clock("+5h", r"The clock of this machine went forward by (5:00:0|4:59:5)\d at once")
    wait_until(lambda: machine.hours_ahead() > 4.5, "the worker to beat at its new time")
    machine.set_clock("+0", r"The clock of this machine was set back by (5:00:0|4:59:5)\d")
    assert machine.process.poll() is None


def test_an_upgrade_by_a_wrong_clock_believes_no_migration_that_it_applied_itself(tmp_path: Path) -> None:
    """`prepare` comes before any program that writes by it."""
    data = tmp_path / "data"
    copytree(prepared(PORTAL_SETTINGS), data)
    right = os.environ | {"DATA_DIR": str(data), "DATABASE_URL": f"sqlite:///{data}/portal.sqlite3"}
    right |= {"DJANGO_SETTINGS_MODULE": PORTAL_SETTINGS, "DJANGO_SUPERUSER_PASSWORD": "only-for-this-test"}
    wrong = right | {"LD_PRELOAD": FAKETIME, "FAKETIME": "+400d"}
    manage(right, "createsuperuser", "--noinput", "--email", "a@example.com")
    manage(right, "migrate", "trusted_clock", "zero")
    manage(wrong, "prepare")
    refused = manage(wrong, "tidy")
    assert "400 days ahead" in refused or "399 days ahead" in refused
    assert refused.strip().endswith("Nothing was removed.")
    assert manage(right, "tidy") == ""


def manage(env: dict[str, str], *command: str) -> str:
    """What it says where it fails."""
    done = subprocess.run([sys.executable, "manage.py", *command], cwd=PROJECT, env=env, capture_output=True, text=True)
    return done.stderr
