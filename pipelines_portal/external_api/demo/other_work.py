"""What the demo's people and other programs created in the workflows besides the orders, and what became of it.

Most tasks finish. The others stop in groups, each with something that its tasks share. The same seed gives the same
tasks. Only their times follow the start of the demo.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pipelines_portal.external_api.demo.orders import (
    BEN,
    ELSEWHERE,
    LENA,
    MARIA,
    SEED,
    TOM,
    WORKING_DAYS,
    Progress,
    Send,
    last_friday,
    progress_by,
    stopped,
    time_on,
    working_days,
)
from pipelines_portal.external_api.demo.values import row_for
from pipelines_portal.external_api.workflows.field_types import Field

TRANSLATIONS, TRIAGE, CLAUSES, INVOICES, TRANSCRIPTS = 42, 43, 44, 57, 61
Values = dict[str, Any]
LONG = "Longer than 60 minutes"


@dataclass(frozen=True)
class Habit:
    """What happens in a workflow on a working day: so many tasks of another program, and the requests of people.

    `people` has the sender, the kind and the number of rows of each request, and after how many days it is repeated.
    `minutes`: half of the tasks take less at each step. `usual` has how often each value of a field is typed.
    """

    workflow: int
    elsewhere: int
    people: tuple[tuple[str, str, int, int], ...]
    minutes: tuple[int, ...]
    usual: dict[str, dict[Any, int]] = field(default_factory=dict)


HABITS = (
    Habit(TRANSLATIONS, 2, ((MARIA, "form", 1, 1), (LENA, "grid", 10, 1)), (20, 60, 25, 30, 10)),
    Habit(
        TRIAGE, 5, ((LENA, "grid", 12, 1), (BEN, "form", 1, 1), (LENA, "form", 1, 1)), (5, 15, 20, 15),
        {"urgency": {1: 12, 2: 25, 3: 40, 4: 20, 5: 3}, "channel": {"Email": 12, "Chat": 2, "Phone": 2, "Web form": 4}},
    ),
    Habit(CLAUSES, 7, ((MARIA, "form", 1, 2), (LENA, "form", 1, 2), (TOM, "form", 1, 3)), (12,) * 14),
    Habit(INVOICES, 2, (), (5, 10, 15, 20)),
    Habit(
        TRANSCRIPTS, 3, (), (20, 15, 40, 10, 20, 10),
        {"length": {"Up to 10 minutes": 45, "Up to 60 minutes": 53, LONG: 2}},
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Work:
    """Tasks of a workflow that were created by one request: the values of each, and how far it is."""

    workflow: int
    send: Send
    tasks: list[tuple[Values, Progress]]


def plan_other_work(start: datetime, fields: Mapping[int, Sequence[Field]]) -> list[Work]:
    """Return what was created in the other workflows up to the start, oldest first. `fields` are by workflow."""
    planner = _Planner(start, fields)
    work = [each for habit in HABITS for each in planner.usual(habit)]
    work += [
        *planner.long_recordings(), *planner.urgent_tickets(), *planner.chats(), *planner.texts_of_tom(),
        *planner.late_clauses(), *planner.single_invoices(), *planner.stuck(),
    ]  # fmt: skip
    return sorted(work, key=lambda each: each.send.at)


class _Planner:
    def __init__(self, start: datetime, fields: Mapping[int, Sequence[Field]]) -> None:
        self.start, self.friday, self.fields = start, last_friday(start), fields
        self.dice = random.Random(SEED)  # noqa: S311 - not for security
        self.habits = {habit.workflow: habit for habit in HABITS}
        self.rows: dict[int, list[Values]] = {habit.workflow: [] for habit in HABITS}

    def usual(self, habit: Habit) -> Iterator[Work]:
        """Yield the work of the working days, of which nothing stops."""
        for number, day in enumerate(working_days(self.start)):
            kinds = [(ELSEWHERE, "", 1)] * habit.elsewhere
            kinds += [kind for *kind, every in habit.people if number % every == (WORKING_DAYS - 2) % every]  # type: ignore[misc]
            for sender, kind, count in kinds:
                at = time_on(day, self.start, self.dice)
                tasks = [self._going_on(habit, at, kind) for _ in range(count)]
                yield Work(habit.workflow, Send(at, sender, kind, count), tasks)

    def _going_on(self, habit: Habit, at: datetime, kind: str = "", **values: Any) -> tuple[Values, Progress]:
        fields = self._values(habit.workflow, kind, **values)
        return fields, progress_by(self.start, at, habit.minutes, self.dice)

    def _values(self, workflow: int, kind: str = "", **values: Any) -> Values:
        """Return the values of a task: these, and usual ones for its other fields. No two tasks have the same.

        People type required fields only. Another program, which has no `kind`, fills in the others too.
        """
        fields = [one for one in self.fields[workflow] if one["required"] or not kind]
        row: Values = {}
        while not row or row in self.rows[workflow]:
            row = row_for(fields, self.dice)
            for name, shares in self.habits[workflow].usual.items():
                row[name] = self.dice.choices(list(shares), list(shares.values()))[0]
            if "call_url" in row:
                row["call_url"] = f"https://calls.example.com/{self.dice.randint(100_000, 999_999)}"
            row |= values
        self.rows[workflow].append(row)
        return row

    def _stopped(
        self, workflow: int, sender: str, at: datetime, ended_at: datetime, status: str, done: int, **values: Any
    ) -> Work:
        """Return a task that was created in the form, or elsewhere, and stopped after so many steps."""
        kind = "form" if sender else ""
        send = Send(at, sender, kind, 1)
        progress = stopped(status, at, ended_at, done, self.dice)
        return Work(workflow, send, [(self._values(workflow, kind, **values), progress)])

    # What stopped, by what its tasks share

    def long_recordings(self) -> Iterator[Work]:
        """Yield recordings of the week of the last Friday: 34 long ones failed after the first of 6 steps."""
        habit = self.habits[TRANSCRIPTS]
        for number, long in enumerate((7, 7, 7, 7, 6)):
            at = self.friday + timedelta(days=number - 4, hours=14, minutes=2 + 5 * number)
            tasks = [self._going_on(habit, at, "grid", length="Up to 60 minutes") for _ in range(14)]
            for place in range(long):
                ended_at = at + timedelta(minutes=10 + 3 * place)
                fields = self._values(TRANSCRIPTS, "grid", length=LONG)
                tasks[2 * place] = fields, stopped("failed", at, ended_at, 1, self.dice)
            yield Work(TRANSCRIPTS, Send(at, LENA, "grid", len(tasks)), tasks)

    def urgent_tickets(self) -> Iterator[Work]:
        """Yield 17 tickets that escalated at the second of 4 steps, 15 of them as urgent as can be."""
        monday, last = self.friday - timedelta(days=4), self.start - timedelta(minutes=7)
        days = [day for day in working_days(self.start) if day >= monday]
        for number in range(17):
            day = days[number * len(days) // 17]
            at = min(time_on(day, self.start, self.dice), last - timedelta(minutes=25))
            ended_at = last if number == 16 else min(at + timedelta(minutes=self.dice.randint(9, 40)), last)
            urgency, channel = (5 if number not in (4, 11) else 3), ("Email", "Web form", "Phone")[number % 3]
            sender = (LENA, BEN, LENA)[number % 3]
            yield self._stopped(TRIAGE, sender, at, ended_at, "escalated", 1, urgency=urgency, channel=channel)

    def chats(self) -> Iterator[Work]:
        """Yield 6 tickets of chats that escalated at the last of 4 steps, the last one at the weekend."""
        for number in range(6):
            at = self.friday + timedelta(days=number // 2 - 3 + number // 5, hours=9 + number, minutes=7 * number)
            ended_at = at + timedelta(minutes=70 + 11 * number)
            if number == 5:
                ended_at = min(self.friday + timedelta(days=2, hours=18, minutes=30), self.start - timedelta(hours=3))
            sender = (LENA, BEN, MARIA)[number % 3]
            yield self._stopped(TRIAGE, sender, at, ended_at, "escalated", 3, channel="Chat", urgency=2 + number % 3)

    def texts_of_tom(self) -> Iterator[Work]:
        """Yield 9 texts that Tom typed on Thursday, quarantined at the second of 5 steps within twenty minutes.

        Maria typed one in between, which went on: what they share is not the hour.
        """
        thursday = self.friday - timedelta(days=1)
        at = thursday + timedelta(hours=14, minutes=9)
        yield Work(TRANSLATIONS, Send(at, MARIA, "form", 1), [self._going_on(self.habits[TRANSLATIONS], at, "form")])
        for number in range(9):
            at = thursday + timedelta(hours=14, minutes=2 * number)
            ended_at = at + timedelta(minutes=3 + number // 4)
            yield self._stopped(TRANSLATIONS, TOM, at, ended_at, "quarantined", 1)

    def late_clauses(self) -> Iterator[Work]:
        """Yield 3 clauses that failed after 12 of 14 steps, with nothing else in common."""
        before = working_days(self.start)[-2]
        for sender, at, ended_at, kind in (
            (MARIA, self.friday + timedelta(days=-3, hours=9), self.friday + timedelta(days=-3, hours=11), "Lease"),
            (TOM, self.friday + timedelta(days=-1, hours=11), self.friday + timedelta(days=-1, hours=15), "Purchase"),
            (LENA, before + timedelta(hours=16), self.start - timedelta(minutes=74), "Service"),
        ):
            yield self._stopped(CLAUSES, sender, at, ended_at, "failed", 12, contract_type=kind)

    def single_invoices(self) -> Iterator[Work]:
        """Yield 2 invoices of another program that failed."""
        for at, ended_at, done in (
            (self.friday + timedelta(hours=12, minutes=4), self.friday + timedelta(hours=12, minutes=20), 1),
            (self.start - timedelta(minutes=98), self.start - timedelta(minutes=61), 3),
        ):
            yield self._stopped(INVOICES, ELSEWHERE, at, ended_at, "failed", done)

    def stuck(self) -> Iterator[Work]:
        """Yield 14 tasks in two workflows that have not moved for more than a day."""
        at = self.friday + timedelta(days=-2, hours=10)
        waiting = [
            (self._values(TRANSLATIONS, "grid"), stopped("in_progress", at, at + timedelta(hours=2), 3, self.dice))
            for _ in range(8)
        ]
        yield Work(TRANSLATIONS, Send(at, MARIA, "grid", len(waiting)), waiting)
        for number in range(6):
            at = self.friday + timedelta(days=-4, hours=9 + number)
            yield self._stopped(CLAUSES, ELSEWHERE, at, at + timedelta(hours=1), "in_progress", 5)


def with_ids(work: Sequence[Work], ids: dict[int, list[int]]) -> Iterator[tuple[Work, list[int]]]:
    """Yield each work with the IDs of its tasks. `ids` has those of each workflow, in the order of their creation."""
    taken = dict.fromkeys(ids, 0)
    for each in work:
        first = taken[each.workflow]
        taken[each.workflow] += len(each.tasks)
        yield each, ids[each.workflow][first : first + len(each.tasks)]
