"""Reading events, newest first. A page costs what it shows, however many there are: each filter has its index."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from pipelines_portal.audit.models import Event

CHUNK = 2000


@dataclass(frozen=True)
class Filters:
    """What is asked for; what is empty asks for all."""

    email: str = ""
    verbs: tuple[str, ...] = ()
    target_type: str = ""
    target_id: str = ""
    since: datetime | None = None
    until: datetime | None = None


def matching(filters: Filters) -> QuerySet[Event]:
    events = Event.objects.order_by("-at", "-id")
    if filters.email:
        events = events.filter(actor_email=filters.email)
    if filters.target_type:
        events = events.filter(target_type=filters.target_type, target_id=filters.target_id)
    if filters.verbs:
        events = events.filter(verb__in=filters.verbs)
    if filters.since:
        events = events.filter(at__gte=filters.since)
    return events.filter(at__lt=filters.until) if filters.until else events


def page_of_events(filters: Filters, before: int | None, size: int) -> list[Event]:
    """The newest of them, or those behind the event `before`."""
    if filters.verbs and not filters.email and not filters.target_type:
        return _merged(filters, before, size)
    return list(_behind(matching(filters), _last(before))[:size])


def _merged(filters: Filters, before: int | None, size: int) -> list[Event]:
    """The newest of each verb, read along its index: asked for together, all there are would be put in order."""
    rest = Filters(since=filters.since, until=filters.until)
    last = _last(before)
    newest = [_behind(matching(rest).filter(verb=verb), last).values("pk")[:size] for verb in filters.verbs]
    # Each again behind an IN: SQLite unites nothing that has a limit of its own.
    first, *others = [Event.objects.filter(pk__in=some).order_by().values("pk") for some in newest]
    return list(matching(Filters()).filter(pk__in=first.union(*others, all=True))[:size])


def _last(before: int | None) -> Event | None:
    return Event.objects.filter(pk=before).only("at").first() if before else None


def _behind(events: QuerySet[Event], last: Event | None) -> QuerySet[Event]:
    if last is None:
        return events
    # The first condition says nothing more than the second, and lets the index begin there.
    return events.filter(at__lte=last.at).filter(Q(at__lt=last.at) | Q(id__lt=last.pk))


def all_events(filters: Filters) -> Iterator[Event]:
    return matching(filters).iterator(CHUNK)
