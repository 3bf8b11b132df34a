"""What a lead follows: who created what today, the imports of others, and how many tasks were created by day."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.db.models import Max, Sum
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.times import short
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.statuses import UNDER_WAY
from pipelines_portal.overview.home.bars import Bars, day_bars
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.reads import days_of

MOST_PEOPLE, MOST_IMPORTS, DAYS = 12, 6, 14
IMPORTS_OF = timedelta(days=7)


@dataclass(frozen=True)
class Member:
    """What a person created today, the workflows of it, and when the last of it was sent."""

    name: str
    created: int
    workflow: str
    last: datetime
    url: str


@dataclass(frozen=True)
class Team:
    """Who created tasks today, most first. `created` also counts those of the `more` people who are not listed."""

    members: tuple[Member, ...]
    created: int
    more: int


@dataclass(frozen=True)
class UnderWay:
    """An import that is being sent, waits, or has rows with errors. `created` of `total`: while it is being sent."""

    name: str
    url: str
    note: str
    action: str
    icon: str
    tone: str
    created: str = ""
    total: str = ""
    created_text: str = ""


@dataclass(frozen=True)
class Days:
    """How many tasks were created. `last` is the last day before today on which there were any, in words."""

    created: int
    last: str
    bars: Bars


def team_today(user: User, keys: Collection[int], now: datetime) -> Team | None:
    """Return how many tasks each person created today with `keys`, which the user looks after, themselves included.

    None: nobody else created any.
    """
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    found = Submission.objects.visible_to(user).filter(created_at__gte=midnight, key__in=keys, success_count__gt=0)
    by_place = found.order_by().values_list("owner", "owner__name", "owner__email", "workflow_name")
    people: dict[int, list[tuple[int, str, datetime]]] = {}
    names: dict[int, str] = {}
    for pk, name, email, workflow, created, last in by_place.annotate(Sum("success_count"), Max("created_at")):
        people.setdefault(pk, []).append((created, workflow, last))
        names[pk] = name or email
    if set(people) <= {user.pk}:
        return None
    day = midnight.date().isoformat()
    members = [
        Member(
            names[pk],
            sum(created for created, _, _ in parts),
            _in_words(parts),
            max(last for _, _, last in parts),
            f"{reverse('submissions:list')}?{urlencode({'since': day} | ({} if pk == user.pk else {'who': pk}))}",
        )
        for pk, parts in people.items()
    ]
    members.sort(key=lambda one: -one.created)
    shown = tuple(members[:MOST_PEOPLE])
    return Team(shown, sum(member.created for member in members), len(members) - len(shown))


def _in_words(parts: list[tuple[int, str, datetime]]) -> str:
    """Return the workflow with most tasks, and how many more there are, such as "Order entry and 2 more"."""
    more = len({workflow for _, workflow, _ in parts}) - 1
    return f"{max(parts)[1]} and {more} more" if more else max(parts)[1]


def imports_under_way(user: User, imports: list[Sheet], now: datetime) -> tuple[UnderWay, ...]:
    """Return imports that are being sent, and those of others with errors or rejected rows.

    Stopped ones are among them only for people who may not send: for others they are what waits for a decision.
    """
    under_way = (Sheet.Status.SENDING,) if user.may_send else UNDER_WAY
    shown = []
    for sheet in imports:
        if sheet.changed_at < now - IMPORTS_OF:
            break
        counts = sheet.counts_as_read
        is_wrong = counts.errors > 0 and sheet.owner_id != user.pk and not sheet.is_typed
        if sheet.status in under_way or (sheet.status == Sheet.Status.CHECKED and is_wrong):
            shown.append(_under_way(sheet, now))
    return tuple(shown[:MOST_IMPORTS])


def _under_way(sheet: Sheet, now: datetime) -> UnderWay:
    counts, at = sheet.counts_as_read, short(sheet.changed_at, now)
    name, url = f"{sheet.file_name} in {sheet.workflow_name}", sheet.get_absolute_url()
    who = str(sheet.owner)
    if sheet.status == Sheet.Status.SENDING:
        total = sheet.row_count
        text = f"{counts.created:,} of {total:,} created"
        return UnderWay(name, url, f"{who} · {text}", "View", "sent", "sending", str(counts.created), str(total), text)
    if sheet.status == Sheet.Status.UNCONFIRMED:
        return UnderWay(name, url, f"{who} · unconfirmed since {at}", "Decide", "unconfirmed", "unconfirmed")
    if sheet.status == Sheet.Status.PAUSED:
        return UnderWay(name, url, f"{who} · paused since {at}", "View", "file", "warning")
    words = []
    if counts.to_fix:
        words.append("1 row has errors" if counts.to_fix == 1 else f"{counts.to_fix:,} rows have errors")
    if counts.rejected:
        words.append("1 row was rejected" if counts.rejected == 1 else f"{counts.rejected:,} rows were rejected")
    note = f"{who} · {', '.join(words)} · {at}"
    return UnderWay(name, sheet.errors_url, note, "View", "file", "warning")


def created_by_day(indexes: Iterable[WorkflowIndex], now: datetime) -> Days | None:
    """Return the tasks created in the last days in all workflows, or None if a day was not read in any of them."""
    days: dict[date, int] = {}
    for each in days_of(indexes, DAYS, now).values():
        for day in each:
            if day.created is not None:
                days[day.date] = days.get(day.date, 0) + day.created
    if len(days) < DAYS or not any(days.values()):
        return None
    last = max((day for day in sorted(days)[:-1] if days[day]), default=None)
    words = f"{days[last]:,} on {last:%A}" if last and (max(days) - last).days < 7 else ""
    return Days(sum(days.values()), words, day_bars(days))
