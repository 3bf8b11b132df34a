"""Limits on tries, which count before a password or code is checked."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db.models import Case, F, Q, When
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.core.http.client_address import client_address
from pipelines_portal.core.sign_in_throttle.models import Tries

WINDOW = timedelta(minutes=5)
# Tries on one account from one address, and on any accounts from one address.
ACCOUNT_TRIES, ADDRESS_TRIES = 5, 20
# Codes for one account from any address: only people who gave the right password are asked for a code.
CODE_TRIES, CODE_WINDOW = 10, timedelta(hours=1)
SALT = "pipelines_portal.sign_in_throttle"


class Limit(NamedTuple):
    name: str
    tries: int
    window: timedelta = WINDOW


def limit_on(*what: str, tries: int, window: timedelta = WINDOW) -> Limit:
    return Limit(salted_hmac(SALT, "\0".join(what), algorithm="sha256").hexdigest(), tries, window)


def password_limits(request: HttpRequest, email: str, purpose: str = "password") -> list[Limit]:
    """Return the limits for a password. No limit is on the account alone, so strangers cannot lock its owner out."""
    address = client_address(request)
    of_account = limit_on(purpose, email.strip().lower(), address, tries=ACCOUNT_TRIES)
    return [limit_on("address", address, tries=ADDRESS_TRIES), of_account]


def code_limits(request: HttpRequest, email: str) -> list[Limit]:
    of_account = limit_on("code", email.strip().lower(), tries=CODE_TRIES, window=CODE_WINDOW)
    return [*password_limits(request, email, "code"), of_account]


def person_limits(request: HttpRequest) -> list[Limit]:
    """Return the limit for people who are signed in and enter their own password."""
    return [limit_on("person", str(request.user.pk), tries=ACCOUNT_TRIES)]


def address_limits(request: HttpRequest, purpose: str, tries: int = ADDRESS_TRIES) -> list[Limit]:
    return [limit_on(purpose, client_address(request), tries=tries)]


def admit(limits: Sequence[Limit]) -> int:
    """Count one try and return 0, or return how many seconds to wait before the next one."""
    now = timezone.now()
    # Refuse a flood without a write.
    if wait := _seconds_to_wait(limits, now):
        return wait
    Tries.objects.bulk_create(
        [Tries(name=limit.name, ends_at=now + limit.window) for limit in limits], ignore_conflicts=True
    )
    if all(_count(limit, now) for limit in limits):
        return 0
    return _seconds_to_wait(limits, now) or 1


def give_back(limits: Sequence[Limit]) -> None:
    """Uncount a try whose password or code was right."""
    Tries.objects.filter(name__in=[limit.name for limit in limits], count__gt=0).update(count=F("count") - 1)


def _count(limit: Limit, now: datetime) -> bool:
    """Count in one statement, so that simultaneous tries do not exceed the limit."""
    is_over = Q(ends_at__lte=now)
    return bool(
        Tries.objects.filter(is_over | Q(count__lt=limit.tries), name=limit.name).update(
            count=Case(When(is_over, then=1), default=F("count") + 1),
            ends_at=Case(When(is_over, then=now + limit.window), default=F("ends_at")),
        )
    )


def _seconds_to_wait(limits: Sequence[Limit], now: datetime) -> int:
    rows = Tries.objects.filter(name__in=[limit.name for limit in limits], ends_at__gt=now).in_bulk()
    full = [rows[limit.name] for limit in limits if limit.name in rows and rows[limit.name].count >= limit.tries]
    return max((math.ceil((row.ends_at - now).total_seconds()) for row in full), default=0)


def remove_old_tries() -> int:
    return delete_in_batches(Tries.objects.filter(ends_at__lt=timezone.now()))
