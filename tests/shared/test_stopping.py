"""A program hears that it is told to end wherever it stands, and from before anything is begun."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django_tasks_db.management.commands.db_worker import Worker

from pipelines_portal.shared import stopping
from pipelines_portal.shared.job_queue import JobWorker
from pipelines_portal.worker.management.commands import run_worker

# Told at the call of a function within a rest, `at` being which: the signal's handler runs there, in the same thread.
RESTS = """
import os, signal, sys
from pipelines_portal.shared import stopping

def look(frame, event, argument):
    calls.append(event)
    if len(calls) == int(sys.argv[1]):
        os.kill(os.getpid(), signal.SIGTERM)

calls = []
stopping.listen()
sys.settrace(look)
stopping.rest(0.5)
"""

# The main thread waits for a lock that nobody gives it for a minute.
WAITS = """
import os, sqlite3, sys, threading
from pipelines_portal.shared import stopping

def end():
    stopping.rest(600)
    os._exit(7)

stopping.listen()
threading.Thread(target=end).start()
sqlite3.connect(sys.argv[1], isolation_level=None).execute("BEGIN IMMEDIATE")
second = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=60)
print("waits", flush=True)
second.execute("BEGIN IMMEDIATE")
"""


pytestmark = pytest.mark.usefixtures("untold")


@pytest.mark.parametrize("at", range(1, 8))
def test_told_anywhere_in_a_rest_it_hears(at: int) -> None:
    subprocess.run([sys.executable, "-c", RESTS, str(at)], check=True, timeout=60)


def test_its_threads_hear_while_the_main_one_waits_for_sqlite(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WAITS, str(tmp_path / "database")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout and process.stdout.readline() == "waits\n"
        time.sleep(0.2)
        process.terminate()
        assert process.wait(30) == 7


def test_all_threads_rest_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    resting = [threading.Thread(target=stopping.rest, args=[600], daemon=True) for _ in range(3)]
    for thread in resting:
        thread.start()
    stopping.listen()
    signal.raise_signal(signal.SIGINT)
    for thread in resting:
        thread.join(30)
    assert not any(thread.is_alive() for thread in resting)
    assert stopping.is_stopping()
    assert {signal.getsignal(number) for number in stopping.SIGNALS} == {signal.SIG_DFL}, "told again, it ends at once"


def test_the_worker_listens_before_any_of_its_work_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ended by the signal itself, it left what its threads had sent already as what nobody knows about."""
    heard_by: list[Any] = []
    for name in ("keep_restores_out", "require_migrated", "serve_beside", "work_on_jobs", "finish"):
        monkeypatch.setattr(run_worker, name, lambda *_: None)
    monkeypatch.setattr(run_worker, "_beside", lambda *_: heard_by.append(signal.getsignal(signal.SIGTERM)))
    run_worker.Command().handle()
    assert set(heard_by) == {stopping.hear}


def test_the_time_to_end_is_counted_from_when_it_was_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever told it waits no longer where a job, or a lock, had the main thread for most of that."""
    monkeypatch.setattr(stopping, "_told_at", time.monotonic() - run_worker.ENDING_SECONDS)
    resting = threading.Thread(target=time.sleep, args=[20], daemon=True)
    resting.start()
    run_worker.finish([resting], [])
    assert resting.is_alive()


def test_told_before_it_looks_for_jobs_it_takes_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Worker, "run", lambda self: pytest.fail("It looked for one."))
    stopping.listen()
    signal.raise_signal(signal.SIGTERM)
    JobWorker("one").run()
