"""What the pages of groups show, as plain values: the list of groups, and one group with its tasks."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import NodeSummary
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION, icon_of, label_of
from pipelines_portal.attention.finding import Fact
from pipelines_portal.attention.grouping import facts_in
from pipelines_portal.attention.models import GroupEvent, GroupTask, ProblemGroup, ProblemGroups
from pipelines_portal.attention.words import details_of, fact_parts, title_of
from pipelines_portal.core import times
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import SubmissionRow
from pipelines_portal.submissions.origin import Brief, briefs_of_tasks
from pipelines_portal.submissions.origin import title_of as title_of_row
from pipelines_portal.task_index.models import IndexedTask, WorkflowIndex
from pipelines_portal.web.initials import initials
from pipelines_portal.workflows.models import OpenedWorkflow

DAYS = 7
NEW_FOR = timedelta(days=1)
MOST_GROUPS, TASKS_A_PAGE, MOST_EVENTS = 100, 25, 50
# What half of the tasks share is in so many of the rows.
MOST_SEEN = 500
WORKFLOWS = ("key", "workflow_id", "name", "status", "has_file_fields", "title_field")


@dataclass(frozen=True)
class Bar:
    """A day of the small chart, as texts of an SVG."""

    x: str
    y: str
    height: str


@dataclass(frozen=True)
class GroupLine:
    """A group in a list. `may_see`: the reader may see a row with the values in its title."""

    pk: int
    number: str
    url: str
    title: str
    workflow: str
    details: str
    icon: str
    status: str
    count: int
    bars: tuple[Bar, ...]
    first_at: datetime
    last_at: datetime
    owner: str
    owner_id: str
    initials: str
    state: str
    tag: str
    mute: str
    may_see: bool
    # A stuck task may still finish: a copy would be done twice.
    may_be_copied: bool


@dataclass(frozen=True)
class Show:
    """One of the filters of the list, with its number of groups."""

    name: str
    label: str
    count: int


@dataclass(frozen=True)
class GroupList:
    show: str
    shows: tuple[Show, ...]
    lines: tuple[GroupLine, ...]
    task_count: int
    workflow_count: int
    stuck_count: int
    stuck_groups: int
    more: int
    updated: datetime | None
    last_done: datetime | None
    gaps: tuple[str, ...]


# Groups of tasks that need attention by their status. The others are stuck.
NEEDING = Q(status__in=NEEDS_ATTENTION)
FILTERS: dict[str, tuple[str, Any]] = {
    "open": ("Open", lambda groups, user: groups.open().filter(NEEDING)),
    "mine": ("Mine", lambda groups, user: groups.open().filter(owner=user)),
    "back": ("Back again", lambda groups, user: groups.open().filter(came_back_at__isnull=False)),
    "stuck": ("Stuck", lambda groups, user: groups.open().exclude(NEEDING)),
    "muted": ("Muted", lambda groups, user: groups.muted()),
    "done": ("Done", lambda groups, user: groups.done()),
}


def workflows_of(user: User) -> list[OpenedWorkflow]:
    """Return the workflows that the person uses and does not hide, each once: with a key that works, if one does."""
    keys = {key.pk: key for key in SavedKey.objects.usable_by(user)}
    opened = OpenedWorkflow.objects.filter(key__in=keys).marked_by(user).in_sight().order_by("key", "pk")
    chosen: dict[int, OpenedWorkflow] = {}
    for workflow in opened.only(*WORKFLOWS):
        workflow.key = keys[workflow.key_id]
        known = chosen.get(workflow.workflow_id)
        if known is None or (known.key.rejected_at and not workflow.key.rejected_at):
            chosen[workflow.workflow_id] = workflow
    return list(chosen.values())


def list_groups(user: User, show: str, now: datetime) -> GroupList:
    """Return the groups of a filter, the largest first."""
    workflows = {one.pk: one for one in workflows_of(user)}
    groups = ProblemGroup.objects.filter(workflow__in=workflows)
    counts = _counts(groups, user)
    found = FILTERS[show][1](groups, user)
    lines = lines_of(user, found, workflows, now)
    indexes = WorkflowIndex.objects.watch(workflows.values())
    read = [indexes[pk].open_as_of for pk, workflow in workflows.items() if not workflow.key.rejected_at]
    return GroupList(
        show=show,
        shows=tuple(Show(name, label, counts[name]) for name, (label, _) in FILTERS.items() if _is_shown(name, counts)),
        lines=lines,
        task_count=counts["tasks"],
        workflow_count=len(counts["workflows"]),
        stuck_count=counts["stuck_tasks"],
        stuck_groups=counts["stuck"],
        more=max(counts[show] - len(lines), 0),
        updated=min(filter(None, read), default=None),
        last_done=counts["last_done"],
        gaps=_gaps([workflows[pk] for pk in counts["workflows"]], indexes),
    )


def _gaps(workflows: list[OpenedWorkflow], indexes: dict[int, WorkflowIndex]) -> tuple[str, ...]:
    """Return sentences about workflows whose groups are not of now."""
    rejected = sorted({one.key.name for one in workflows if one.key.rejected_at})
    counted_again = (one for one in workflows if not one.key.rejected_at and indexes[one.pk].open_as_of is None)
    return (
        *(f"Key “{name}” was rejected. Its groups aren’t updated." for name in rejected),
        *(
            f"{name} is still being counted. Its groups may be old."
            for name in sorted(one.name for one in counted_again)
        ),
    )


def _is_shown(name: str, counts: dict[str, Any]) -> bool:
    return name in ("open", "mine", "muted", "done") or counts[name] > 0


def _counts(groups: ProblemGroups, user: User) -> dict[str, Any]:
    """Count the groups of all filters, in one pass over the few columns that they need."""
    counts: dict[str, Any] = dict.fromkeys(FILTERS, 0) | {"tasks": 0, "stuck_tasks": 0, "last_done": None}
    workflows = set()
    columns = ("workflow", "state", "status", "owner", "task_count", "came_back_at", "state_at")
    for workflow, state, status, owner, tasks, back, at in groups.order_by().values_list(*columns):
        if state == ProblemGroup.State.MUTED:
            counts["muted"] += 1
        elif state == ProblemGroup.State.DONE:
            counts["done"] += 1
            counts["last_done"] = max(at, counts["last_done"] or at)
        elif tasks:
            is_open = status in NEEDS_ATTENTION
            counts["open" if is_open else "stuck"] += 1
            counts["tasks" if is_open else "stuck_tasks"] += tasks
            counts["mine"] += owner == user.pk
            counts["back"] += back is not None
            if is_open:
                workflows.add(workflow)
    return counts | {"workflows": workflows}


def open_lines(
    user: User, workflows: Collection[OpenedWorkflow], now: datetime, most: int
) -> tuple[tuple[GroupLine, ...], dict[str, Any]]:
    """Return the largest open groups of these workflows, and the numbers of all their groups and tasks."""
    by_pk = {one.pk: one for one in workflows}
    groups = ProblemGroup.objects.filter(workflow__in=by_pk)
    return lines_of(user, groups.open().filter(NEEDING), by_pk, now, most), _counts(groups, user)


def lines_of(
    user: User, groups: ProblemGroups, workflows: dict[int, OpenedWorkflow], now: datetime, most: int = MOST_GROUPS
) -> tuple[GroupLine, ...]:
    """Return the lines of the largest groups, read in one statement."""
    has_keys = len({one.key_id for one in workflows.values()}) > 1
    read = groups.with_sight(user).select_related("owner").defer("signature")[:most]
    return tuple(_line(group, workflows[group.workflow_id], has_keys, now) for group in read)


def _line(group: ProblemGroup, workflow: OpenedWorkflow, has_keys: bool, now: datetime) -> GroupLine:
    may_see = group.may_see
    owner = str(group.owner) if group.owner else ""
    return GroupLine(
        pk=group.pk,
        number=str(group.pk),
        url=reverse("attention:detail", args=[group.pk]),
        title=title_of(group, may_see),
        workflow=f"{workflow.name} ({workflow.key.name})" if has_keys else workflow.name,
        details=" · ".join(details_of(group, may_see)),
        icon=icon_of(group.status),
        status=label_of(group.status),
        count=group.task_count,
        bars=_bars(group, now),
        first_at=group.first_at,
        last_at=group.last_at,
        owner=owner,
        owner_id=str(group.owner_id or ""),
        initials=initials(owner) if owner else "",
        state=group.state,
        tag=_tag(group, now),
        mute=mute_words(group, now),
        may_see=may_see,
        may_be_copied=may_see and not group.is_stuck,
    )


def _tag(group: ProblemGroup, now: datetime) -> str:
    if group.state != ProblemGroup.State.OPEN:
        return ""
    if group.came_back_at:
        return "Back again"
    return "New" if now - group.created_at < NEW_FOR else ""


def mute_words(group: ProblemGroup, now: datetime) -> str:
    """Return when the mute ends, or "" if the group is not muted."""
    if group.state != ProblemGroup.State.MUTED or group.mute_until is None:
        return ""
    return f"Until {times.short(group.mute_until, now)}"


def _bars(group: ProblemGroup, now: datetime) -> tuple[Bar, ...]:
    """Return the bars of the last days in the person's time zone, today last."""
    today, by_day = times.local(now).date(), Counter[int]()
    for hour, number in group.hours:
        day = times.local(datetime.fromtimestamp(hour * 3600, tz=now.tzinfo)).date()
        by_day[(today - day).days] += number
    days = [by_day[ago] for ago in reversed(range(DAYS))]
    top = max([*days, 1])
    heights = [max(round(18 * day / top), 1) for day in days]
    return tuple(Bar(str(6 * place), str(20 - height), str(height)) for place, height in enumerate(heights))


# --- one group --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListedTask:
    task_id: int
    url: str
    text: str
    status: str
    nodes: NodeSummary
    updated_at: datetime | None


@dataclass(frozen=True)
class SharedFact:
    """A line of what the tasks share: for how many of 100 it holds here, and of the others."""

    subject: str
    value: str
    here: str
    elsewhere: str


@dataclass(frozen=True)
class GroupPage:
    """`sent_here` is the number of tasks that were sent from the portal, and so can be copied."""

    group: ProblemGroup
    line: GroupLine
    workflow: OpenedWorkflow
    shared: tuple[SharedFact, ...]
    of_others: int
    tasks: tuple[ListedTask, ...]
    page: "Page[Any]"
    notes: tuple[GroupEvent, ...]
    events: tuple[GroupEvent, ...]
    sent_here: int
    people: tuple[User, ...]


class _Tasks(Paginator[Any]):
    """The tasks of a group, whose number is stored with it."""

    @cached_property
    def count(self) -> int:
        return int(self.known)

    def __init__(self, group: ProblemGroup) -> None:
        self.known = group.task_count
        of_group = group.tasks.order_by().values("task_id")
        index = IndexedTask.objects.filter(index__workflow=group.workflow_id, task_id__in=of_group)
        super().__init__(index.order_by("-updated_at", "-task_id"), TASKS_A_PAGE)


def group_for(user: User, group_id: int) -> ProblemGroup:
    """Return a group of a workflow that the person may use. Raise Http404 for all others."""
    groups = ProblemGroup.objects.of_user(user).with_sight(user).with_sent_here()
    group = groups.select_related("workflow__key__owner", "owner", "state_by").filter(pk=group_id).first()
    if group is None:
        raise Http404
    return group


def group_page(user: User, group: ProblemGroup, page: str, now: datetime) -> GroupPage:
    """Read what the page of a group shows, in five statements beside the group."""
    workflow = group.workflow
    line = _line(group, workflow, has_keys=False, now=now)
    shown = _Tasks(group).get_page(page)
    events = list(group.events.select_related("person")[: 2 * MOST_EVENTS])
    return GroupPage(
        group=group,
        line=line,
        workflow=workflow,
        shared=_shared_for(user, group, line.may_see),
        of_others=max((fact["of_others"] for fact in group.shared), default=0),
        tasks=_listed(user, workflow, list(shown)),
        page=shown,
        notes=tuple(one for one in reversed(events) if one.kind == GroupEvent.Kind.NOTE)[-MOST_EVENTS:],
        events=tuple(one for one in events if one.kind != GroupEvent.Kind.NOTE)[:MOST_EVENTS],
        sent_here=group.sent_here,
        people=tuple(people_who_use(workflow.key)),
    )


def _shared_for(user: User, group: ProblemGroup, may_see: bool) -> tuple[SharedFact, ...]:
    """Return what the tasks share, with the values that the person may see: of the title, or of a row of theirs."""
    seen = {Fact(one["kind"], one["name"], one["value"]) for one in group.facts} if may_see else set[Fact]()
    seen |= _seen_facts(user, group)
    return tuple(_shared(one, Fact(one["kind"], one["name"], one["value"]) in seen) for one in group.shared)


def _seen_facts(user: User, group: ProblemGroup) -> set[Fact]:
    """Return values and imports of the group's newest rows that the person may see."""
    visible = GroupTask.objects.visible_to(user).filter(
        group=group, task_id=OuterRef("task_id"), submission=OuterRef("submission")
    )
    rows = SubmissionRow.objects.filter(Exists(visible), task_id__in=group.tasks.order_by().values("task_id"))
    found = set[Fact]()
    for fields, imported in rows.order_by("-pk").values_list("fields", "submission__group")[:MOST_SEEN]:
        found |= {Fact("import", "", str(imported)), *facts_in(fields or {})}
    return found


def _shared(fact: dict[str, Any], may_see: bool) -> SharedFact:
    subject, value = fact_parts(fact, may_see)
    here = round(100 * fact["here"] / max(fact["of"], 1))
    elsewhere = round(100 * fact["elsewhere"] / max(fact["of_others"], 1))
    return SharedFact(subject, value, str(min(here, 100)), str(min(elsewhere, 100)))


def _listed(user: User, workflow: OpenedWorkflow, tasks: Sequence[IndexedTask]) -> tuple[ListedTask, ...]:
    briefs = briefs_of_tasks(
        user, workflow.key, workflow.workflow_id, {task.task_id: task.created_at for task in tasks}
    )
    return tuple(
        ListedTask(
            task.task_id,
            reverse("tasks:detail", args=[workflow.key_id, workflow.workflow_id, task.task_id]),
            _text(briefs.get(task.task_id), workflow.title_field),
            task.status,
            task.node_summary,
            task.updated_at,
        )
        for task in tasks
    )


def _text(brief: Brief | None, title_field: str) -> str:
    return title_of_row(brief.fields, title_field) if brief and brief.fields else ""


def people_who_use(key: SavedKey) -> QuerySet[User]:
    """Return the active people who may use the key, by name."""
    through = Q(pk=key.owner_id) | Q(key_shares__key=key) | Q(teams__key_shares__key=key)
    return User.objects.filter(through, is_active=True).distinct().order_by("name", "email")
