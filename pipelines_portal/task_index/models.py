"""What a background job read of a workflow's tasks, to count what the API cannot be asked to count.

All of it can be read again: it is never the word on what a task is, only on how many there were when it was read.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from pipelines_portal.api_client import NodeSummary
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow

# The status of a task in the index that the API no longer has.
GONE = "gone"


class WorkflowIndex(models.Model):
    """The index of one workflow, as one key sees it. One that lost its workflow is removed piece by piece."""

    class Problem(models.TextChoices):
        NONE = "", ""
        NO_ANSWER = "no-answer", "The API does not answer, or not with what it documents"
        NOT_FOUND = "not-found", "The key does not reach the workflow"
        SEALED = "sealed", "The key cannot be opened"

    workflow = models.OneToOneField(OpenedWorkflow, models.SET_NULL, null=True, related_name="index")
    # Somebody looked at what it counts. Unseen for long enough, it is not read on.
    seen_at = models.DateTimeField(default=timezone.now, db_index=True)
    # "Not moved for", as people of the workflow set it.
    stuck_hours = models.PositiveSmallIntegerField(default=24)

    begun_at = models.DateTimeField(db_default=Now())
    # When the last whole cycle through the lists began. None: there was none yet.
    open_as_of = models.DateTimeField(null=True)
    # All tasks that had left the open lists by then were read where they are now.
    ends_as_of = models.DateTimeField(null=True)
    # When the last whole look at what is new began.
    newest_as_of = models.DateTimeField(null=True)
    # How many tasks were listed so far by the cycle, and by the look at what is new, that is under way. None: none is.
    open_met = models.PositiveBigIntegerField(null=True)
    newest_met = models.PositiveBigIntegerField(null=True)
    # The newest task that is known, with all before it down to the oldest one of the walk through the past.
    newest_id = models.PositiveBigIntegerField(null=True)
    read_back_to = models.DateTimeField(null=True)
    read_back_count = models.PositiveBigIntegerField(default=0)
    is_read_to_the_end = models.BooleanField(default=False)

    # Of those that were first seen finished in the last days. Computed by the job. Without `durations_as_of` they
    # are not known: too many of the tasks that left the open lists are still to be read.
    durations_of = models.PositiveIntegerField(default=0)
    median_seconds = models.PositiveBigIntegerField(null=True)
    ninth_seconds = models.PositiveBigIntegerField(null=True)
    durations_as_of = models.DateTimeField(null=True)

    problem = models.CharField(max_length=10, choices=Problem, default=Problem.NONE, blank=True)
    problem_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"index of {self.workflow}"

    @property
    def are_ends_read(self) -> bool:
        """Whether it knows of all tasks that had left the open lists where they are now."""
        return self.ends_as_of is not None and self.open_as_of is not None and self.ends_as_of >= self.open_as_of


class Walk(models.Model):
    """One of the ways the job goes along a workflow's tasks. Whoever moves `due_at` makes the next step of it."""

    class Kind(models.TextChoices):
        NEWEST = "newest", "What is new"
        OPEN = "open", "The lists of tasks that are not finished"
        LEFT = "left", "What left them"
        PAST = "past", "The past"

    index = models.ForeignKey(WorkflowIndex, models.CASCADE, related_name="walks", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind)
    # None: nothing to do.
    due_at = models.DateTimeField(null=True, db_index=True)
    # Where it stands: the cursor, and what its kind needs. Empty: at its beginning.
    place = models.JSONField(default=dict)
    failures = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["index", "kind"], name="an_index_has_a_walk_a_kind")]

    def __str__(self) -> str:
        return f"{self.kind} of {self.index_id}"


# On the list of its status, as far as is known.
LISTED = Q(is_unfinished=True, is_suspect=False)


class IndexedTask(models.Model):
    index = models.ForeignKey(WorkflowIndex, models.CASCADE, related_name="tasks", db_index=False)
    task_id = models.PositiveBigIntegerField()
    # As the API says it; `gone`: it says no more that there is one.
    status = models.CharField(max_length=30)
    # Neither finished nor gone.
    is_unfinished = models.BooleanField()
    # It left the list where it was, and was not met again since.
    is_suspect = models.BooleanField(default=False)
    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(null=True)
    nodes = models.PositiveIntegerField(default=0)
    nodes_finished = models.PositiveIntegerField(default=0)
    nodes_in_progress = models.PositiveIntegerField(default=0)
    # The time of the change by which it was first seen finished.
    finished_at = models.DateTimeField(null=True)
    seconds_to_finish = models.PositiveBigIntegerField(null=True)
    # When the API was asked that told the row as it stands: what was asked before is no news of it.
    read_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["-task_id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["index", "task_id"], name="a_task_is_indexed_once")]
        # All but the last one hold a few thousand rows, however many tasks there are.
        indexes: ClassVar = [
            models.Index(fields=["index", "status", "task_id"], condition=LISTED, name="task_index_lists"),
            models.Index(
                fields=["index", "status", "updated_at", "task_id"],
                condition=LISTED,
                name="task_index_moves",
            ),
            models.Index(fields=["index", "status"], condition=Q(is_suspect=True), name="task_index_suspects"),
            models.Index(fields=["index", "finished_at", "seconds_to_finish"], name="task_index_durations"),
        ]

    def __str__(self) -> str:
        return f"{self.task_id}, {self.status}"

    @property
    def node_summary(self) -> NodeSummary:
        pending = max(self.nodes - self.nodes_finished - self.nodes_in_progress, 0)
        return NodeSummary(
            total=self.nodes, finished=self.nodes_finished, in_progress=self.nodes_in_progress, pending=pending
        )


class StatusCount(models.Model):
    """How many indexed tasks have a status, and how many tasks the API listed with it when it was last asked.

    `count` is changed in the transaction that changes the tasks. It runs behind what happens at the API: a task that
    left the list of its status has it until it was read again. So pages show `listed`.
    """

    index = models.ForeignKey(WorkflowIndex, models.CASCADE, related_name="status_counts", db_index=False)
    status = models.CharField(max_length=30)
    count = models.IntegerField(default=0)
    listed = models.PositiveBigIntegerField(default=0)
    # When its first page was asked for. None: the list was not read yet, or there is none of this status.
    listed_at = models.DateTimeField(null=True)
    # Whether the list goes on behind the pages that were read.
    is_cut = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["index", "status"], name="a_status_is_counted_once")]

    def __str__(self) -> str:
        return f"{self.count} {self.status}"


class QuarterCount(models.Model):
    """How many were created and finished in a quarter of an hour: days of any time zone are made of them."""

    index = models.ForeignKey(WorkflowIndex, models.CASCADE, related_name="quarters", db_index=False)
    # Quarters of an hour since 1970.
    quarter = models.BigIntegerField()
    created = models.IntegerField(default=0)
    finished = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["index", "quarter"], name="a_quarter_is_counted_once")]

    def __str__(self) -> str:
        return f"{self.quarter}: {self.created}, {self.finished}"


class KeyPace(models.Model):
    """When the job may make its next call with a key. Whoever moves it makes that call."""

    key = models.OneToOneField(SavedKey, models.CASCADE, related_name="+")
    next_call_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"pace of {self.key_id}"
