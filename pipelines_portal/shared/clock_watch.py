"""A machine's clock that is set forward or back, or stands still while the machine sleeps: noticed, and said."""

import logging
import time
from datetime import datetime, timedelta

from django.utils import timezone

logger = logging.getLogger(__name__)
# From one look to the next a clock is put right by less.
NOTICED = timedelta(seconds=30)
# Set back by less, nothing waits for long.
MATTERS = timedelta(minutes=5)
# Nothing is set farther ahead: an hour that the API asked for is the most.
FARTHEST = timedelta(hours=2)
FORWARD = (
    "The clock of this machine went forward by %s at once, or the machine slept: turns ended early, and what was being "
    "sent may be told as unknown; it is not sent again"
)
BACK = "The clock of this machine was set back by %s: what was due before is due now"


def no_clock_before() -> datetime:
    """What is later than this was written before the clock was set back, and tells nothing of now."""
    return timezone.now() + MATTERS


class ClockWatch:
    """The clock of the day, beside the one that only runs."""

    def __init__(self) -> None:
        self._apart = _apart()

    def set_back_by(self) -> timedelta | None:
        """How much later all that waits would come, since last asked; None when that is nothing that matters.

        Whatever happened is said in the log.
        """
        before, self._apart = self._apart, _apart()
        jump = timedelta(seconds=self._apart - before)
        if abs(jump) < NOTICED:
            return None
        logger.warning(FORWARD if jump > timedelta() else BACK, str(abs(jump)).partition(".")[0])
        return -jump if -jump >= MATTERS else None


def _apart() -> float:
    return time.time() - time.monotonic()
