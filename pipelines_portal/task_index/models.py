"""The index of a workflow's tasks: what background scans have read, so that pages can count tasks.

The API does not count tasks. Everything here can be read again: the API alone knows what a task is now, and the index
knows how many there were when it was read.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models import BigIntegerField, Case, Count, F, Min, OuterRef, Q, Subquery, When
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import NodeSummary, TaskStatus
from pipelines_portal.api_client.task_status import CAN_BE_STUCK, NEEDS_ATTENTION
from pipelines_portal.api_client.transport import Allowance
from pipelines_portal.audit.recording import record as record_event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.json_text import cleaned
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.rate_limiter import SECONDS_BETWEEN_BACKGROUND_CALLS
from pipelines_portal.workflows.models import OpenedWorkflow

# A workflow is scanned for so long after somebody looked at its counts, and its index is deleted after so long.
WATCHED_FOR, STORED_FOR = timedelta(days=14), timedelta(days=90)
# A task is stuck after so many hours without a change, unless people of the workflow set another number.
STUCK_HOURS = 24
# `seen_at` is written at most this often.
SEEN_INTERVAL = timedelta(hours=1)
# An index is deleted in batches of tasks, and so many batches at a time, because it may be large.
DELETE_BATCH, MAX_DELETE_BATCHES = 5000, 20

# A workflow of more tasks gives way to others before it is counted.
SMALL = 2_000

DURATION_DAYS = 7
# Durations are unknown while more than this share of the tasks that ended is still to be read.
MAX_UNREAD_SHARE = 0.1

# Longer than a call takes. After that another process makes the step.
LEASE = timedelta(seconds=120)
FIRST_RETRY, LAST_RETRY = timedelta(seconds=60), timedelta(hours=1)
MAX_FAILURES = 100

# The status of an indexed task that the API no longer has.
GONE = "gone"
QUARTER = 15 * 60

MAX_NOTE_LENGTH = 200
# Between the clocks of the portal and of Pipelines, which gives IDs again after a restore of its database. A backup of
# Pipelines is older than that when it is restored.
CLOCKS_DIFFER = timedelta(hours=1)
# What a person may mute: a task that needs attention, or that would if it did not move for long.
MUTABLE = frozenset((*NEEDS_ATTENTION, *CAN_BE_STUCK))


class NoteState(models.TextChoices):
    MUTED = "muted", "Muted"
    MISTAKE = "mistake", "Mistake"


# The condition of a task that is on the list of its status, as far as is known.
LISTED = Q(is_unfinished=True, is_suspect=False)
# The conditions of a task that pages count, and of one that they may show as needing attention.
COUNTED = Q(note_state=None) | Q(note_state=NoteState.MUTED)
NOT_MUTED = Q(note_state=None)


def quarter_of(at: datetime) -> int:
    """Return the number of the quarter of an hour since 1970."""
    return int(at.timestamp() // QUARTER)


class WorkflowIndexes(models.QuerySet["WorkflowIndex"]):
    def watched(self) -> Self:
        """Return the indexes at which somebody looked lately, and whose key the API has not rejected."""
        return self.filter(
            seen_at__gte=timezone.now() - WATCHED_FOR, workflow__isnull=False, workflow__key__rejected_at=None
        )

    def watch(
        self, workflows: Iterable[OpenedWorkflow], known: "Iterable[WorkflowIndex] | None" = None
    ) -> "dict[int, WorkflowIndex]":
        """Record that somebody looks at these workflows, and create the indexes that are missing.

        Return all of their indexes by the workflow's primary key. `known`: their indexes, if they were already read.
        """
        workflows = list(workflows)
        known = self.filter(workflow__in=workflows) if known is None else known
        indexes = {index.workflow_id or 0: index for index in known}
        now = timezone.now()
        if old := [pk for pk, index in indexes.items() if index.seen_at < now - SEEN_INTERVAL]:
            self.filter(workflow__in=old).update(seen_at=now)
        return indexes | {one.pk: self.start(one) for one in workflows if one.pk not in indexes}

    @transaction.atomic
    def start(self, workflow: OpenedWorkflow, stuck_hours: int = STUCK_HOURS) -> "WorkflowIndex":
        """Return the workflow's index. If there is none, create it with its scans."""
        defaults = {"stuck_hours": stuck_hours, "has_notes": TaskNote.objects.filter(workflow=workflow).exists}
        index, is_new = self.get_or_create(workflow=workflow, defaults=defaults)
        if is_new:
            now = timezone.now()
            # The first scan for new tasks starts the backfill, and the scan of the lists finds suspects.
            due = {Scan.Kind.NEWEST: now, Scan.Kind.LISTS: now}
            Scan.objects.bulk_create(Scan(index=index, kind=kind, due_at=due.get(kind)) for kind in Scan.Kind)
        return index

    def lock(self, workflow: OpenedWorkflow) -> "WorkflowIndex":
        """Return the workflow's index, locked inside a transaction. If there is none, create it."""
        self.start(workflow)
        index = self.select_for_update().get(workflow=workflow)
        index.workflow = workflow
        return index

    def retire_unseen(self) -> int:
        """Detach indexes that nobody saw for very long, so that they are deleted. Return how many there were."""
        unseen = self.filter(seen_at__lt=timezone.now() - STORED_FOR)
        return unseen.exclude(workflow=None).update(workflow=None)

    def delete_retired(self) -> None:
        """Delete some batches of the indexes without a workflow."""
        for index in self.filter(workflow=None).order_by("pk"):
            if not index.delete_batches():
                return


class WorkflowIndex(models.Model):
    """The index of one workflow, as one key sees it. An index without a workflow is deleted in batches."""

    class Problem(models.TextChoices):
        NONE = "", ""
        NO_ANSWER = "no-answer", "The API does not answer, or not as documented"
        NOT_FOUND = "not-found", "The key does not reach the workflow"
        UNDECRYPTABLE = "undecryptable", "The key cannot be decrypted"

    workflow = models.OneToOneField(OpenedWorkflow, models.SET_NULL, null=True, related_name="index")
    # When somebody last looked at the counts.
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)
    # A task that did not move for so long counts as stuck. People of the workflow set it.
    stuck_hours = models.PositiveSmallIntegerField(default=STUCK_HOURS)
    # A task of the workflow has a note, or had one. Pages of the others read no notes.
    has_notes = models.BooleanField(default=False)

    # When a person last muted or marked tasks, or took it back.
    notes_changed_at = models.DateTimeField(null=True)

    started_at = models.DateTimeField(db_default=Now())
    # When the last complete cycle through the lists began. None: there was none yet.
    open_as_of = models.DateTimeField(null=True)
    # All tasks that had left the open lists by then were read where they are now.
    ends_as_of = models.DateTimeField(null=True)
    # When the last complete scan for new tasks began.
    newest_as_of = models.DateTimeField(null=True)
    # How many tasks the running cycle, and the running scan for new tasks, have counted. None: none is running.
    open_counted = models.PositiveBigIntegerField(null=True)
    newest_counted = models.PositiveBigIntegerField(null=True)
    # The newest known task. All tasks between it and the position of the backfill are known.
    newest_id = models.PositiveBigIntegerField(null=True)
    # When the API was last seen to give IDs again, as it does after a restore of its database.
    ids_restarted_at = models.DateTimeField(null=True)
    backfilled_to = models.DateTimeField(null=True)
    backfilled_count = models.PositiveBigIntegerField(default=0)
    is_backfilled = models.BooleanField(default=False)

    # How long tasks took that finished in the last days. Without `durations_as_of` this is unknown, because too many of
    # the tasks that left the open lists are still to be read.
    durations_count = models.PositiveIntegerField(default=0)
    median_seconds = models.PositiveBigIntegerField(null=True)
    p90_seconds = models.PositiveBigIntegerField(null=True)
    durations_as_of = models.DateTimeField(null=True)

    problem = models.CharField(max_length=20, choices=Problem, default=Problem.NONE, blank=True)
    problem_at = models.DateTimeField(null=True)

    objects = WorkflowIndexes.as_manager()

    def __str__(self) -> str:
        return f"index of {self.workflow}"

    @property
    def are_ends_read(self) -> bool:
        """Whether all tasks that had left the open lists were read where they are now."""
        return self.ends_as_of is not None and self.open_as_of is not None and self.ends_as_of >= self.open_as_of

    def update(self, **values: Any) -> None:
        """Write these columns alone: other processes write the others."""
        WorkflowIndex.objects.filter(pk=self.pk).update(**values)

    def lock(self) -> None:
        """Lock the row, inside a transaction, so that one process at a time changes the tasks and the counts."""
        WorkflowIndex.objects.select_for_update().filter(pk=self.pk).first()

    @transaction.atomic
    def rebuild(self) -> "WorkflowIndex | None":
        """Detach this index and start a new one for its workflow. Return None if another process detached it.

        A step that is under way writes to the detached index.
        """
        workflow = self.workflow
        if workflow is None or not WorkflowIndex.objects.filter(pk=self.pk, workflow=workflow).update(workflow=None):
            return None
        return WorkflowIndex.objects.start(workflow, self.stuck_hours)

    def delete_batches(self) -> bool:
        """Delete some batches of tasks, and then the index. Return whether it is deleted."""
        for _ in range(MAX_DELETE_BATCHES):
            ids = list(self.tasks.order_by().values_list("pk", flat=True)[:DELETE_BATCH])
            if not ids:
                self.quarters.all().delete()
                self.delete()
                return True
            IndexedTask.objects.filter(pk__in=ids).delete()
        return False

    def set_note_state(self, task_ids: Collection[int], state: NoteState | None) -> None:
        """Give the tasks the state of their notes, and change the counts of days. Call it with the index locked."""
        tasks = list(self.tasks.filter(task_id__in=task_ids))
        created, finished = Counter[int](), Counter[int]()
        for task in tasks:
            task.add_quarters(created, finished, -1)
            task.note_state = state
            task.add_quarters(created, finished, 1)
        self.tasks.filter(pk__in=[task.pk for task in tasks]).update(note_state=state)
        QuarterCount.objects.add(self, created, finished)
        self.update(has_notes=True, notes_changed_at=timezone.now())
        self.count_notes()

    def count_notes(self) -> None:
        """Store how many listed tasks are muted, and how many are mistakes. Call it with the index locked."""
        listed = IndexedTask.objects.filter(LISTED, index=self, status=OuterRef("status")).order_by().values("index")
        numbers = {
            name: Subquery(listed.filter(note_state=state).annotate(number=Count("*")).values("number"))
            for name, state in (("muted", NoteState.MUTED), ("mistakes", NoteState.MISTAKE))
        }
        self.status_counts.update(**{name: Coalesce(number, 0) for name, number in numbers.items()})

    def newest_known_below(self, task_id: int) -> int:
        """Return the highest ID of a known task below this one, or 0. Tasks that the API has lost do not count."""
        known = self.tasks.filter(task_id__lt=task_id).exclude(status=GONE).values_list("task_id", flat=True)
        return known.order_by("-task_id").first() or 0

    def suspects(self) -> tuple[int, int]:
        """Return the number of suspects, and the lowest id of them."""
        result = self.tasks.filter(is_suspect=True).order_by().aggregate(count=Count("pk"), lowest=Min("task_id"))
        return result["count"], result["lowest"] or 0

    def next_suspect(self) -> "IndexedTask | None":
        """Return the next suspect, or None while the lists are read, because it may still appear on another list."""
        if self.scans.filter(kind=Scan.Kind.LISTS).exclude(position={}).exists():
            return None
        return self.tasks.filter(is_suspect=True).order_by("task_id").first()

    def suspect_undocumented(self) -> None:
        """Suspect the tasks with an undocumented status, because the API has no list of it."""
        if self.tasks.filter(LISTED).exclude(status__in=list(TaskStatus)).update(is_suspect=True):
            self.count_notes()

    def measure_durations(self) -> None:
        """Store the time within which half, and nine of ten, of the tasks finished in the last days.

        The database sorts: there may be millions of tasks.
        """
        now = timezone.now()
        since = now - timedelta(days=DURATION_DAYS)
        finished = self.tasks.filter(COUNTED, finished_at__gte=since, seconds_to_finish__isnull=False)
        count, unread = finished.count(), self.tasks.filter(is_suspect=True).count()
        is_known = unread == 0 or unread < (count + unread) * MAX_UNREAD_SHARE
        seconds = finished.order_by("seconds_to_finish").values_list("seconds_to_finish", flat=True)
        self.update(
            durations_count=count, durations_as_of=now if is_known else None,
            median_seconds=seconds[count // 2] if is_known and count else None,
            p90_seconds=seconds[count * 9 // 10] if is_known and count else None,
        )  # fmt: skip

    def set_problem(self, problem: "WorkflowIndex.Problem") -> None:
        """Store the problem and the time at which it began. The same problem keeps its time."""
        changed = WorkflowIndex.objects.filter(pk=self.pk).exclude(problem=problem)
        changed.update(problem=problem, problem_at=timezone.now() if problem else None)


class Scans(models.QuerySet["Scan"]):
    def due(self) -> Self:
        """Return the scans whose next step may be made now, with all that the step needs.

        Workflows that were never counted come first, one after the other, so that the first numbers are there soon.
        After some pages a large one has to wait. The others take turns. Backfills come last.
        """
        now = timezone.now()
        waiting = KeyThrottle.objects.filter(next_call_at__gt=now).values("key")
        due = self.filter(index__in=WorkflowIndex.objects.watched(), due_at__lte=now)
        due = due.exclude(index__workflow__key__in=waiting).select_related("index__workflow__key__owner")
        is_small = Q(index__open_counted=None) | Q(index__open_counted__lt=SMALL)
        is_uncounted = Q(index__open_as_of=None) & is_small & ~Q(kind=Scan.Kind.BACKFILL)
        turn = Case(When(is_uncounted, then=F("index")), default=None, output_field=BigIntegerField())
        backfills = Case(When(kind=Scan.Kind.BACKFILL, then=1), default=0)
        return due.order_by(turn.asc(nulls_last=True), backfills, "due_at", "pk")


class Scan(models.Model):
    """A scan of a workflow's tasks, made in steps of one call. The process that moves `due_at` makes the next step."""

    class Kind(models.TextChoices):
        NEWEST = "newest", "New tasks"
        LISTS = "lists", "The lists of tasks that are not finished"
        SUSPECTS = "suspects", "The tasks that left those lists"
        BACKFILL = "backfill", "Older tasks"

    index = models.ForeignKey(WorkflowIndex, models.CASCADE, related_name="scans", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    # None: there is nothing to do.
    due_at = models.DateTimeField(null=True, db_index=True)
    # Where the next step continues: the cursor, and what the kind needs. Empty: at the beginning.
    position = models.JSONField(default=dict)
    failures = models.PositiveSmallIntegerField(default=0)

    objects = Scans.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["index", "kind"], name="an_index_has_a_scan_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.index_id}"

    def claim(self) -> bool:
        """Take the lease of the next step. Return False if another process took it first."""
        until = timezone.now() + LEASE
        unclaimed = Scan.objects.filter(pk=self.pk, due_at=self.due_at, position=self.position)
        if not unclaimed.update(due_at=until):
            return False
        self.due_at = until
        return True

    def has_lease(self) -> bool:
        return Scan.objects.filter(pk=self.pk, due_at=self.due_at).exists()

    def schedule(self, delay: timedelta | None, **values: Any) -> None:
        """End the step, if this process still has its lease. A delay of None means that no step follows."""
        due_at = None if delay is None else timezone.now() + delay
        Scan.objects.filter(pk=self.pk, due_at=self.due_at).update(due_at=due_at, **values)

    def advance(self, delay: timedelta | None, position: dict[str, Any]) -> None:
        """Schedule the step behind a successful one. A scan remembers its restarts until it reaches its end."""
        restarts = self.position.get("restarts")
        if position and restarts:
            position = position | {"restarts": restarts}
        self.schedule(delay, position=position, failures=0)

    def restart(self) -> None:
        """Go back to the beginning, because the cursor is no longer valid: at once, then with growing pauses."""
        restarts: int = self.position.get("restarts", 0)
        pause = _retry_delay(restarts) if restarts else timedelta()
        self.schedule(pause, position={"restarts": min(restarts + 1, MAX_FAILURES)})

    def retry(self) -> None:
        """Repeat the step later, each time after twice the pause."""
        self.schedule(_retry_delay(self.failures), failures=min(self.failures + 1, MAX_FAILURES))


def _retry_delay(failures: int) -> timedelta:
    return min(FIRST_RETRY * (1 << min(failures, 10)), LAST_RETRY)


class IndexedTask(models.Model):
    index = models.ForeignKey(WorkflowIndex, models.CASCADE, related_name="tasks", db_index=False)
    task_id = models.PositiveBigIntegerField()
    # The API's word, or `gone`.
    status = models.CharField(max_length=30)
    # Neither finished nor gone.
    is_unfinished = models.BooleanField()
    # It left the list of its status, and no later response contained it.
    is_suspect = models.BooleanField(default=False)
    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    nodes = models.PositiveIntegerField(default=0)
    nodes_finished = models.PositiveIntegerField(default=0)
    nodes_in_progress = models.PositiveIntegerField(default=0)
    # The time of the change by which it was first seen finished.
    finished_at = models.DateTimeField(null=True)
    seconds_to_finish = models.PositiveBigIntegerField(null=True)
    # When the request was sent whose response is stored here. Responses to earlier requests are ignored.
    read_at = models.DateTimeField()
    # The state of the task's note (TaskNote), changed in the same transaction. None: it has no note.
    note_state = models.CharField(max_length=10, choices=NoteState, null=True)

    class Meta:
        ordering: ClassVar = ["-task_id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["index", "task_id"], name="a_task_is_indexed_once")]
        # All but the last two hold a few thousand rows, however many tasks there are.
        indexes: ClassVar = [
            models.Index(
                fields=["index", "status", "task_id", "note_state"], condition=LISTED, name="task_index_lists"
            ),
            models.Index(
                fields=["index", "status", "updated_at", "task_id", "note_state"],
                condition=LISTED,
                name="task_index_moves",
            ),
            models.Index(
                fields=["index", "status", "note_state"],
                condition=LISTED & Q(note_state__isnull=False),
                name="task_index_notes",
            ),
            models.Index(fields=["index", "status"], condition=Q(is_suspect=True), name="task_index_suspects"),
            models.Index(fields=["index", "finished_at", "seconds_to_finish"], name="task_index_durations"),
            models.Index(fields=["index", "created_at", "task_id"], name="task_index_days"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id}, {self.status}"

    def add_quarters(self, created: Counter[int], finished: Counter[int], by: int) -> None:
        """Add `by` to the quarters in which the task was created and finished. A mistake counts in none."""
        if self.note_state == NoteState.MISTAKE:
            return
        if self.created_at is not None:
            created[quarter_of(self.created_at)] += by
        if self.finished_at is not None:
            finished[quarter_of(self.finished_at)] += by

    @property
    def node_summary(self) -> NodeSummary:
        pending = max(self.nodes - self.nodes_finished - self.nodes_in_progress, 0)
        return NodeSummary(
            total=self.nodes, finished=self.nodes_finished, in_progress=self.nodes_in_progress, pending=pending
        )


class StatusCount(models.Model):
    """The number of tasks of one status: `count` in the index, and `listed` in the API's last answer.

    `count` lags behind, because a task keeps its old status until it is read again. Pages show `listed`.
    """

    index = models.ForeignKey(WorkflowIndex, models.CASCADE, related_name="status_counts", db_index=False)
    status = models.CharField(max_length=30)
    count = models.IntegerField(default=0)
    listed = models.PositiveBigIntegerField(default=0)
    # When the first page of the list was requested. None: the list was not read yet, or the API has no such list.
    listed_at = models.DateTimeField(null=True)
    # The list goes on behind the pages that were read.
    is_cut = models.BooleanField(default=False)
    # How many of the tasks on the list are muted, and how many are mistakes, as far as is known.
    muted = models.PositiveIntegerField(default=0)
    mistakes = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["index", "status"], name="a_status_is_counted_once")]

    def __str__(self) -> str:
        return f"{self.count} {self.status}"


class QuarterCounts(models.QuerySet["QuarterCount"]):
    def add(self, index: WorkflowIndex, created: Counter[int], finished: Counter[int]) -> None:
        """Add these numbers to the counts of the quarters. Call it with the index locked."""
        quarters = {quarter for counter in (created, finished) for quarter, by in counter.items() if by}
        known = {row.quarter: row for row in self.filter(index=index, quarter__in=quarters)}
        rows = [known.get(quarter) or QuarterCount(index=index, quarter=quarter) for quarter in sorted(quarters)]
        for row in rows:
            row.created += created[row.quarter]
            row.finished += finished[row.quarter]
        self.bulk_create(
            rows, update_conflicts=True, unique_fields=["index", "quarter"], update_fields=["created", "finished"]
        )


class QuarterCount(models.Model):
    """How many tasks were created and finished in a quarter of an hour. Days of any time zone are sums of these."""

    index = models.ForeignKey(WorkflowIndex, models.CASCADE, related_name="quarters", db_index=False)
    # Quarters of an hour since 1970.
    quarter = models.BigIntegerField()
    created = models.IntegerField(default=0)
    finished = models.IntegerField(default=0)

    objects = QuarterCounts.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["index", "quarter"], name="a_quarter_is_counted_once")]

    def __str__(self) -> str:
        return f"{self.quarter}: {self.created}, {self.finished}"


class TaskNotes(models.QuerySet["TaskNote"]):
    @transaction.atomic
    def mute(
        self,
        workflow: OpenedWorkflow,
        statuses: Mapping[int, str],
        note: str,
        by: User | None,
        *,
        seen_at: datetime | None = None,
    ) -> list[int]:
        """Mute the tasks that have these statuses, and return their ids. A task that is muted gets the new note.

        Mistakes stay mistakes. Tasks that the index has read with another status after `seen_at` are left out, because
        the person saw the old one.
        """
        index = WorkflowIndex.objects.lock(workflow)
        read_later = index.tasks.filter(task_id__in=statuses, read_at__gt=seen_at or timezone.now())
        current = dict(read_later.values_list("task_id", "status"))
        known = self._known(workflow, statuses)
        muted = [
            task_id
            for task_id, status in statuses.items()
            if status in MUTABLE
            and current.get(task_id, status) == status
            and known.get(task_id, ("",))[0] != NoteState.MISTAKE
        ]
        note = cleaned(note)[:MAX_NOTE_LENGTH]
        new = [task_id for task_id in muted if known.get(task_id) != (NoteState.MUTED, note, statuses[task_id])]
        self._put(index, {task_id: statuses[task_id] for task_id in new}, NoteState.MUTED, note, by)
        return muted

    @transaction.atomic
    def mark_as_mistakes(self, workflow: OpenedWorkflow, task_ids: Collection[int], note: str, by: User) -> None:
        """Mark the tasks as mistakes. This ends their mutes. A task that is a mistake keeps its note."""
        index = WorkflowIndex.objects.lock(workflow)
        known = self._known(workflow, task_ids)
        new = [task_id for task_id in task_ids if known.get(task_id, ("",))[0] != NoteState.MISTAKE]
        self._put(index, dict.fromkeys(new, ""), NoteState.MISTAKE, cleaned(note)[:MAX_NOTE_LENGTH], by)

    @transaction.atomic
    def mark_replaced(self, workflow: OpenedWorkflow, replaced_by: Mapping[int, int], by: User) -> None:
        """Mark the tasks as mistakes that other tasks replace, by the ids of these."""
        index = WorkflowIndex.objects.lock(workflow)
        known = self._known(workflow, replaced_by)
        new = [task_id for task_id in replaced_by if known.get(task_id, ("",))[0] != NoteState.MISTAKE]
        self._put(index, dict.fromkeys(new, ""), NoteState.MISTAKE, "", by)
        for task_id, replacement in replaced_by.items():
            self.filter(workflow=workflow, task_id=task_id).update(replaced_by=replacement)

    @transaction.atomic
    def clear(
        self, workflow: OpenedWorkflow, task_ids: Collection[int], state: NoteState, by: User | None
    ) -> list[int]:
        """Remove the notes of this state from the tasks, and return the ids of those that had one."""
        index = WorkflowIndex.objects.lock(workflow)
        notes = self.filter(workflow=workflow, task_id__in=task_ids, state=state)
        cleared = sorted(notes.values_list("task_id", flat=True))
        if cleared:
            notes.delete()
            index.set_note_state(cleared, None)
            record_event(_CLEARED[state], by=by, target=workflow, tasks=cleared)
        return cleared

    @transaction.atomic
    def undo(
        self, workflow: OpenedWorkflow, put: Mapping[int, datetime], earlier: "Iterable[TaskNote]", by: User
    ) -> list[int]:
        """Remove the notes that were put on these tasks at these times, restore the earlier ones, and return the ids.

        A note that somebody has changed since stays.
        """
        index = WorkflowIndex.objects.lock(workflow)
        notes = self.filter(workflow=workflow, task_id__in=put)
        mine = {note.task_id: note for note in notes if note.at == put[note.task_id]}
        if not mine:
            return []
        self.filter(workflow=workflow, task_id__in=mine).delete()
        index.set_note_state(list(mine), None)
        restored = [note for note in earlier if note.task_id in mine]
        self.bulk_create(restored)
        for state in NoteState:
            if of_state := [note.task_id for note in restored if note.state == state]:
                index.set_note_state(of_state, state)
        for state in NoteState:
            if of_state := sorted(task_id for task_id, note in mine.items() if note.state == state):
                record_event(_CLEARED[state], by=by, target=workflow, tasks=of_state)
        return sorted(mine)

    def mistakes_in(self, key_id: int, workflow_id: int) -> Self:
        """Return the notes of the tasks of a workflow that are marked as mistakes or replaced."""
        return self.filter(workflow__key=key_id, workflow__workflow_id=workflow_id, state=NoteState.MISTAKE)

    def _known(self, workflow: OpenedWorkflow, task_ids: Collection[int]) -> dict[int, tuple[str, str, str]]:
        """Return state, note and status of the notes of these tasks."""
        rows = self.filter(workflow=workflow, task_id__in=task_ids).values_list("task_id", "state", "text", "status")
        return {task_id: (state, text, status) for task_id, state, text, status in rows}

    def _put(
        self, index: WorkflowIndex, statuses: Mapping[int, str], state: NoteState, text: str, by: User | None
    ) -> None:
        """Write the notes of these tasks over those that they have, with one event. The index is locked."""
        if not statuses:
            return
        values: dict[str, Any] = {"workflow": index.workflow, "state": state, "text": text, "person": by}
        now = timezone.now()
        self.bulk_create(
            [TaskNote(task_id=task_id, status=status, at=now, **values) for task_id, status in statuses.items()],
            update_conflicts=True,
            unique_fields=["workflow", "task_id"],
            update_fields=["state", "text", "status", "person", "at", "replaced_by"],
        )
        index.set_note_state(list(statuses), state)
        record_event(_PUT[state], by=by, target=index.workflow, tasks=sorted(statuses), note=text)

    def of_tasks(self, task_ids: Collection[int]) -> "dict[int, TaskNote]":
        """Return the notes of these tasks of one workflow, by the ids of the tasks."""
        return {note.task_id: note for note in self.filter(task_id__in=task_ids)} if task_ids else {}


class TaskNote(models.Model):
    """A mute of a task, or the mark that it is a mistake, for everybody who uses the workflow with this key.

    A mute ends with the next change of the task's status: the index deletes it when it reads another one. A note is not
    about a task that was created after it, to which the API gave the same ID.
    """

    workflow = models.ForeignKey(OpenedWorkflow, models.CASCADE, related_name="+", db_index=False)
    task_id = models.PositiveBigIntegerField()
    state = models.CharField(max_length=10, choices=NoteState)
    text = models.CharField(max_length=MAX_NOTE_LENGTH, blank=True)
    # The status with which the task was muted. Empty for a mistake.
    status = models.CharField(max_length=30, blank=True)
    # The corrected copy that was created in place of a mistake.
    replaced_by = models.PositiveBigIntegerField(null=True)
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = TaskNotes.as_manager()

    class Meta:
        ordering: ClassVar = ["-task_id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["workflow", "task_id"], name="a_task_has_one_note")]
        indexes: ClassVar = [
            models.Index(
                fields=["workflow", "replaced_by"], condition=Q(replaced_by__isnull=False), name="notes_by_replacement"
            )
        ]

    def __str__(self) -> str:
        return f"{self.task_id}: {self.state}"

    @property
    def is_mistake(self) -> bool:
        return self.state == NoteState.MISTAKE

    @property
    def words(self) -> str:
        """Return the state with the text: "Muted: asked Ana", or "Replaced by 13144"."""
        if self.replaced_by:
            return f"Replaced by {self.replaced_by}"
        label = NoteState(self.state).label
        return f"{label}: {self.text}" if self.text else str(label)

    def holds(self, status: str, created_at: datetime | None) -> bool:
        """Return whether the note holds for a task with this status that was created then.

        A mute holds for the status it was made with.
        """
        return self.is_about(created_at) and (self.is_mistake or self.status == status)

    def is_about(self, created_at: datetime | None) -> bool:
        """Return False if the note is older than the task: then it was about another one with the same ID."""
        return created_at is None or created_at <= self.at + CLOCKS_DIFFER


_PUT = {NoteState.MUTED: Verb.TASKS_MUTED, NoteState.MISTAKE: Verb.MISTAKES_MARKED}
_CLEARED = {NoteState.MUTED: Verb.TASKS_UNMUTED, NoteState.MISTAKE: Verb.MISTAKES_CLEARED}


# Between two calls of a first count.
SHORTEST_PAUSE = timedelta(seconds=0.1)


class KeyThrottles(models.QuerySet["KeyThrottle"]):
    def acquire(self, key: SavedKey) -> bool:
        """Return whether the caller may make a background call with the key now. All workers share one rate."""
        now = timezone.now()
        self.get_or_create(key=key, defaults={"next_call_at": now})
        due = self.filter(key=key, next_call_at__lte=now)
        return bool(due.update(next_call_at=now + timedelta(seconds=SECONDS_BETWEEN_BACKGROUND_CALLS)))

    def allow_more(self, key: SavedKey, allowance: Allowance) -> None:
        """Let the next call follow sooner, so that at most half of what the API still allows is used."""
        pause = timedelta(seconds=allowance.seconds / max(allowance.remaining // 2, 1))
        next_call_at = timezone.now() + max(pause, SHORTEST_PAUSE)
        self.filter(key=key, next_call_at__gt=next_call_at).update(next_call_at=next_call_at)

    def pause(self, key: SavedKey, pause: timedelta) -> None:
        """Let nobody make a background call with the key for so long."""
        self.filter(key=key).update(next_call_at=timezone.now() + pause)


class KeyThrottle(models.Model):
    """When the next background call with a key may be made. The process that moves `next_call_at` makes the call."""

    key = models.OneToOneField(SavedKey, models.CASCADE, related_name="+")
    next_call_at = models.DateTimeField(default=timezone.now)

    objects = KeyThrottles.as_manager()

    def __str__(self) -> str:
        return f"throttle of {self.key_id}"
