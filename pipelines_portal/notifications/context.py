"""What every page says of news."""

from functools import cache
from typing import Any

from django.http import HttpRequest

from pipelines_portal.accounts.models import User
from pipelines_portal.notifications.reads import count_unread

# Past it, how many does not matter.
MOST = 100


def unread(request: HttpRequest) -> dict[str, Any]:
    """`unread_news`: how many, as text; "" for none. Counted only where a page shows it."""
    return {"unread_news": cache(lambda: _unread(request))}


def _unread(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return ""
    number = count_unread(user.pk, MOST + 1)
    return f"{MOST}+" if number > MOST else str(number or "")
