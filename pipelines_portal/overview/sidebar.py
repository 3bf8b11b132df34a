"""The sidebar of every page: the same order every day, with fresh counts.

Its keys and workflows rarely change, and cost more to read than the rest of a small page. Each process caches them
under `User.sidebar_version`, which increases with every change (accounts/sidebar.py). The counts are read each time.
"""

import time
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from django.db.models import Case, When
from django.http import HttpRequest

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.two_step import lacks_two_step
from pipelines_portal.core.bounded_cache import BoundedCache
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.overview.reads import MOST_NEWS, SidebarCounts, read_sidebar_counts
from pipelines_portal.web.api_connection import is_silent
from pipelines_portal.web.initials import initials
from pipelines_portal.workflows.reads import ListedWorkflow, read_listed_workflows

# The pages that list everything show more.
MOST_WORKFLOWS, MOST_KEYS = 40, 8
# If a process is killed between a change and the new version, the old sidebar is shown for this long.
CACHED_SECONDS = 600.0
MOST_CACHED = 2000


class RailKey(NamedTuple):
    pk: int
    name: str
    last4: str


class RailWorkflow(NamedTuple):
    """A workflow with its counts for this person."""

    workflow_id: int
    name: str
    status: str
    accepts_tasks: bool
    has_draft: bool
    attention: str


class Rail(NamedTuple):
    """Everything that the sidebar shows. Equal sidebars are rendered once, so it holds only values.

    `key` is the key in use, and `page` the name of the page's URL. The numbers are texts; an empty text is none.
    """

    email: str
    person: str
    initials: str
    is_administrator: bool
    is_lead: bool
    keys: tuple[RailKey, ...]
    key: RailKey | None
    pinned: tuple[RailWorkflow, ...]
    others: tuple[RailWorkflow, ...]
    more_workflows: bool
    workflow_id: int | None
    page: str
    attention: str
    draft_count: str
    news: str
    is_api_down: bool


def rail(request: HttpRequest) -> dict[str, Any]:
    """Return the context variable `rail`. It is queried once, and only if the page shows it."""
    return {"rail": cache(lambda: _rail(request))}


def _rail(request: HttpRequest) -> Rail | None:
    user = getattr(request, "user", None)
    if not isinstance(user, User) or lacks_two_step(request):
        return None
    match = request.resolver_match
    kwargs = match.kwargs if match else {}
    lists = _lists(user, kwargs.get("key_id") or request.session.get("last_key") or 0)
    key = lists.keys[0] if lists.keys else None
    counts = read_sidebar_counts(user.pk, key.pk if key else 0)
    shown = lists.workflows[:MOST_WORKFLOWS]
    person = user.name or user.email
    return Rail(
        email=user.email,
        person=person,
        initials=initials(person),
        is_administrator=user.is_administrator,
        is_lead=counts.is_lead,
        keys=lists.keys,
        key=key,
        pinned=tuple(_build_workflow(one, counts) for one in shown if one.is_pinned),
        others=tuple(_build_workflow(one, counts) for one in shown if not one.is_pinned),
        more_workflows=len(lists.workflows) > MOST_WORKFLOWS,
        workflow_id=kwargs.get("workflow_id"),
        page=match.view_name if match else "",
        attention=_number(sum(counts.attention.get(one.workflow_id, 0) for one in shown)),
        draft_count=_number(counts.draft_count),
        news=f"{MOST_NEWS}+" if counts.news > MOST_NEWS else _number(counts.news),
        is_api_down=is_silent(),
    )


def _build_workflow(listed: ListedWorkflow, counts: SidebarCounts) -> RailWorkflow:
    attention = _number(counts.attention.get(listed.workflow_id, 0))
    has_draft = listed.workflow_id in counts.drafts
    return RailWorkflow(listed.workflow_id, listed.name, listed.status, listed.accepts_tasks, has_draft, attention)


def _number(value: int) -> str:
    """Return the number with separators, in thousands from 100,000 on, or an empty text for zero."""
    return f"{value // 1000}k" if value >= 100_000 else f"{value:,}" if value else ""


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
    keys = tuple(RailKey._make(key) for key in usable[:MOST_KEYS])
    listed = read_listed_workflows(user.pk, keys[0].pk, MOST_WORKFLOWS + 1) if keys else []
    return _Lists(keys, tuple(listed), time.monotonic())
