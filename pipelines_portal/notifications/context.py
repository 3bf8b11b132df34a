"""What every page says of news."""

from functools import cache
from typing import Any

from django.db.models import BigIntegerField, QuerySet
from django.http import HttpRequest

from pipelines_portal.accounts.models import User
from pipelines_portal.shared.prepared import Given, prepared

from .models import Notification

# Past it, how many does not matter.
MOST = 100


def unread(request: HttpRequest) -> dict[str, Any]:
    """`unread_news`: how many, as text; "" for none. Counted only where a page shows it."""
    return {"unread_news": cache(lambda: _unread(request))}


def _unread(request: HttpRequest) -> str:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return ""
    number = len(_listed.all(person=user.pk))
    return f"{MOST}+" if number > MOST else str(number or "")


@prepared(person=BigIntegerField())
def _listed(person: Given) -> QuerySet[Notification, int]:
    unread = Notification.objects.filter(person=person, read_at=None, is_listed=True).order_by()
    return unread.values_list("pk", flat=True)[: MOST + 1]
