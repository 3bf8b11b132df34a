"""Make the groups of a workflow's tasks after each count of its index, without calls to the API.

Facts about a task are what was sent with it: the values of its row, its import, its sender. Reading and
finding take no lock. Writing compares what was read: a second worker, or a person who changed a group, loses nothing.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from pipelines_portal.api_client.task_status import CAN_BE_STUCK, NEEDS_ATTENTION
from pipelines_portal.attention.finding import Fact, Found, Seen, Shared, find_groups
from pipelines_portal.attention.models import GroupEvent, Grouping, GroupTask, ProblemGroup
from pipelines_portal.submissions.ids_given_again import is_same_task
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.task_index.models import LISTED, IndexedTask, NoteState, TaskNote, WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.titles import titles_of_workflows

# At most so many of the newest tasks that need attention are grouped, and compared with so many others.
MOST_TASKS, MOST_OTHERS = 20_000, 5_000
# They scatter the IDs for the sample of others. No product of them exceeds a bigint.
PRIME, MULTIPLIER, SCATTERED = 2**31 - 1, 2_654_435_761, 2**32
# Others are read of so many days at most: the newest on which one of the tasks was created.
MOST_DAYS = 60
# Values that nobody reads in a title.
LONGEST_VALUE, MOST_FIELDS = 80, 60
# Groups are made again after so long, because values are removed and others change.
MADE_FOR = timedelta(days=1)
HOURS_KEPT = 8 * 24
CHUNK = 1_000
Place = tuple[str, int, int]
# The group of a task, and the status with which it was there.
Member = tuple[int, str]
TASK_COLUMNS = ("status", "failed_at", "submission_id", "has_facts")
# A group without tasks that nobody changed stays for so long.
EMPTY_FOR = timedelta(days=1)
State = ProblemGroup.State
STUCK_ONLY = frozenset(CAN_BE_STUCK) - frozenset(NEEDS_ATTENTION)


def group_next() -> bool:
    """Make the groups of a workflow that was counted since they were made, or whose tasks people muted or marked.

    Return whether there was one.
    """
    uncounted = Q(workflow__grouping=None) | Q(workflow__grouping__counted_at=None)
    is_due = uncounted | Q(workflow__grouping__counted_at__lt=F("open_as_of"))
    is_due |= Q(workflow__grouping__counted_at__lt=F("notes_changed_at"))
    index = WorkflowIndex.objects.watched().filter(is_due, open_as_of__isnull=False).order_by("open_as_of").first()
    if index is None:
        return False
    try:
        make_groups(index)
    except Exception:
        # The other workflows go first. This one is tried again after its next count.
        Grouping.objects.filter(workflow=index.workflow_id).update(counted_at=_changed_at(index))
        raise
    return True


def make_groups(index: WorkflowIndex, now: datetime | None = None) -> None:
    """Read the tasks of the index, find what they share, and write the groups."""
    workflow, now = index.workflow, now or timezone.now()
    if workflow is None or index.open_as_of is None:
        return
    grouping = Grouping.objects.get_or_create(workflow=workflow)[0]
    tasks = list(_tasks_to_group(index, now))
    known = list(ProblemGroup.objects.filter(workflow=workflow))
    fingerprint = _fingerprint(tasks, known, now)
    is_fresh = grouping.made_at is not None and grouping.made_at > now - MADE_FOR
    if grouping.fingerprint == fingerprint and is_fresh:
        Grouping.objects.filter(pk=grouping.pk, counted_at=grouping.counted_at).update(counted_at=_changed_at(index))
        return
    members = _read_members(workflow)
    facts = _FactsRead(index, workflow.key_id, workflow.workflow_id)
    facts.read([(task.task_id, task.created_at) for task in tasks])
    others = _others(index, tasks, now)
    facts.read([(task.task_id, task.created_at) for task in others])
    plan = _plan(tasks, others, known, members, facts, now)
    moved = _keep_absent(plan, _absent(index, tasks, known, members), members)
    with transaction.atomic():
        index.lock()
        read_before = Grouping.objects.filter(pk=grouping.pk, counted_at=grouping.counted_at)
        made = read_before.update(counted_at=_changed_at(index), fingerprint=fingerprint, made_at=now)
        if made:
            _write(index, plan, moved, facts, now)


def _changed_at(index: WorkflowIndex) -> datetime | None:
    """Return when the tasks last changed, as the index was read: by a count, or by people."""
    return max((at for at in (index.open_as_of, index.notes_changed_at) if at), default=None)


def _read_members(workflow: OpenedWorkflow) -> dict[int, Member]:
    of_workflow = GroupTask.objects.filter(group__workflow=workflow).order_by()
    return {
        task_id: (group, status) for task_id, group, status in of_workflow.values_list("task_id", "group", "status")
    }


# --- what is read -----------------------------------------------------------------------------------------------------


def _tasks_to_group(index: WorkflowIndex, now: datetime) -> QuerySet[IndexedTask]:
    """Return the newest tasks that need attention or are stuck, without mistakes."""
    late = now - timedelta(hours=index.stuck_hours)
    is_stuck = Q(status__in=STUCK_ONLY, updated_at__lt=late)
    found = index.tasks.filter(LISTED).exclude(note_state=NoteState.MISTAKE)
    return found.filter(Q(status__in=NEEDS_ATTENTION) | is_stuck).order_by("-task_id")[:MOST_TASKS]


def _absent(
    index: WorkflowIndex, tasks: Sequence[IndexedTask], known: Sequence[ProblemGroup], members: Mapping[int, Member]
) -> list[IndexedTask]:
    """Return the tasks of groups that people closed that are muted, and not to be grouped now."""
    closed, present = {group.pk for group in known if group.state != State.OPEN}, {task.task_id for task in tasks}
    ids = [task_id for task_id, (group, _) in members.items() if group in closed and task_id not in present]
    muted = index.tasks.filter(note_state=NoteState.MUTED)
    return [
        task for start in range(0, len(ids), CHUNK) for task in muted.filter(task_id__in=ids[start : start + CHUNK])
    ]


def _others(index: WorkflowIndex, tasks: Sequence[IndexedTask], now: datetime) -> list[IndexedTask]:
    """Return a sample of the tasks that need no attention and were created on the same days."""
    days = sorted({task.created_at.astimezone(UTC).date() for task in tasks if task.created_at})[-MOST_DAYS:]
    if not days:
        return []
    on_days = Q()
    for first, last in _ranges(days):
        start, end = (datetime(day.year, day.month, day.day, tzinfo=UTC) for day in (first, last + timedelta(days=1)))
        on_days |= Q(created_at__gte=start, created_at__lt=end)
    late = now - timedelta(hours=index.stuck_hours)
    is_stuck = Q(is_unfinished=True, status__in=STUCK_ONLY, updated_at__lt=late)
    found = index.tasks.filter(on_days).exclude(status__in=NEEDS_ATTENTION).exclude(is_stuck)
    share = SCATTERED // (found.count() // MOST_OTHERS + 1)
    number = F("task_id") % PRIME
    # Every fourth ID, say, could be those of one customer. The square has no such pattern, and is the same next time.
    sample = found.alias(place=number * number % PRIME * MULTIPLIER % SCATTERED).filter(place__lt=share)
    return list(sample.order_by("-task_id")[: 2 * MOST_OTHERS])


def _ranges(days: Sequence[Any]) -> Iterator[tuple[Any, Any]]:
    """Join days that follow each other."""
    first = last = days[0]
    for day in days[1:]:
        if day - last > timedelta(days=1):
            yield first, last
            first = day
        last = day
    yield first, last


class _Sent(NamedTuple):
    created_by: datetime | None
    facts: tuple[Fact, ...]


class _FactsRead:
    """The facts of a workflow's tasks, from what was sent, and the labels of these facts."""

    def __init__(self, index: WorkflowIndex, key_id: int, workflow_id: int) -> None:
        self.place: dict[str, Any] = {"key": key_id, "workflow_id": workflow_id}
        self.titles = titles_of_workflows([index.workflow_id or 0]).get(index.workflow_id or 0, {})
        self.of_task: dict[int, tuple[Fact, ...]] = {}
        self.sent_in: dict[int, UUID] = {}
        self.labels: dict[Fact, str] = {}
        # When each submission was sent, and its facts. None for one of another workflow or key.
        self.submissions: dict[UUID, _Sent | None] = {}

    def read(self, created: Sequence[tuple[int, datetime | None]]) -> None:
        for start in range(0, len(created), CHUNK):
            at = dict(created[start : start + CHUNK])
            # Without a join, so that the database looks tasks up instead of reading all that was sent.
            rows = SubmissionRow.objects.filter(task_id__in=at).order_by()
            others = UnattributedTask.objects.filter(task_id__in=at).order_by()
            sent: list[tuple[Any, UUID, Any]] = list(rows.values_list("task_id", "submission", "fields"))
            sent += [(*one, None) for one in others.values_list("task_id", "submission")]
            self._read_submissions({submission for _, submission, _ in sent} - set(self.submissions))
            for task_id, submission, fields in sent:
                self._add(task_id, at[task_id], submission, fields or {})

    def _read_submissions(self, ids: set[UUID]) -> None:
        columns = (
            "pk", "owner", "owner__name", "owner__email", "group", "group_name", "created_by",
        )  # fmt: skip
        self.submissions |= dict.fromkeys(ids)
        found = Submission.objects.filter(pk__in=ids, **self.place).order_by().values_list(*columns)
        for pk, owner, name, email, group, file, created_by in found:
            facts = [Fact("sender", "", str(owner))]
            self.labels[facts[0]] = name or email
            if group and file:
                facts.append(Fact("import", "", str(group)))
                self.labels[facts[1]] = file
            self.submissions[pk] = _Sent(created_by, tuple(facts))

    def _add(self, task_id: int, created_at: datetime | None, submission: UUID, fields: Mapping[str, Any]) -> None:
        sent = self.submissions[submission]
        # Otherwise the ID was given to another task.
        if sent is not None and is_same_task(created_at, sent.created_by):
            self.sent_in[task_id] = submission
            self.of_task[task_id] = (*sent.facts, *facts_in(fields))

    def as_json(self, fact: Fact) -> dict[str, str]:
        title = (self.titles.get(fact.name) or fact.name)[:200]
        return {
            "kind": fact.kind, "name": fact.name, "value": fact.value, "title": title,
            "label": self.labels.get(fact, fact.value),
        }  # fmt: skip

    def line_as_json(self, line: Shared) -> dict[str, Any]:
        numbers = {"here": line.here, "of": line.of, "elsewhere": line.elsewhere, "of_others": line.of_others}
        return self.as_json(line.fact) | numbers


def facts_in(fields: Mapping[str, Any]) -> tuple[Fact, ...]:
    """Return the facts in the values of a row."""
    return tuple(Fact("field", name, text) for name, text in _texts(fields))


def _texts(fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in list(fields.items())[:MOST_FIELDS]:
        if isinstance(value, bool):
            yield name, "Yes" if value else "No"
        elif isinstance(value, str | int | float):
            text = " ".join(str(value).split())
            if 0 < len(text) <= LONGEST_VALUE:
                yield name, text
        elif isinstance(value, list):
            for one in value[:10]:
                if isinstance(one, str) and 0 < len(one) <= LONGEST_VALUE:
                    yield name, one


# --- the groups -------------------------------------------------------------------------------------------------------


@dataclass
class _Planned:
    """A group with all of its tasks. `group` is None for a new one; `found` is None for one that people closed."""

    signature: str
    tasks: list[IndexedTask]
    group: ProblemGroup | None = None
    found: Found | None = None
    new: list[IndexedTask] = field(default_factory=list)


def _plan(
    tasks: Sequence[IndexedTask], others: Sequence[IndexedTask], known: Sequence[ProblemGroup],
    members: Mapping[int, Member], facts: _FactsRead, now: datetime,
) -> list[_Planned]:  # fmt: skip
    """Give each task to one group: first to those that people muted or finished, the rest to what is found."""
    closed = {group.pk: _Planned(group.signature, [], group) for group in known if group.state != State.OPEN}
    to_group, unmuted = _give_to_closed(closed, tasks, known, members, facts, now)
    by_id = {task.task_id: task for task in (*to_group, *unmuted)}
    seen_before = [(_place(group), _facts_of(group)) for group in known if group.facts]
    found = []
    for is_stuck in (False, True):
        of_kind, alone = (
            [task for task in some if (task.status in STUCK_ONLY) == is_stuck] for some in (to_group, unmuted)
        )
        found += _with_singles(find_groups(_seen(of_kind, facts), _seen(others, facts), seen_before), alone)
    by_signature = {group.signature: group for group in known}
    planned_ones = list(closed.values())
    for one in found:
        signature = signature_of(one.place, one.facts, one.is_single)
        of_one = [by_id[task_id] for task_id in one.task_ids]
        group = by_signature.get(signature)
        if group is not None and group.pk in closed:
            closed[group.pk].tasks += of_one
            closed[group.pk].new += of_one
        else:
            new = [task for task in of_one if group is None or members.get(task.task_id, (0,))[0] != group.pk]
            planned_ones.append(_Planned(signature, of_one, group, one, new))
    return planned_ones


def _give_to_closed(
    closed: Mapping[int, _Planned], tasks: Sequence[IndexedTask], known: Sequence[ProblemGroup],
    members: Mapping[int, Member], facts: _FactsRead, now: datetime,
) -> tuple[list[IndexedTask], list[IndexedTask]]:  # fmt: skip
    """Give the groups that people closed their tasks and new ones. Return the others.

    Second, return those whose own mute a person ended: they are single tasks from then on.
    """
    singles = {group.pk for group in known if group.is_single and group.state == State.OPEN}
    to_group, unmuted = list[IndexedTask](), list[IndexedTask]()
    for task in tasks:
        pk, status = members.get(task.task_id, (0, ""))
        was_in = closed.get(pk)
        if was_in is not None and _stays(was_in.group, task, status):
            (unmuted if _is_unmuted(was_in.group, task, now) else was_in.tasks).append(task)
        elif task.note_state is None or was_in is not None:
            fitting = next((one for one in closed.values() if _fits(one.group, task, facts)), None)
            if fitting is not None and pk in singles:
                unmuted.append(task)
            elif fitting is not None and (was_in is not None or not pk):
                fitting.tasks.append(task)
                fitting.new.append(task)
            else:
                to_group.append(task)
    return to_group, unmuted


def _keep_absent(plan: Sequence[_Planned], absent: Iterable[IndexedTask], members: Mapping[int, Member]) -> list[int]:
    """Keep tasks in their closed groups while it is not known where they are, so that the end of a mute reaches them.

    Return those that were stuck and move again: their mutes are over.
    """
    closed = {planned.group.pk: planned for planned in plan if planned.group and planned.found is None}
    moved = []
    for task in absent:
        if task.status in STUCK_ONLY and not task.is_suspect:
            moved.append(task.task_id)
        else:
            closed[members[task.task_id][0]].tasks.append(task)
    return moved


def _stays(group: ProblemGroup | None, task: IndexedTask, status: str) -> bool:
    """Return whether a task of a group that people closed is still where it was then."""
    return group is not None and task.status == status and (group.is_single or _place(group) == _place(task))


def _is_unmuted(group: ProblemGroup | None, task: IndexedTask, now: datetime) -> bool:
    """Return whether a person ended the mute of this task of a closed group, which was closed before it was read."""
    return group is not None and not group.is_single and task.note_state is None and group.state_at < now


def _with_singles(found: list[Found], tasks: Sequence[IndexedTask]) -> list[Found]:
    """Add tasks to the line of single tasks."""
    if not tasks:
        return found
    task_ids = [task_id for one in found if one.is_single for task_id in one.task_ids]
    task_ids += [task.task_id for task in tasks]
    singles = Found(_place(tasks[0]), (), tuple(task_ids), (), is_single=True)
    return [*(one for one in found if not one.is_single), singles]


def _fits(group: ProblemGroup | None, task: IndexedTask, facts: _FactsRead) -> bool:
    """Return whether a task has what separates a group that people closed. Without facts, only a new group can tell."""
    if group is None or not group.facts or _place(group) != _place(task):
        return False
    return set(_facts_of(group)) <= set(facts.of_task.get(task.task_id, ()))


def _place(one: ProblemGroup | IndexedTask) -> Place:
    if isinstance(one, ProblemGroup):
        return one.status, one.step, one.steps
    return one.status, one.nodes_finished, one.nodes


def _facts_of(group: ProblemGroup) -> tuple[Fact, ...]:
    return tuple(Fact(one["kind"], one["name"], one["value"]) for one in group.facts)


def _seen(tasks: Iterable[IndexedTask], facts: _FactsRead) -> list[Seen]:
    return [
        Seen(
            task.task_id, _place(task), task.created_at or task.read_at, task.updated_at or task.read_at,
            facts.of_task.get(task.task_id, ()),
        )
        for task in tasks
    ]  # fmt: skip


def signature_of(place: Place, facts: Sequence[Fact], is_single: bool) -> str:
    """Return the digest by which a group is found again."""
    named = sorted((fact.kind, fact.name, fact.value) for fact in facts)
    text = json.dumps(["single", place[0] in STUCK_ONLY] if is_single else [place, named])
    return hashlib.sha256(text.encode()).hexdigest()


def _fingerprint(tasks: Sequence[IndexedTask], known: Sequence[ProblemGroup], now: datetime) -> str:
    """Return a digest of everything that decides which group a task is in."""
    of_tasks = [(task.task_id, _place(task), str(task.updated_at), task.note_state) for task in tasks]
    of_groups = sorted((group.pk, group.state, _is_over(group, now)) for group in known if group.state != State.OPEN)
    return hashlib.sha256(json.dumps([of_tasks, of_groups]).encode()).hexdigest()


def _is_over(group: ProblemGroup, now: datetime) -> bool:
    return group.mute_until is not None and group.mute_until <= now


# --- writing ----------------------------------------------------------------------------------------------------------


def _write(index: WorkflowIndex, plan: Sequence[_Planned], moved: list[int], facts: _FactsRead, now: datetime) -> None:
    """Write the groups and their tasks. The index is locked: no other worker writes them."""
    workflow = index.workflow
    known = {group.pk: group for group in ProblemGroup.objects.select_for_update().filter(workflow=workflow)}
    kept = []
    for planned in plan:
        group = known.get(planned.group.pk) if planned.group else None
        if group is None and planned.found is None:
            continue  # it was deleted since
        if group is None:
            group = ProblemGroup(signature=planned.signature, first_at=now, last_at=now)
        group.workflow = workflow  # type: ignore[assignment]  # an index without one is not read
        kept.append(_write_group(group, planned, facts, now).pk)
    left = ProblemGroup.objects.filter(workflow=workflow).exclude(pk__in=kept)
    GroupTask.objects.filter(group__in=left).delete()
    left.filter(task_count__gt=0).update(task_count=0, changed_at=now)
    # Their pages may still be open.
    left.untouched().filter(changed_at__lt=now - EMPTY_FOR).delete()
    if workflow:
        _unmute(workflow, [*moved, *_moved_to_open(plan)])
    _end_mutes(index, now)


def _moved_to_open(plan: Sequence[_Planned]) -> list[int]:
    """Return the tasks that left a muted group for an open one, because they fail at another step."""
    open_ones = [one for one in plan if one.group is None or one.group.state == State.OPEN]
    return [task.task_id for one in open_ones for task in one.new if task.note_state == NoteState.MUTED]


def _unmute(workflow: OpenedWorkflow, moved: list[int]) -> None:
    for start in range(0, len(moved), CHUNK):
        TaskNote.objects.clear(workflow, moved[start : start + CHUNK], NoteState.MUTED, None)


def _write_group(group: ProblemGroup, planned: _Planned, facts: _FactsRead, now: datetime) -> ProblemGroup:
    is_new = group.pk is None
    _describe(group, planned, facts)
    new = planned.new
    is_back = bool(new) and group.state == State.DONE
    if is_back:
        group.tasks.all().delete()
        planned.tasks = new
    if planned.tasks:
        _set_times(group, planned.tasks, now, begins=is_new or is_back or planned.found is not None)
    is_remembered = not is_new and group.task_count == 0 and group.state == State.OPEN and not group.is_untouched
    if is_back or (is_remembered and new):
        group.state, group.came_back_at, group.state_at, group.state_by = State.OPEN, now, now, None
    group.task_count, group.total = len(planned.tasks), group.total + len(new)
    if new:
        group.changed_at = now
    group.save()
    _write_tasks(group, planned.tasks, facts)
    if new and not is_new:
        kind = GroupEvent.Kind.BACK if group.came_back_at == now else GroupEvent.Kind.MORE
        group.note_event(kind, None, count=len(new))
    if new and group.state == State.MUTED:
        group.mute_tasks([task.task_id for task in new], None)
    return group


def _describe(group: ProblemGroup, planned: _Planned, facts: _FactsRead) -> None:
    """Set what separates the tasks of the group, and what they share."""
    if planned.found is None:
        # People closed it. Values that were removed leave it all the same.
        stored = {fact for task in planned.tasks for fact in facts.of_task.get(task.task_id, ())}
        if planned.tasks:
            group.remove_values(lambda line: Fact("field", line["name"], line["value"]) not in stored)
        return
    group.status, group.step, group.steps = planned.found.place
    group.is_single = planned.found.is_single
    group.facts = [facts.as_json(fact) for fact in planned.found.facts]
    sent = sorted(task.created_at for task in planned.tasks if task.created_at)
    for fact in group.facts:
        if fact["kind"] == "hour" and sent:
            # The hour is only where they begin.
            fact["label"] = f"{sent[0].isoformat()} {sent[-1].isoformat()}"
    group.shared = [facts.line_as_json(line) for line in planned.found.shared]


def _set_times(group: ProblemGroup, tasks: Sequence[IndexedTask], now: datetime, *, begins: bool) -> None:
    """Set when the first and the last of the tasks failed, and how many in each of the last hours."""
    times = sorted(task.updated_at or task.read_at for task in tasks)
    group.first_at = times[0] if begins else min(group.first_at, times[0])
    group.last_at = times[-1]
    hours = Counter(int(at.timestamp()) // 3600 for at in times)
    oldest = int(now.timestamp()) // 3600 - HOURS_KEPT
    group.hours = sorted([hour, count] for hour, count in hours.items() if hour > oldest)


def _write_tasks(group: ProblemGroup, tasks: Sequence[IndexedTask], facts: _FactsRead) -> None:
    current = {task.task_id: task for task in tasks}
    GroupTask.objects.filter(group__workflow=group.workflow_id, task_id__in=current).exclude(group=group).delete()
    stored = {task_id: columns for task_id, *columns in group.tasks.values_list("task_id", *TASK_COLUMNS)}
    group.tasks.filter(task_id__in=set(stored) - set(current)).delete()
    sent_in = {facts.sent_in[task_id] for task_id in current if task_id in facts.sent_in}
    existing = set(Submission.objects.filter(pk__in=sent_in).values_list("pk", flat=True))
    title = {fact for fact in _facts_of(group) if fact.kind != "hour"}
    changed = []
    for task_id, task in current.items():
        sent = sent if (sent := facts.sent_in.get(task_id)) in existing else None
        columns = [task.status, task.updated_at or task.read_at, sent, title <= set(facts.of_task.get(task_id, ()))]
        if stored.get(task_id) != columns:
            changed.append(GroupTask(group=group, task_id=task_id, **dict(zip(TASK_COLUMNS, columns, strict=True))))
    GroupTask.objects.bulk_create(
        changed,
        update_conflicts=True,
        unique_fields=["group", "task_id"],
        update_fields=["status", "failed_at", "submission", "has_facts"],
    )


def _end_mutes(index: WorkflowIndex, now: datetime) -> None:
    """Reopen muted groups whose time is over, or whose tasks fail at another step now."""
    muted = ProblemGroup.objects.filter(workflow=index.workflow_id, state=State.MUTED)
    open_ones = list(ProblemGroup.objects.filter(workflow=index.workflow_id).open())
    for group in muted:
        group.workflow = index.workflow  # type: ignore[assignment]  # it has one
        if _is_over(group, now) or any(_is_next_step(group, one) for one in open_ones):
            group.reopen(None)


def _is_next_step(muted: ProblemGroup, other: ProblemGroup) -> bool:
    """Return whether `other` has the facts of a muted group at another step, and began after it was muted."""
    is_same = bool(muted.facts) and _facts_of(muted) == _facts_of(other) and muted.status == other.status
    return is_same and _place(muted) != _place(other) and other.first_at > muted.state_at
