"""What every page says of news."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from pipelines_portal.accounts.models import User

from .models import Notification

# Past it, how many does not matter.
MOST = 100


def unread(request: HttpRequest) -> dict[str, Any]:
    """`unread_news`: how many, as text; "" for none. Counted only where a page shows it."""
    return {"unread_news": SimpleLazyObject(lambda: _unread(request))}


def _unread(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return ""
    unread = Notification.objects.filter(person=user, read_at=None, is_listed=True)
    return str(unread[:MOST].count() or "")
