"""What the rail shows on every page."""

from functools import cache
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, Case, QuerySet, When
from django.http import HttpRequest

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.second_step import lacks_one
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.shared.together import together
from pipelines_portal.web.api_connection import transport

from .marks import MANY, by_name
from .models import OpenedWorkflow

# What fits in a rail: more is found by the box, or on the pages that list all.
MOST_WORKFLOWS, MOST_KEYS = 12, 8


class RailKey(NamedTuple):
    pk: int
    name: str
    last4: str


class RailWorkflow(NamedTuple):
    workflow_id: int
    name: str
    status: str
    is_pinned: bool | None
    accepts_tasks: bool

    @property
    def number(self) -> str:
        return str(self.workflow_id)


class Rail(NamedTuple):
    """All that the rail shows, and nothing else: rails that are equal are written once."""

    email: str
    keys: tuple[RailKey, ...]
    more_keys: bool
    # The one in use.
    key: RailKey | None
    workflows: tuple[RailWorkflow, ...]
    more_workflows: bool
    is_many: bool
    workflow_id: int | None
    page: str
    api_state: str


def rail(request: HttpRequest) -> dict[str, Any]:
    """`rail`: keys, the key in use, its workflows, the page. Queried once, and only where a page shows it."""
    return {"rail": cache(lambda: _rail(request))}


def _rail(request: HttpRequest) -> Rail | None:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or lacks_one(request):
        return None
    match = request.resolver_match
    kwargs = match.kwargs if match else {}
    keys, workflows = _keys_and_workflows(user, kwargs.get("key_id") or request.session.get("last_key") or 0)
    key = keys[0] if keys else None
    return Rail(
        email=user.email,
        keys=keys[:MOST_KEYS],
        more_keys=len(keys) > MOST_KEYS,
        key=key,
        workflows=workflows[:MOST_WORKFLOWS],
        more_workflows=len(workflows) > MOST_WORKFLOWS,
        is_many=len(workflows) >= MANY,
        workflow_id=kwargs.get("workflow_id"),
        page=match.view_name if match else "",
        api_state=transport().state,
    )


@prepared(user=BigIntegerField(), wanted=BigIntegerField())
def _usable_keys(user: Given, wanted: Given) -> QuerySet[SavedKey, tuple[int, str, str]]:
    return _in_order(user, wanted).values_list("pk", "name", "last4")[: MOST_KEYS + 1]


def _in_order(user: Given, wanted: Given) -> QuerySet[SavedKey]:
    """First the one in use: that of the address; on pages of no key, the one last used."""
    in_use = Case(When(pk=wanted, then=0), default=1)
    return SavedKey.objects.usable_by(user).order_by(in_use, "name", "pk")


@prepared(user=BigIntegerField(), wanted=BigIntegerField())
def _in_sight(user: Given, wanted: Given) -> QuerySet[OpenedWorkflow]:
    """Of the key in use."""
    of_key = OpenedWorkflow.objects.filter(key__in=_in_order(user, wanted).values("pk")[:1])
    return of_key.marked_by(user).in_sight().recent_first()[: MOST_WORKFLOWS + 1]


def _keys_and_workflows(user: User, wanted: int) -> tuple[tuple[RailKey, ...], tuple[RailWorkflow, ...]]:
    asked = {"user": user.pk, "wanted": wanted}
    keys, workflows = together(_usable_keys.asked(**asked), _in_sight.asked(**asked))
    return tuple(map(RailKey._make, keys)), _as_kept(workflows)


def _as_kept(found: list[OpenedWorkflow]) -> tuple[RailWorkflow, ...]:
    """As the person keeps them: what they pinned, and from MANY on, what they looked at last; few go by their name."""
    shown = tuple(RailWorkflow(w.workflow_id, w.name, w.status, w.is_pinned, w.accepts_tasks) for w in found)
    return shown if len(shown) >= MANY else tuple(by_name(shown))
