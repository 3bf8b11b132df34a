"""The whole of Home: where to start, what waits, what needs attention, and what was created.

Everything that the page shows is plain values, so that a refresh can compare them with what is shown.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.lists import list_waiting as list_imports
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.states import state_of
from pipelines_portal.overview.first_steps import FirstSteps, first_steps
from pipelines_portal.overview.home.attention import Attention, FirstReading, first_reading, list_attention, list_gaps
from pipelines_portal.overview.home.own_day import (
    LatestTask,
    Number,
    OwnDay,
    StartingPoint,
    latest_tasks,
    list_starts,
    own_day,
    read_today,
)
from pipelines_portal.overview.home.team_day import (
    IMPORTS_OF,
    Days,
    Team,
    UnderWay,
    created_by_day,
    imports_under_way,
    team_today,
)
from pipelines_portal.overview.home.waiting import Waiting, list_waiting
from pipelines_portal.overview.models import HomeVisit
from pipelines_portal.submissions.team import looked_after
from pipelines_portal.task_index.counts import TaskCounts, counts_and_known
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.task_index.reads import new_and_stuck
from pipelines_portal.workflows.models import OpenedWorkflow, WorkflowNote

# The most recent workflows. The pages of the keys list all others.
MAX_WORKFLOWS = 20
MAX_OFFERED = 8
WORKFLOW_COLUMNS = (
    "key", "workflow_id", "name", "status", "has_file_fields", "title_field",
    "index__workflow", "index__seen_at", "index__stuck_hours", "index__open_as_of", "index__open_counted",
    "index__backfilled_to", "index__backfilled_count", "index__is_backfilled", "index__problem",
)  # fmt: skip
# With a key in one of these states, no task can be created.
DEAD_KEY_STATES = {"unreadable", "rejected"}
# Changed instructions are shown for so long.
NOTES_ARE_NEW_FOR = timedelta(days=3)
LONGEST_NOTE = 120
NOTE_COLUMNS = ("key", "workflow_id", "text", "at", "person__name", "person__email")


@dataclass(frozen=True)
class Offer:
    """A workflow in the menus of new work. Without `form`, its tasks are created from files only."""

    name: str
    form: str
    files: str


@dataclass(frozen=True)
class Obstacle:
    """Why the person can create no task, and a link to what they can do."""

    sentence: str
    action: str
    url: str


@dataclass(frozen=True)
class NewNote:
    """Instructions of a workflow that somebody else changed lately."""

    workflow: str
    url: str
    text: str
    author: str
    at: datetime


@dataclass(frozen=True)
class Home:
    """What Home shows: to a lead what the team does, to others, and to a lead without one, what they did themselves.

    `updated` is when the oldest number was read.
    """

    is_lead: bool
    starts: tuple[StartingPoint, ...]
    offers: tuple[Offer, ...]
    obstacle: Obstacle | None
    all_workflows: str
    waiting: Waiting
    attention: Attention
    reading: FirstReading | None
    updated: datetime | None
    own: OwnDay | None
    latest: tuple[LatestTask, ...]
    imports: tuple[UnderWay, ...]
    team: Team | None
    days: Days | None
    notes: tuple[NewNote, ...]
    steps: FirstSteps | None

    @property
    def title(self) -> str:
        return f"({self.attention.new:,}) Home" if self.attention.new else "Home"

    @property
    def troubles(self) -> Number | None:
        """The person's tasks of today that need attention. A lead sees those of everybody."""
        return self.own.troubles if self.own and not self.is_lead else None

    @property
    def has_forms(self) -> bool:
        return any(offer.form for offer in self.offers)

    @property
    def waiting_count(self) -> int:
        """The number of what waits for the person, with the line about their tasks of today."""
        return self.waiting.count + bool(self.troubles)


def build_home(user: User, now: datetime) -> Home:
    """Read what Home shows. Opening it starts or continues the scans of the person's workflows."""
    since, keys = HomeVisit.objects.record(user, now), {key.pk: key for key in SavedKey.objects.usable_by(user)}
    workflows = _recent_workflows(user, keys)
    indexes = WorkflowIndex.objects.watch(workflows, [one.index for one in workflows if hasattr(one, "index")])
    with_working_key = [one for one in workflows if one.key.rejected_at is None]
    counts, known = counts_and_known(with_working_key)
    new_stuck = new_and_stuck([(indexes[pk], each) for pk, each in counts.items()], since, now)
    by_workflow = {pk: new_stuck[index.pk] for pk, index in indexes.items() if index.pk in new_stuck}
    dead_keys = {pk for pk, key in keys.items() if state_of(key).name in DEAD_KEY_STATES}
    open_ones = [one for one in workflows if one.accepts_tasks and one.key_id not in dead_keys] if user.may_send else []
    are_shared = looked_after(user)
    is_lead = any(are_shared.values())
    imports = list_imports(user, now - IMPORTS_OF if is_lead else None) if user.may_send or is_lead else []
    today = read_today(user, now)
    own = own_day(user, today, set(keys), now)
    team = team_today(user, list(are_shared), now) if is_lead else None
    under_way = imports_under_way(user, imports, now) if is_lead else ()
    has_tasks = any(known.values()) or own is not None or bool(team or under_way)
    has_tasks = has_tasks or len(with_working_key) < len(workflows)
    steps = None if workflows and has_tasks else first_steps(user, workflows, open_ones)
    gaps = list_gaps(workflows, indexes, counts, now)
    return Home(
        is_lead=is_lead,
        starts=() if is_lead or steps else list_starts(user, open_ones, today, now),
        offers=tuple(map(_offer, open_ones[:MAX_OFFERED])),
        obstacle=None if open_ones else _obstacle(user, workflows),
        all_workflows=reverse("workflows:list", args=[workflows[0].key_id]) if workflows else "",
        waiting=list_waiting(user, keys, imports, now),
        attention=list_attention(user, workflows, counts, by_workflow, gaps, since, now),
        reading=first_reading(workflows, indexes, counts),
        updated=_updated(counts, now),
        own=own,
        latest=() if team or under_way else latest_tasks(user, workflows, set(keys)),
        imports=under_way,
        team=team,
        days=created_by_day([indexes[one.pk] for one in with_working_key], now) if is_lead else None,
        notes=_new_notes(user, workflows, now),
        steps=steps,
    )


def _updated(counts: dict[int, TaskCounts], now: datetime) -> datetime | None:
    """Return when the oldest number was read. The old ones that the page names are left out if there are others."""
    fresh = [each for each in counts.values() if not each.is_old(now)]
    return min((each.updated() for each in fresh or counts.values()), default=None)


def _recent_workflows(user: User, keys: dict[int, SavedKey]) -> list[OpenedWorkflow]:
    opened = OpenedWorkflow.objects.filter(key__in=keys).marked_by(user).in_sight().recent_first()
    recent = list(opened.select_related("index").only(*WORKFLOW_COLUMNS)[:MAX_WORKFLOWS])
    for workflow in recent:
        workflow.key = keys[workflow.key_id]
    return _once_each(recent)


def _once_each(workflows: list[OpenedWorkflow]) -> list[OpenedWorkflow]:
    """Leave out a workflow that another key opened too: one with a key that works stays."""
    chosen: dict[int, OpenedWorkflow] = {}
    for workflow in workflows:
        known = chosen.get(workflow.workflow_id)
        if known is None or (known.key.rejected_at and not workflow.key.rejected_at):
            chosen[workflow.workflow_id] = workflow
    return [workflow for workflow in workflows if chosen[workflow.workflow_id] is workflow]


def _obstacle(user: User, workflows: list[OpenedWorkflow]) -> Obstacle | None:
    """Return why none of the workflows takes a task. A key of the person's own is among what waits for them."""
    if not workflows or not user.may_send:
        return None
    blocked = next((one for one in workflows if one.accepts_tasks), None)
    if blocked is None:
        return Obstacle(
            "Your workflows don’t take new tasks now. Choose or add another one.",
            "All workflows",
            reverse("workflows:list", args=[workflows[0].key_id]),
        )
    key = blocked.key
    if key.owner_id == user.pk:
        return None
    sentence = f"Key “{key.name}” doesn’t work. Ask its owner, {key.owner}, to replace it."
    return Obstacle(sentence, "View key", reverse("keys:detail", args=[key.pk]))


def _offer(workflow: OpenedWorkflow) -> Offer:
    place = [workflow.key_id, workflow.workflow_id]
    if workflow.has_file_fields:
        return Offer(workflow.name, "", reverse("uploads:choose", args=place))
    return Offer(workflow.name, reverse("new_task:create", args=place), reverse("imports:new", args=place))


def _new_notes(user: User, workflows: list[OpenedWorkflow], now: datetime) -> tuple[NewNote, ...]:
    names = {(one.key_id, one.workflow_id): one.name for one in workflows}
    notes = WorkflowNote.objects.filter(
        key__in={one.key_id for one in workflows}, field="", at__gte=now - NOTES_ARE_NEW_FOR
    ).exclude(person=user)
    return tuple(
        NewNote(
            names[note.key_id, note.workflow_id],
            reverse("new_task:create", args=[note.key_id, note.workflow_id]),
            note.text if len(note.text) <= LONGEST_NOTE else f"{note.text[:LONGEST_NOTE]}…",
            str(note.person or ""),
            note.at,
        )
        for note in notes.select_related("person").only(*NOTE_COLUMNS).order_by("-at")[:3]
        if (note.key_id, note.workflow_id) in names
    )
