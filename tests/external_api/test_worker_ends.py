"""A worker that receives SIGTERM."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from pipelines_portal.core import shutdown, worker_command
from pipelines_portal.core.job_queue import JobWorker
from pipelines_portal.external_api.management.commands import run_worker


@pytest.fixture
def own_signals() -> Iterator[None]:
    """Restore the signal handlers of this process after the test."""
    before = {number: signal.getsignal(number) for number in shutdown.SIGNALS}
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.django_db
@pytest.mark.usefixtures("own_signals")
def test_its_handler_is_set_before_any_work_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    """A signal that arrives while the worker starts must not be lost."""
    handlers: list[Any] = []
    for name in ("require_migrated", "serve_probes", "run_every_hour"):
        monkeypatch.setattr(worker_command, name, lambda *_: None)
    monkeypatch.setattr(worker_command.WorkerCommand, "finish", lambda *_: None)
    monkeypatch.setattr(JobWorker, "run", lambda self: None)
    monkeypatch.setattr(run_worker, "run_upkeep", lambda *_: handlers.append(signal.getsignal(signal.SIGTERM)))
    run_worker.Command().handle(demo=None, demo_seconds=1.0)
    assert handlers == [shutdown.handle_signal]
