"""How a person likes pages: the clock, single keys, dense lists, lists that read by themselves."""

from collections.abc import Callable
from datetime import UTC, tzinfo
from urllib.parse import unquote

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core import clocks

SWITCHES = ("has_single_keys", "is_compact", "reads_live")
ON, OFF = "on", "off"


class ClocksMiddleware:
    """Each page tells times by the person's clock: the one they chose, else the browser's, else UTC."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(request)):
            return self.get_response(request)


def zone_of(request: HttpRequest) -> tzinfo:
    return clocks.zone_named(_chosen(request)) or browsers_zone(request) or UTC


def browsers_zone(request: HttpRequest) -> tzinfo | None:
    """What the browser says of where it is; None where it says nothing that is a zone."""
    return clocks.zone_named(unquote(request.COOKIES.get(clocks.COOKIE, "")))


def _chosen(request: HttpRequest) -> str:
    """Nobody is looked up who is not signed in."""
    user = request.user if settings.SESSION_COOKIE_NAME in request.COOKIES else None
    return user.time_zone if isinstance(user, User) else ""


def prefer(user: User, name: str, value: str) -> bool:
    """Keep it: a switch is "on" or "off", `time_zone` a zone or "" for the browser's. False for anything else."""
    if name == "time_zone" and (not value or value in clocks.zones()):
        kept: dict[str, object] = {"time_zone": value}
    elif name in SWITCHES and value in (ON, OFF):
        kept = {name: value == ON}
    else:
        return False
    User.objects.filter(pk=user.pk).update(**kept)
    return True
