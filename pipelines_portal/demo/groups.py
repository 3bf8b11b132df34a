"""What the people of the demo did about groups of tasks that need attention."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F

from pipelines_portal.accounts.models import User
from pipelines_portal.attention.grouping import group_next
from pipelines_portal.attention.models import GroupEvent, ProblemGroup
from pipelines_portal.demo.replay import clock_at
from pipelines_portal.keys.models import SavedKey

ORDERS, TICKETS, RECORDINGS = 40, 43, 61
MARIA, BEN, LENA = "demo@example.com", "operator@example.com", "lena@example.com"
FRIDAY, TUESDAY = 4, 1


@dataclass(frozen=True)
class Deed:
    """What somebody did about the group of a workflow's tasks with a status after a step, and when."""

    at: datetime
    workflow: int
    status: str
    step: int
    do: Callable[[ProblemGroup], object]


def tell_groups(key: SavedKey, people: dict[str, User], start: datetime) -> None:
    """Make the groups at the start of the demo, and let people have done what they did about them."""
    with clock_at(start):
        while group_next():
            pass
    groups = ProblemGroup.objects.filter(workflow__key=key)
    groups.update(created_at=F("first_at"), changed_at=F("last_at"))
    for deed in _deeds(people, start):
        found = groups.filter(workflow__workflow_id=deed.workflow, status=deed.status, step=deed.step, is_single=False)
        for group in found.select_related("workflow").order_by("-task_count")[:1]:
            with clock_at(deed.at):
                deed.do(group)


def _deeds(people: dict[str, User], start: datetime) -> list[Deed]:
    """Return the deeds, oldest first."""
    maria, ben, lena = people[MARIA], people[BEN], people[LENA]
    friday = _midnight(start, FRIDAY) - timedelta(days=7)
    wednesday, thursday = friday - timedelta(days=2), friday - timedelta(days=1)
    until = _midnight(start + timedelta(hours=12), TUESDAY) + timedelta(hours=12)
    codes = "Vendor says: postal codes of TR need five digits. I’ll ask for the list."
    again = "Three more today. I stopped sending TR orders."
    away = "Both of those who take urgency 5 were away. They are back today."

    def mute_recordings(group: ProblemGroup) -> None:
        group.give_to(maria, maria)
        group.mute(maria, until=until, note="Vendor fixes it on Tuesday")

    def mute_chats(group: ProblemGroup) -> None:
        group.mute(lena, until=until)

    def add_today(group: ProblemGroup) -> None:
        group.note_event(GroupEvent.Kind.MORE, None, count=3)

    return [
        Deed(wednesday + timedelta(hours=9), TICKETS, "escalated", 1, lambda group: group.give_to(lena, lena)),
        Deed(thursday + timedelta(hours=9), TICKETS, "escalated", 1, lambda group: group.add_note(away, lena)),
        Deed(thursday + timedelta(hours=10), TICKETS, "escalated", 1, lambda group: group.finish(lena)),
        Deed(friday + timedelta(hours=15, minutes=10), RECORDINGS, "failed", 1, mute_recordings),
        Deed(friday + timedelta(hours=15, minutes=40), TICKETS, "escalated", 3, mute_chats),
        Deed(friday + timedelta(hours=17, minutes=18), ORDERS, "failed", 1, lambda group: group.give_to(maria, maria)),
        Deed(friday + timedelta(hours=17, minutes=20), ORDERS, "failed", 1, lambda group: group.add_note(codes, maria)),
        Deed(start - timedelta(minutes=10), ORDERS, "failed", 1, add_today),
        Deed(start - timedelta(minutes=8), ORDERS, "failed", 1, lambda group: group.add_note(again, ben)),
        Deed(start - timedelta(minutes=7), TICKETS, "escalated", 1, lambda group: group.reopen(None)),
    ]


def _midnight(start: datetime, weekday: int) -> datetime:
    """Return the midnight with which the next such day begins, or the one of today."""
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=(weekday - start.weekday()) % 7)
