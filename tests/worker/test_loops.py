"""When the worker looks for work: while somebody writes, and now and then all the same."""

import queue
import sqlite3
import threading
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines_portal.worker import changes
from pipelines_portal.worker.changes import DatabaseChanges
from pipelines_portal.worker.management.commands.run_worker import run_loop
from pipelines_portal.worker.schedule import Loop


@pytest.fixture
def writer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sqlite3.Connection:
    """Of another process, to the database the worker watches."""
    file = tmp_path / "portal.sqlite3"
    found = SimpleNamespace(vendor="sqlite", settings_dict={"NAME": file})
    monkeypatch.setattr(changes, "connection", found)
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE row (words text)")
    return connection


def test_a_write_is_told_once(writer: sqlite3.Connection) -> None:
    watcher = DatabaseChanges()
    assert watcher.since_last_call()
    assert not watcher.since_last_call()
    writer.execute("INSERT INTO row VALUES ('new')")
    assert watcher.since_last_call()
    writer.execute("SELECT * FROM row").fetchall()
    assert not watcher.since_last_call()


def test_a_write_into_a_log_begun_anew_is_told(writer: sqlite3.Connection) -> None:
    watcher = DatabaseChanges()
    watcher.since_last_call()
    writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    watcher.since_last_call()
    writer.execute("INSERT INTO row VALUES ('new')")
    assert watcher.since_last_call()


def test_without_a_log_every_look_is_made(writer: sqlite3.Connection) -> None:
    """Also right after the start, and where the last one closed the database."""
    watcher = DatabaseChanges()
    writer.close()
    assert watcher.since_last_call()
    assert watcher.since_last_call()


def test_of_another_database_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changes, "connection", SimpleNamespace(vendor="postgresql", settings_dict={"NAME": "portal"}))
    watcher = DatabaseChanges()
    assert watcher.since_last_call()
    assert watcher.since_last_call()


def test_a_second_thread_takes_what_comes_while_the_first_is_at_work() -> None:
    """And what fails once is no end of it."""
    long_one, taken = threading.Event(), queue.Queue[str]()
    work: list[Any] = ["fails", "long", "short"]

    def work_on_next() -> bool:
        if not work:
            return False
        name = work.pop(0)
        taken.put(name)
        if name == "fails":
            raise RuntimeError(name)
        return name == "long" and long_one.wait(20)

    bell: queue.Queue[None] = queue.Queue(maxsize=1)
    for _ in range(2):
        threading.Thread(target=partial(run_loop, Loop("tests", work_on_next), bell), daemon=True).start()
    for name in ("fails", "long", "short"):
        bell.put(None)
        assert taken.get(timeout=10) == name
        time.sleep(0.05)
    long_one.set()
