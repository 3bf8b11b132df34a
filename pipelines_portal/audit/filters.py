"""Filtered events, newest first. Each filter has an index, so a page reads only the rows that it shows.

Only a part of an email is searched for without an index, in the newest events first.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from pipelines_portal.audit.models import Event
from pipelines_portal.web.form_fields import is_email

CHUNK_SIZE = 2000


@dataclass(frozen=True)
class EventFilters:
    """The conditions of a list of events. An empty one is no condition. `email` may be a part of an email."""

    email: str = ""
    verbs: tuple[str, ...] = ()
    target_type: str = ""
    target_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


def filtered_events(filters: EventFilters) -> QuerySet[Event]:
    events = Event.objects.order_by("-at", "-id")
    if filters.email:
        is_whole = is_email(filters.email) and events.filter(actor_email=filters.email).exists()
        events = events.filter(**{"actor_email" if is_whole else "actor_email__contains": filters.email})
    if filters.target_type:
        events = events.filter(target_type=filters.target_type, target_id=filters.target_id)
    if filters.verbs:
        events = events.filter(verb__in=filters.verbs)
    if filters.since:
        events = events.filter(at__gte=filters.since)
    return events.filter(at__lt=filters.until) if filters.until else events


def page_of_events(filters: EventFilters, before: int | None, size: int) -> list[Event]:
    """Return the newest filtered events, or those older than the event `before`."""
    if filters.verbs and not filters.email and not filters.target_type:
        return _page_of_verbs(filters, before, size)
    return list(_older_than(filtered_events(filters), _find_event(before))[:size])


def _page_of_verbs(filters: EventFilters, before: int | None, size: int) -> list[Event]:
    """Return the newest events of several verbs.

    Each verb is read along its index. A single query with `verb IN (…)` would sort all their events.
    """
    dates = EventFilters(since=filters.since, until=filters.until)
    last = _find_event(before)
    newest = [_older_than(filtered_events(dates).filter(verb=verb), last).values("pk")[:size] for verb in filters.verbs]
    # Each is wrapped in an IN, because SQLite has no UNION of queries with a LIMIT.
    first, *others = [Event.objects.filter(pk__in=some).order_by().values("pk") for some in newest]
    return list(filtered_events(EventFilters()).filter(pk__in=first.union(*others, all=True))[:size])


def _find_event(before: int | None) -> Event | None:
    return Event.objects.filter(pk=before).only("at").first() if before else None


def _older_than(events: QuerySet[Event], last: Event | None) -> QuerySet[Event]:
    if last is None:
        return events
    # The first condition is redundant, but lets the index scan begin there.
    return events.filter(at__lte=last.at).filter(Q(at__lt=last.at) | Q(id__lt=last.pk))


def all_events(filters: EventFilters) -> Iterator[Event]:
    return filtered_events(filters).iterator(CHUNK_SIZE)
