"""Preferences of a person: time zone, theme, single-key shortcuts, compact lists, lists that refresh themselves."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pipelines_portal.accounts.models import Theme, User
from pipelines_portal.core import times

SWITCHES = ("has_single_keys", "is_compact", "reads_live")
ON, OFF = "on", "off"


class ClocksMiddleware:
    """Show times in the time zone that the person chose, else in the browser's, else in UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(request)):
            return self.get_response(request)


def zone_of(request: HttpRequest) -> tzinfo:
    return times.zone_named(_chosen_zone(request)) or browser_zone(request) or UTC


def browser_zone(request: HttpRequest) -> tzinfo | None:
    """Return the time zone that the browser names, or None if it names none."""
    return times.zone_named(unquote(request.COOKIES.get(times.COOKIE, "")))


def _chosen_zone(request: HttpRequest) -> str:
    # Without a session there is no person to look up.
    user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    return user.time_zone if isinstance(user, User) else ""


def set_preference(user: User, name: str, value: str) -> bool:
    """Store a preference: a switch as "on" or "off", `time_zone` as a zone or "" for the browser's, `theme` as a Theme.

    Return False, and store nothing, for any other name or value.
    """
    if name == "time_zone" and (not value or value in times.zones()):
        values: dict[str, object] = {"time_zone": value}
    elif name == "theme" and value in Theme.values:
        values = {"theme": value}
    elif name in SWITCHES and value in (ON, OFF):
        values = {name: value == ON}
    else:
        return False
    User.objects.filter(pk=user.pk).update(**values)
    return True
