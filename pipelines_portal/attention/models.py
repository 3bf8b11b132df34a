"""Groups of tasks that need attention, or are stuck: one group for what they share, with what people did about it.

The worker makes the groups from the index of tasks and from what was sent (grouping.py). A muted or done group mutes
its tasks, so that every number of the portal leaves them out.
"""

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.audit.recording import record as record_event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.json_text import cleaned
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.models import MAX_NOTE_LENGTH, NoteState, TaskNote, WorkflowIndex
from pipelines_portal.workflows.models import OpenedWorkflow

MAX_GROUP_NOTE = 1_000
LONGEST_MUTE = timedelta(days=365)
# A group without tasks is kept for so long after its last change: its notes help when it comes back.
KEPT_FOR = timedelta(days=30)
# Tasks of a group are muted in batches.
BATCH = 1_000
DONE_NOTE = "Group is done"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class ProblemGroups(models.QuerySet["ProblemGroup"]):
    def of_user(self, user: User) -> Self:
        """Return the groups of the workflows that the person may use."""
        return self.filter(workflow__key__in=SavedKey.objects.usable_by(user))

    def with_sight(self, user: User) -> Self:
        """Annotate `may_see`: whether the person may see a row that has the values in the group's title."""
        return self.annotate(may_see=Exists(GroupTask.objects.with_title_for(user).filter(group=OuterRef("pk"))))

    def with_sent_here(self) -> Self:
        """Annotate `sent_here`: how many of the tasks were sent from the portal."""
        sent = GroupTask.objects.filter(group=OuterRef("pk"), submission__isnull=False).order_by().values("group")
        return self.annotate(sent_here=Coalesce(Subquery(sent.annotate(number=Count("pk")).values("number")), 0))

    def open(self) -> Self:
        return self.filter(state=ProblemGroup.State.OPEN, task_count__gt=0)

    def muted(self) -> Self:
        return self.filter(state=ProblemGroup.State.MUTED)

    def done(self) -> Self:
        return self.filter(state=ProblemGroup.State.DONE)

    def stuck(self) -> Self:
        """Return the groups of tasks that do not move. The others need attention by their status."""
        return self.exclude(status__in=NEEDS_ATTENTION)

    def untouched(self) -> Self:
        """Return the groups about which nobody did anything."""
        by_people = GroupEvent.objects.filter(group=OuterRef("pk"), person__isnull=False)
        return self.filter(~Exists(by_people), state=ProblemGroup.State.OPEN, owner=None)

    def remove_old_values(self) -> int:
        """Remove the values of groups whose last task came longer ago than values are stored."""
        before = timezone.now() - timedelta(days=settings.SUBMISSION_RETENTION_DAYS)
        changed = 0
        for group in self.filter(last_at__lt=before).exclude(facts=[], shared=[]):
            if group.remove_values(lambda line: True):
                changed += self.filter(pk=group.pk, last_at=group.last_at).update(
                    facts=group.facts, shared=group.shared
                )
        return changed

    def delete_old(self) -> int:
        """Delete groups without tasks that nobody changed for long."""
        is_over = Q(state=ProblemGroup.State.OPEN, task_count=0) | Q(state=ProblemGroup.State.DONE)
        return self.filter(is_over, changed_at__lt=timezone.now() - KEPT_FOR).delete()[0]


class ProblemGroup(models.Model):
    """Tasks of a workflow that came to the same status at the same step, and share `facts` that others do not."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        MUTED = "muted", "Muted"
        DONE = "done", "Done"

    workflow = models.ForeignKey(OpenedWorkflow, models.CASCADE, related_name="problem_groups", db_index=False)
    # The digest of status, steps and facts: the same group is found again by it.
    signature = models.CharField(max_length=64)
    status = models.CharField(max_length=30)
    step = models.PositiveIntegerField(default=0)
    steps = models.PositiveIntegerField(default=0)
    # The few tasks of a workflow that are in no other group.
    is_single = models.BooleanField(default=False)
    # What separates the tasks from others, and what they share: as grouping.py writes them.
    facts = models.JSONField(default=list)
    shared = models.JSONField(default=list)
    # The number of tasks now, and of all that ever were in the group.
    task_count = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    # How many tasks came in each of the last hours: pairs of hours since 1970 and numbers.
    hours = models.JSONField(default=list)

    owner = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    state_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    state_at = models.DateTimeField(default=timezone.now)
    # What was written when the group was muted, and when that ends.
    mute_note = models.CharField(max_length=MAX_NOTE_LENGTH, blank=True)
    mute_until = models.DateTimeField(null=True)
    # New tasks came after it was done, or its mute ended.
    came_back_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    # Set by `with_sight`.
    may_see = False
    # Set by `with_sent_here`.
    sent_here = 0

    objects = ProblemGroups.as_manager()

    class Meta:
        ordering: ClassVar = ["-task_count", "-last_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "signature"], name="a_workflow_has_a_group_once")
        ]

    def __str__(self) -> str:
        return f"group {self.pk} of {self.workflow_id}"

    @property
    def is_stuck(self) -> bool:
        return self.status not in NEEDS_ATTENTION

    @property
    def is_untouched(self) -> bool:
        return ProblemGroup.objects.untouched().filter(pk=self.pk).exists()

    def remove_values(self, is_removed: Callable[[dict[str, Any]], bool]) -> bool:
        """Leave out values of fields for which this is true, without saving it. Return whether there were some."""
        before = (self.facts, self.shared)
        self.facts, self.shared = (
            [line for line in lines if line["kind"] != "field" or not is_removed(line)] for lines in before
        )
        return before != (self.facts, self.shared)

    def task_ids(self) -> list[int]:
        return sorted(self.tasks.values_list("task_id", flat=True))

    # --- what people do -----------------------------------------------------------------------------------------------

    @transaction.atomic
    def give_to(self, owner: User | None, by: User) -> bool:
        """Set the owner, if it is still the one that `self` shows. Return whether it was changed."""
        if not self._change(Q(owner=self.owner_id), owner=owner):
            return False
        kind = GroupEvent.Kind.TAKEN if owner == by else GroupEvent.Kind.GIVEN if owner else GroupEvent.Kind.FREED
        self.note_event(kind, by, text=str(owner) if owner and owner != by else "")
        return True

    # Where tasks are muted, the index is locked before the group, as the worker does.

    @transaction.atomic
    def mute(self, by: User, *, until: datetime, note: str = "") -> bool:
        """Mute the group and its tasks until a time. It must be open."""
        note = cleaned(note)[:MAX_NOTE_LENGTH]
        WorkflowIndex.objects.lock(self.workflow)
        values = {"mute_until": until, "mute_note": note}
        if not self._step(self.State.OPEN, self.State.MUTED, by, came_back_at=None, **values):
            return False
        self.mute_tasks(self.task_ids(), by)
        self.note_event(GroupEvent.Kind.MUTED, by, text=note, until=until)
        return True

    @transaction.atomic
    def finish(self, by: User) -> bool:
        """Mark the group as done, and mute its tasks: they can't change by themselves. It must be open or muted."""
        WorkflowIndex.objects.lock(self.workflow)
        for before in (self.State.OPEN, self.State.MUTED):
            if self._step(before, self.State.DONE, by, came_back_at=None, mute_until=None):
                if before == self.State.OPEN:
                    self.mute_tasks(self.task_ids(), by)
                self.note_event(GroupEvent.Kind.DONE, by)
                return True
        return False

    @transaction.atomic
    def reopen(self, by: User | None) -> bool:
        """End a mute, or take back that the group is done. Without a person, the mute has ended by itself."""
        values: dict[str, Any] = {"mute_until": None, "mute_note": ""}
        values["came_back_at"] = None if by else timezone.now()
        WorkflowIndex.objects.lock(self.workflow)
        for before in (self.State.MUTED, self.State.DONE):
            if self._step(before, self.State.OPEN, by, **values):
                self.unmute_tasks(self.task_ids(), by)
                self.note_event(GroupEvent.Kind.REOPENED if by else GroupEvent.Kind.BACK, by)
                return True
        return False

    @transaction.atomic
    def add_note(self, text: str, by: User) -> None:
        self.note_event(GroupEvent.Kind.NOTE, by, text=cleaned(text)[:MAX_GROUP_NOTE])

    # --- steps --------------------------------------------------------------------------------------------------------

    def _step(self, before: str, after: str, by: User | None, **values: Any) -> bool:
        now = timezone.now()
        return self._change(Q(state=before), state=after, state_by=by, state_at=now, **values)

    def _change(self, condition: Q, **values: Any) -> bool:
        """Write the values if the condition holds, in one UPDATE. Return whether it did."""
        found = ProblemGroup.objects.filter(condition, pk=self.pk)
        if not found.update(changed_at=timezone.now(), **values):
            return False
        self.refresh_from_db()
        return True

    def mute_tasks(self, task_ids: Collection[int], by: User | None) -> None:
        """Mute these tasks as the group is: those that still have its status."""
        note = DONE_NOTE if self.state == self.State.DONE else self.mute_note
        statuses = dict(self.tasks.filter(task_id__in=task_ids).values_list("task_id", "status"))
        for start in range(0, len(statuses), BATCH):
            some = dict(list(statuses.items())[start : start + BATCH])
            # Tasks that have another status by now, as far as it was read at all, are left out.
            TaskNote.objects.mute(self.workflow, some, note, by, seen_at=NEVER)

    def unmute_tasks(self, task_ids: list[int], by: User | None) -> None:
        for start in range(0, len(task_ids), BATCH):
            TaskNote.objects.clear(self.workflow, task_ids[start : start + BATCH], NoteState.MUTED, by)

    def note_event(
        self, kind: "GroupEvent.Kind", by: User | None, *, text: str = "", count: int = 0, until: datetime | None = None
    ) -> None:
        """Add to what happened. What a person did is in the audit log, too."""
        GroupEvent.objects.create(group=self, kind=kind, person=by, text=text, count=count, until=until)
        if by:
            record_event(Verb.GROUP_CHANGED, by=by, target=self.workflow, group=self.pk, change=kind.value)


class GroupTasks(models.QuerySet["GroupTask"]):
    def visible_to(self, user: User) -> Self:
        """Return the tasks whose rows the person may see."""
        visible = Submission.objects.visible_to(user).order_by().filter(pk=OuterRef("submission"))
        return self.filter(Exists(visible))

    def with_title_for(self, user: User) -> Self:
        """Return those of them that have the values in the group's title."""
        return self.visible_to(user).filter(has_facts=True)


class GroupTask(models.Model):
    """A task of a group. The worker writes and removes it."""

    group = models.ForeignKey(ProblemGroup, models.CASCADE, related_name="tasks", db_index=False)
    task_id = models.PositiveBigIntegerField()
    status = models.CharField(max_length=30)
    failed_at = models.DateTimeField()
    # What created the task, if it was sent from here.
    submission = models.ForeignKey(Submission, models.SET_NULL, null=True, related_name="+")
    # It has the facts of the group's title. Who may see its row may read them: others joined the group without them.
    has_facts = models.BooleanField(default=True)

    objects = GroupTasks.as_manager()

    class Meta:
        ordering: ClassVar = ["-task_id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["group", "task_id"], name="a_group_has_a_task_once")]

    def __str__(self) -> str:
        return f"{self.task_id} in {self.group_id}"


class GroupEvent(models.Model):
    """A note about a group, or something that happened to it."""

    class Kind(models.TextChoices):
        NOTE = "note", "Note"
        MORE = "more", "More tasks"
        TAKEN = "taken", "Taken"
        GIVEN = "given", "Given"
        FREED = "freed", "Without owner"
        MUTED = "muted", "Muted"
        DONE = "done", "Done"
        REOPENED = "reopened", "Reopened"
        BACK = "back", "Back again"

    group = models.ForeignKey(ProblemGroup, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind)
    person = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    text = models.CharField(max_length=MAX_GROUP_NOTE, blank=True)
    # Of new tasks, their number.
    count = models.PositiveIntegerField(default=0)
    # Of a mute, its end.
    until = models.DateTimeField(null=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.kind} of {self.group_id}"


class Grouping(models.Model):
    """When the groups of a workflow were last made, and from what."""

    workflow = models.OneToOneField(OpenedWorkflow, models.CASCADE, related_name="grouping")
    # The complete count of the index, or the later change of notes, that the groups are made from.
    counted_at = models.DateTimeField(null=True)
    # Of the tasks that the groups were made from. While it stays the same, they are not made again for a day.
    fingerprint = models.CharField(max_length=64, blank=True)
    made_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"groups of {self.workflow_id}"
