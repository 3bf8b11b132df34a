"""A process that backs up every night, for containers, which have no timer."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection
from django.utils import timezone

from pipelines_portal.system.backup.runs import Backup, describe
from pipelines_portal.system.models import OVERDUE_AFTER, last_made

HOUR_AND_MINUTE = (2, 30)  # UTC
RETRY_AFTER = timedelta(hours=1)
POLL_SECONDS = 30
logger = logging.getLogger(__name__)


def is_due(now: datetime, *, started: datetime, tried: datetime | None, made: datetime | None) -> bool:
    """Return whether to back up now. `started` and `tried` are times of this process."""
    if tried and now - tried < RETRY_AFTER:
        return False
    if made is None or now - made > OVERDUE_AFTER:
        return True
    hour, minute = HOUR_AND_MINUTE
    tonight = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    tonight -= timedelta(days=tonight > now)
    return max(started, tried or started) < tonight


def run_every_night(back_up: Callable[[], Backup]) -> None:
    """Call `back_up` every night until KeyboardInterrupt. A failure is logged, and it continues."""
    started = timezone.now()
    tried: datetime | None = None
    made: datetime | None = None
    while True:
        made = _newest(made, _last_made())
        now = timezone.now()
        # After a correction of the clock, a time in the future would keep the process from backing up until then.
        started, tried, made = min(started, now), tried and min(tried, now), made and min(made, now)
        if is_due(now, started=started, tried=tried, made=made):
            tried = now
            try:
                backup = back_up()
                made = now
                if backup.problem:
                    logger.error("Backup made, but files are missing: %s", backup.problem)
                else:
                    logger.info("Backup made: %s", backup)
            except Exception as error:
                logger.error("The backup failed: %s", describe(error))
        time.sleep(POLL_SECONDS)


def _newest(*times: datetime | None) -> datetime | None:
    return max((time for time in times if time), default=None)


def _last_made() -> datetime | None:
    """Return when the last recorded backup began, also if it lacks files, or None if the database does not say it."""
    try:
        run = last_made()
    except (DatabaseError, InterfaceError):
        return None
    finally:
        connection.close()
    return run.started_at if run else None
