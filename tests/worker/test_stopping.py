"""A worker that receives SIGTERM while it starts, or while it works."""

import signal
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines_portal.core import job_queue, shutdown, worker_command
from pipelines_portal.core.job_queue import JobWorker
from pipelines_portal.system.models import WorkerHeartbeat
from pipelines_portal.worker.management.commands import run_worker
from tests.core.conftest import restored_signals

__all__ = ["restored_signals"]


@pytest.mark.usefixtures("restored_signals")
def test_its_handler_is_set_before_any_work_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the signal would end the process while its threads send."""
    handlers: list[Any] = []
    for name in ("require_migrated", "log_start", "serve_probes", "run_every_hour"):
        monkeypatch.setattr(worker_command, name, lambda *_: None)
    monkeypatch.setattr(worker_command.WorkerCommand, "finish", lambda *_: None)
    monkeypatch.setattr(JobWorker, "run", lambda self: None)
    for name in ("run_schedule", "wake_loops", "run_loop"):
        monkeypatch.setattr(run_worker, name, lambda *_: handlers.append(signal.getsignal(signal.SIGTERM)))
    run_worker.Command().handle()
    assert set(handlers) == {shutdown.handle_signal}


def test_the_time_to_end_is_counted_from_the_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job may have held the main thread for most of that time."""
    command = run_worker.Command()
    monkeypatch.setattr(worker_command, "request_stop", lambda: None)
    monkeypatch.setattr(worker_command, "connection", SimpleNamespace(close=lambda: None))
    monkeypatch.setattr(WorkerHeartbeat, "remove", lambda: None)
    monkeypatch.setattr(worker_command, "stop_requested_at", lambda: time.monotonic() - command.ending_seconds)
    still_busy = threading.Thread(target=time.sleep, args=[20], daemon=True)
    still_busy.start()
    command.finish([still_busy])
    assert still_busy.is_alive()


@pytest.mark.usefixtures("restored_signals")
def test_a_worker_that_was_stopped_while_it_started_takes_no_job(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = JobWorker("one")
    worker.configure_signals()
    assert worker.running
    monkeypatch.setattr(job_queue, "is_stopping", lambda: True)
    worker.configure_signals()
    assert not worker.running
