"""A clock that is far ahead makes everything old: nothing is removed for its age until it has stood there for a day.

A machine starts with a wrong clock more often than one is off for days, and it is put right within minutes. What was
really off waits a day longer, and goes on by itself.
"""

from datetime import datetime, timedelta

from django.utils import timezone

from .models import ClockMark
from .newest_row import newest_row

# Workers look every hour: without any for so long, or with a clock so far ahead. What is kept for a day is the shortest
# that does not come back.
FAR = timedelta(days=1)
HELD_FOR = timedelta(days=1)
# Off for a weekend while it is held, it need not begin anew.
LOOKED_AT_WITHIN = timedelta(days=3)
THE_ROW = 1
# Short of that, the mark is as good as new: not each look is a write.
MARKED_EVERY = timedelta(minutes=10)
HELD = (
    "The clock of this machine is {} days ahead of when it was last known to be right ({:%Y-%m-%d %H:%M} UTC): nothing "
    "is removed for its age before {:%Y-%m-%d %H:%M} UTC by this clock. Is it wrong, set it right. Were the programs "
    "off for so long, it goes on by itself then, or at once with manage.py tidy --clock-is-right"
)


def held() -> str:
    """Why nothing that is old by this clock may be removed now, in a sentence; "" when it may."""
    now, mark = timezone.now(), _mark()
    if now - mark.trusted_at <= FAR or _is_confirmed(mark, now):
        if mark.held_from or abs(now - mark.trusted_at) > MARKED_EVERY:
            _keep(trusted_at=now, held_from=None)
        return ""
    if mark.held_from is None or not mark.held_from <= now <= mark.held_from + HELD_FOR + LOOKED_AT_WITHIN:
        mark.held_from = now
        _keep(held_from=now)
    return HELD.format((now - mark.trusted_at).days, mark.trusted_at, mark.held_from + HELD_FOR)


def confirm() -> None:
    """A person says that the clock is right."""
    _keep(trusted_at=timezone.now(), held_from=None)


def _is_confirmed(mark: ClockMark, now: datetime) -> bool:
    """It stood there for long enough, and was not set once more since."""
    return mark.held_from is not None and HELD_FOR <= now - mark.held_from <= HELD_FOR + LOOKED_AT_WITHIN


def begin() -> None:
    """For `prepare`: before any program of this start has written by the clock that may be wrong."""
    _mark()


def _mark() -> ClockMark:
    """Before the first, what is kept tells: a migration that was applied in this very start would believe its clock."""
    if mark := ClockMark.objects.filter(pk=THE_ROW).first():
        return mark
    return ClockMark.objects.get_or_create(pk=THE_ROW, defaults={"trusted_at": newest_row() or timezone.now()})[0]


def _keep(**values: datetime | None) -> None:
    ClockMark.objects.filter(pk=_mark().pk).update(**values)
