"""What the rail shows on every page."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.web.api_connection import transport

from .marks import MANY, kept_by
from .models import OpenedWorkflow

MOST_SHOWN = 100


def rail(request: HttpRequest) -> dict[str, Any]:
    """`rail`: keys, the key in use, its workflows, the page. Queried only where a page shows it."""
    return {"rail": SimpleLazyObject(lambda: _rail(request))}


def _rail(request: HttpRequest) -> dict[str, Any]:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    match = request.resolver_match
    kwargs = match.kwargs if match else {}
    keys = list(SavedKey.objects.usable_by(user).defer("encrypted_key"))
    key = _key_in_use(request, keys, kwargs.get("key_id"))
    workflows = _workflows(user, key)
    return {
        "keys": keys,
        "key": key,
        "workflows": workflows,
        "is_many": len(workflows) >= MANY,
        "workflow_id": kwargs.get("workflow_id"),
        "page": match.view_name if match else "",
        "api_state": transport().state,
    }


def _key_in_use(request: HttpRequest, keys: list[SavedKey], key_id: int | None) -> SavedKey | None:
    """The key in the address; on pages of no key, the one last used."""
    wanted = key_id or request.session.get("last_key")
    return next((key for key in keys if key.pk == wanted), keys[0] if keys else None)


def _workflows(user: User, key: SavedKey | None) -> list[OpenedWorkflow]:
    """As the person keeps them: what they pinned, and from MANY on, what they looked at last."""
    shown = list(kept_by(user, key).in_sight().recent_first()[:MOST_SHOWN]) if key else []
    return shown if len(shown) >= MANY else sorted(shown, key=lambda one: (not one.is_pinned, one.name.lower()))
