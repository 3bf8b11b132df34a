"""Preferences of a person: time zone, formats of numbers and dates, theme, shortcuts, and how lists look."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pipelines_portal.accounts.models import DateFormat, NumberFormat, Theme, User
from pipelines_portal.core import notation, times

SWITCHES = ("has_single_keys", "is_compact", "reads_live", "has_suggestions")
# By the name of the preference.
CHOICES = {"theme": Theme, "number_format": NumberFormat, "date_format": DateFormat}
ON, OFF = "on", "off"


class ClocksMiddleware:
    """Show times in the time zone that the person chose, else in the browser's, else in UTC.

    What they type is read in the formats that they chose.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = _notation_of(request)
        likely = chosen.or_else(notation.of_language(request.headers.get("Accept-Language", "")))
        with timezone.override(zone_of(request)), notation.override(chosen, likely):
            return self.get_response(request)


def zone_of(request: HttpRequest) -> tzinfo:
    return times.zone_named(_chosen_zone(request)) or browser_zone(request) or UTC


def browser_zone(request: HttpRequest) -> tzinfo | None:
    """Return the time zone that the browser names, or None if it names none."""
    return times.zone_named(unquote(request.COOKIES.get(times.COOKIE, "")))


def possible_zones(request: HttpRequest) -> list[str]:
    """Return the names of the time zones that the times of a file may be in: the account's, then the browser's.

    The browser's is left out if its clocks read the same.
    """
    chosen, browser = times.zone_named(_chosen_zone(request)), browser_zone(request)
    found = [chosen] if chosen else []
    if browser and not (chosen and times.have_same_clock(chosen, browser)):
        found.append(browser)
    return [times.name_of(zone) for zone in found]


def _chosen_zone(request: HttpRequest) -> str:
    user = _person(request)
    return user.time_zone if user else ""


def keep_notation(user: User, kept: notation.Notation) -> notation.Notation:
    """Store the formats that are known in `kept` as the person's. Return theirs."""
    if kept.decimal:
        set_preference(user, "number_format", kept.decimal)
    if kept.is_day_first is not None:
        set_preference(user, "date_format", DateFormat.DAY_FIRST if kept.is_day_first else DateFormat.MONTH_FIRST)
    user.refresh_from_db(fields=["number_format", "date_format"])
    return _notation_of_user(user)


def _notation_of(request: HttpRequest) -> notation.Notation:
    user = _person(request)
    return _notation_of_user(user) if user else notation.Notation()


def _notation_of_user(user: User) -> notation.Notation:
    is_day_first = None if not user.date_format else user.date_format == DateFormat.DAY_FIRST
    return notation.Notation(user.number_format, is_day_first)


def _person(request: HttpRequest) -> User | None:
    # Without a session there is no person to look up.
    user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    return user if isinstance(user, User) else None


def set_preference(user: User, name: str, value: str) -> bool:
    """Store a preference: a switch as "on" or "off", `time_zone` as a zone or "" for the browser's, or a choice.

    Return False, and store nothing, for any other name or value.
    """
    if name == "time_zone" and (not value or value in times.zones()):
        values: dict[str, object] = {"time_zone": value}
    elif name in CHOICES and value in CHOICES[name].values:
        values = {name: value}
    elif name in SWITCHES and value in (ON, OFF):
        values = {name: value == ON}
    else:
        return False
    User.objects.filter(pk=user.pk).update(**values)
    return True
