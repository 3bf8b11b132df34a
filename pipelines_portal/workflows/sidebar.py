"""The sidebar of every page.

Its keys and workflows rarely change, and cost more to read than the rest of a small page. Each process caches them
under `User.sidebar_version`, which increases with every change (accounts/sidebar.py).
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Case, When
from django.http import HttpRequest

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.second_step import lacks_second_step
from pipelines_portal.core.api_connection import transport
from pipelines_portal.core.bounded_cache import BoundedCache
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.marks import MANY, by_name
from pipelines_portal.workflows.reads import ListedWorkflow, read_listed_workflows

# What fits in a sidebar. The search box and the pages that list everything show more.
MOST_WORKFLOWS, MOST_KEYS = 12, 8
# If a process is killed between a change and the new version, the old sidebar is shown for this long.
CACHED_SECONDS = 600.0
MOST_CACHED = 2000


class RailKey(NamedTuple):
    pk: int
    name: str
    last4: str


class Rail(NamedTuple):
    """Everything that the sidebar shows. Equal sidebars are rendered once."""

    email: str
    keys: tuple[RailKey, ...]
    more_keys: bool
    # The key in use.
    key: RailKey | None
    workflows: tuple[ListedWorkflow, ...]
    more_workflows: bool
    is_many: bool
    workflow_id: int | None
    page: str
    api_state: str


def rail(request: HttpRequest) -> dict[str, Any]:
    """Return the context variable `rail`. It is queried once, and only if the page shows it."""
    return {"rail": cache(lambda: _rail(request))}


def _rail(request: HttpRequest) -> Rail | None:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or lacks_second_step(request):
        return None
    match = request.resolver_match
    kwargs = match.kwargs if match else {}
    lists = _lists(user, kwargs.get("key_id") or request.session.get("last_key") or 0)
    keys, workflows = lists.keys, lists.workflows
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


@dataclass(frozen=True)
class _Lists:
    """The cached part of a sidebar. `keys` begins with the key in use; `read_at` is a monotonic time."""

    keys: tuple[RailKey, ...]
    workflows: tuple[ListedWorkflow, ...]
    read_at: float


_cached: BoundedCache[tuple[int, int, int], _Lists] = BoundedCache(MOST_CACHED)


def forget_sidebars() -> None:
    """Clear the cache, for tests whose people have the same IDs."""
    _cached.clear()


def _lists(user: User, wanted: int) -> _Lists:
    """Return the lists of the sidebar with `wanted` as the key in use, from the cache if nothing has changed."""
    place = user.pk, user.sidebar_version, wanted
    lists = _cached.get(place)
    if lists is None or time.monotonic() - lists.read_at > CACHED_SECONDS:
        lists = _read_lists(user, wanted)
        _cached.put(place, lists)
    return lists


def _read_lists(user: User, wanted: int) -> _Lists:
    """Read the lists. The key in use is the one in the URL, or the last one used, or the first by name."""
    in_use = Case(When(pk=wanted, then=0), default=1)
    usable = SavedKey.objects.usable_by(user).order_by(in_use, "name", "pk").values_list("pk", "name", "last4")
    keys = tuple(RailKey._make(key) for key in usable[: MOST_KEYS + 1])
    listed = read_listed_workflows(user.pk, keys[0].pk, MOST_WORKFLOWS + 1) if keys else []
    # A short list is sorted by name.
    return _Lists(keys, tuple(listed if len(listed) >= MANY else by_name(listed)), time.monotonic())
