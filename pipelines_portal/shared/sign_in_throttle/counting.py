"""How long to wait before the next try. Every try is counted before its password is looked at."""

import math
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from .attempts import Attempt
from .models import FORGET_SECONDS, Bucket

# Tries on an account, or from a known place, before waiting begins; each one more doubles the wait.
FREE_TRIES = 5
LONGEST_WAIT = 60
# Tries from one address on any accounts; then one every FORGET_SECONDS.
ADDRESS_TRIES = 20
KEPT = timedelta(hours=1)
KNOWN_KEPT = timedelta(days=30)
FORGOTTEN_AT_ONCE = 500

Buckets = dict[str, Bucket]


class Wait(NamedTuple):
    """How long a try must not come again: at most LONGEST_WAIT. Of a flood, only the first to be told `begins` it."""

    seconds: int
    begins: bool = False


def admit(attempt: Attempt) -> Wait | None:
    """Count the try, or say how long to wait with it."""
    now = timezone.now()
    # Most of a flood ends here: without a write.
    if told := _told_before(attempt, Bucket.objects.in_bulk([attempt.address, attempt.place]), now):
        return Wait(told)
    with transaction.atomic():
        buckets = _locked(attempt, now)
        now = timezone.now()  # as tries are counted one after the other, so do their times follow
        told = _told_before(attempt, buckets, now)
        begun = 0 if told else _slow_down(attempt, buckets, now)
        if not told and not begun:
            _count(attempt, buckets, now, 1)
        _save(buckets)
    _forget_idle(now)
    return Wait(told or begun, bool(begun)) if told or begun else None


def succeeded(attempt: Attempt) -> None:
    """The password was right: this try counts against nobody, and the place is known from now on."""
    now = timezone.now()
    with transaction.atomic():
        buckets = _locked(attempt, now)
        now = timezone.now()
        _count(attempt, buckets, now, -1)
        place = buckets[attempt.place]
        place.tries, place.is_known, place.kept_until = 0, True, now + KNOWN_KEPT
        _save(buckets)


def _told_before(attempt: Attempt, buckets: Buckets, now: datetime) -> int:
    address, place = buckets.get(attempt.address), buckets.get(attempt.place)
    waits = [0.0]
    if place and place.opens_at:
        waits.append((place.opens_at - now).total_seconds())
    if address and not _is_known(attempt, place):
        waits.append((address.level(now) + 1 - ADDRESS_TRIES) * FORGET_SECONDS)
    return math.ceil(max(waits))


def _slow_down(attempt: Attempt, buckets: Buckets, now: datetime) -> int:
    """A place that waited as long as it was told is let in, whatever others did in the meantime."""
    place, account = buckets[attempt.place], buckets[attempt.account]
    if place.opens_at:
        return 0
    level = place.level(now) if _is_known(attempt, place) else max(place.level(now), account.level(now))
    wait = delay_after(math.ceil(level))
    if wait:
        place.opens_at = now + timedelta(seconds=wait)
    return wait


def delay_after(tries: int) -> int:
    """2, 4, 8, … seconds from FREE_TRIES on."""
    return 0 if tries < FREE_TRIES else min(2 ** min(tries - FREE_TRIES + 1, 10), LONGEST_WAIT)


def _count(attempt: Attempt, buckets: Buckets, now: datetime, by: int) -> None:
    place = buckets[attempt.place]
    place.opens_at = None
    counted = {attempt.place} if _is_known(attempt, place) else set(buckets)
    for name in counted:
        buckets[name].count(now, by)


def _is_known(attempt: Attempt, place: Bucket | None) -> bool:
    return attempt.is_known or bool(place and place.is_known)


def _locked(attempt: Attempt, now: datetime) -> Buckets:
    """The three, made where they are missing, always locked in the same order: tries at once are counted one by one."""
    names = sorted({attempt.address, attempt.account, attempt.place})
    Bucket.objects.bulk_create(
        [Bucket(name=name, counted_at=now, kept_until=now + KEPT) for name in names],
        update_conflicts=True, unique_fields=["name"], update_fields=["kept_until"],
    )  # fmt: skip
    buckets = Bucket.objects.select_for_update().in_bulk(names)
    for bucket in buckets.values():
        if bucket.is_known:
            bucket.kept_until = now + KNOWN_KEPT
    return buckets


def _save(buckets: Buckets) -> None:
    fields = ["tries", "counted_at", "opens_at", "is_known", "kept_until"]
    Bucket.objects.bulk_update(buckets.values(), fields)


def _forget_idle(now: datetime) -> int:
    with transaction.atomic():
        idle = Bucket.objects.filter(kept_until__lt=now).select_for_update(skip_locked=True)
        return Bucket.objects.filter(pk__in=list(idle.values_list("pk", flat=True)[:FORGOTTEN_AT_ONCE])).delete()[0]


def forget_idle() -> int:
    """All of them, also where nobody tries any more. How many."""
    count = 0
    while forgotten := _forget_idle(timezone.now()):
        count += forgotten
    return count
