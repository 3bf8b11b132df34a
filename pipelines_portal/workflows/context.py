"""What the rail shows on every page."""

from typing import Any

from django.db.models import Case, When
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.second_step.required import lacks_one
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.web.api_connection import transport

from .marks import MANY, by_name, kept_by
from .models import OpenedWorkflow

# What fits in a rail: more is found by the box, or on the pages that list all.
MOST_WORKFLOWS, MOST_KEYS = 12, 8


def rail(request: HttpRequest) -> dict[str, Any]:
    """`rail`: keys, the key in use, its workflows, the page. Queried only where a page shows it."""
    return {"rail": SimpleLazyObject(lambda: _rail(request))}


def _rail(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or lacks_one(request):
        return {}
    match = request.resolver_match
    kwargs = match.kwargs if match else {}
    keys = _keys(user, kwargs.get("key_id") or request.session.get("last_key"))
    key = keys[0] if keys else None
    workflows = _workflows(user, key)
    return {
        "keys": keys[:MOST_KEYS],
        "more_keys": len(keys) > MOST_KEYS,
        "key": key,
        "workflows": workflows[:MOST_WORKFLOWS],
        "more_workflows": len(workflows) > MOST_WORKFLOWS,
        "is_many": len(workflows) >= MANY,
        "workflow_id": kwargs.get("workflow_id"),
        "page": match.view_name if match else "",
        "api_state": transport().state,
    }


def _keys(user: User, wanted: int | None) -> list[SavedKey]:
    """First the one in use: that of the address; on pages of no key, the one last used."""
    in_use = Case(When(pk=wanted or 0, then=0), default=1)
    keys = SavedKey.objects.usable_by(user).defer("encrypted_key")
    return list(keys.order_by(in_use, "name", "pk")[: MOST_KEYS + 1])


def _workflows(user: User, key: SavedKey | None) -> list[OpenedWorkflow]:
    """As the person keeps them: what they pinned, and from MANY on, what they looked at last."""
    shown = list(kept_by(user, key).in_sight().recent_first()[: MOST_WORKFLOWS + 1]) if key else []
    return shown if len(shown) >= MANY else by_name(shown)
