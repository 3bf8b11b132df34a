"""The portal's worker: django-tasks' own, beside it a look for what a killed worker left behind, and the imports."""

import itertools
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.management import BaseCommand, call_command
from django.db import close_old_connections

from pipelines_portal.accounts.sessions.open_sessions import forget_expired
from pipelines_portal.audit.retention import forget_old_events
from pipelines_portal.imports.beginning import forget_old_imports
from pipelines_portal.imports.jobs import work_on_next
from pipelines_portal.imports.task_counts import count_next
from pipelines_portal.saved_keys.jobs import look_after_keys
from pipelines_portal.uploads.jobs import enqueue_due, forget_old_tasks, resume_waiting

SECONDS_BETWEEN_SWEEPS = 2.0
SWEEPS_A_MINUTE = 30
SWEEPS_BETWEEN_CLEANINGS = 1800
# Each waits for an answer most of the time; the rest of the worker must not wait behind them.
IMPORTS_AT_ONCE = 3
SECONDS_BETWEEN_LOOKS = 0.3
logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the portal's background jobs, and pick up those that a killed worker left behind."

    def handle(self, *args: Any, **options: Any) -> None:
        _beside(sweep_for_ever, "sweep")
        for number in range(IMPORTS_AT_ONCE):
            _beside(import_for_ever, f"imports-{number}")
        call_command("db_worker", interval=0.5, startup_delay=False, reload=False)


def _beside(work: Callable[[], None], name: str) -> None:
    threading.Thread(target=work, name=name, daemon=True).start()


def sweep_for_ever() -> None:
    for number in itertools.count():
        sweep(with_cleaning=number % SWEEPS_BETWEEN_CLEANINGS == 0, with_keys=number % SWEEPS_A_MINUTE == 0)
        time.sleep(SECONDS_BETWEEN_SWEEPS)


def sweep(*, with_cleaning: bool, with_keys: bool = False) -> None:
    """Whatever goes wrong, the next sweep comes."""
    try:
        enqueue_due()
        if with_keys:
            resume_waiting()
            look_after_keys()
        if with_cleaning:
            forget_old_tasks()
            forget_old_events()
            forget_expired()
            forget_old_imports()
    except Exception:
        logger.exception("The sweep failed; it goes on")
    finally:
        close_old_connections()


def import_for_ever() -> None:
    """Whatever goes wrong with one, the next is worked on; that one again when its turn runs out."""
    while True:
        worked = False
        try:
            worked = work_on_next() or count_next()
        except Exception:
            logger.exception("The work on an import failed; it is taken up again")
        finally:
            close_old_connections()
        if not worked:
            time.sleep(SECONDS_BETWEEN_LOOKS)
