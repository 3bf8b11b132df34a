"""The number of unread notifications, for every page."""

from functools import cache
from typing import Any

from django.http import HttpRequest

from pipelines_portal.accounts.models import User
from pipelines_portal.notifications.reads import count_unread

# Larger numbers are shown as "100+".
MAX_COUNT = 100


def unread(request: HttpRequest) -> dict[str, Any]:
    """Return `unread_news`, a function that counts when a page calls it. It returns an empty text for none."""
    return {"unread_news": cache(lambda: _unread(request))}


def _unread(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return ""
    number = count_unread(user.pk, MAX_COUNT + 1)
    return f"{MAX_COUNT}+" if number > MAX_COUNT else str(number or "")
