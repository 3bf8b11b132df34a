"""An import as a whole: its status, and its file as it came."""

import uuid
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, Submissions

if TYPE_CHECKING:
    from pipelines_portal.entry.models.import_row import ImportRow

LARGEST_REQUEST = 5_000


# The statuses in which the worker has something to do. SQLite does not match an IN list with a partial index.
IS_AT_WORK = Q(status="reading") | Q(status="checking") | Q(status="sending")


class ImportJobs(models.QuerySet["ImportJob"]):
    def visible_to(self, user: User) -> "ImportJobs":
        """Return the imports that they own, those with a key that they own, and those sent through a team they lead."""
        led = Membership.objects.filter(user=user, is_lead=True).values("team")
        through_a_team = ImportJob.teams.through._default_manager.filter(importjob_id=OuterRef("pk"), team__in=led)
        return self.filter(Q(owner=user) | Q(key__owner=user) | Exists(through_a_team))


class ImportJob(models.Model):
    class Status(models.TextChoices):
        READING = "reading", "Reading"  # the worker reads the file
        UNREADABLE = "unreadable", "Cannot be read"
        MATCHING = "matching", "Columns to match"
        CHECKING = "checking", "Checking"  # the worker checks every row
        CHECKED = "checked", "Checked"  # rows can be fixed, and the good ones sent
        SENDING = "sending", "Sending"  # the worker sends request after request
        PAUSED = "paused", "Paused"  # by a person, or by what `problem` says
        UNCONFIRMED = "unconfirmed", "Stopped, decide"  # a request has an unconfirmed outcome
        DELETED = "deleted", "Deleted"  # can be restored for 30 days

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The sender of its rows: the person who began it, or the person it was handed over to.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports")
    # Through which the owner could use the key when it began, and at each request. Teams are added, never removed.
    teams = models.ManyToManyField(Team, related_name="+")
    # What the form carries: the same form posted twice begins one import.
    token = models.UUIDField(default=uuid.uuid4)
    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="imports", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    workflow_name = models.CharField(max_length=300)
    file_name = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.READING)
    # Why it cannot be read, waits, or was paused, in a sentence for people, and what to do.
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    # By whose clocks the person lives who began it, as their browser says; "" where it does not.
    zone = models.CharField(max_length=64, blank=True)
    # What a person chose of encoding, delimiter and sheet: see rows.reading.Asked.
    reading_options = models.JSONField(default=dict)
    # What the reading found: see rows.reading.Found.
    reading_result = JSONTextField(default=dict)
    # How columns become fields: see matching.Matching.
    matching = JSONTextField(default=dict)
    # The fields that the rows were checked against, as the API gave them.
    schema = models.JSONField(default=dict)
    # What became of them since the person looked last, until they send: see schema_changes.
    schema_changes = models.JSONField(default=list)
    row_count = models.PositiveIntegerField(default=0)
    # How many rows have each status. They are counted in each transaction that changes any: see counts.
    row_counts = models.JSONField(default=dict)

    # Who continued the sending, if it was not the owner.
    continued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # The person who paused it. None: the portal paused it, as `problem` says, or nobody did.
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    paused_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True)
    # The status in which it was deleted, and to which it is restored.
    status_before_deletion = models.CharField(max_length=12, choices=Status.choices, blank=True)

    # The sending: one row first, how many rows a request (a 413 halves it).
    one_row_first = models.BooleanField(default=False)
    rows_per_request = models.PositiveIntegerField(default=LARGEST_REQUEST)
    tries = models.PositiveIntegerField(default=0)

    # How its tasks stand by the last scan of the workflow's list, and where the present scan is: see task_counts.
    task_counts = models.JSONField(default=dict)
    scan = models.JSONField(default=dict)
    # Somebody looks at them until then; the next page of a scan is read not before.
    counts_wanted_until = models.DateTimeField(null=True)
    next_page_at = models.DateTimeField(null=True)

    # Whoever works on it, until when at most; not before `due_at`.
    lease_holder = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now)

    objects = ImportJobs.as_manager()

    class Meta:
        ordering: ClassVar = ["-changed_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "token"], name="an_import_is_begun_once")]
        indexes: ClassVar = [
            models.Index(fields=["key", "workflow_id", "-changed_at"], name="imports_newest_of_a_workflow"),
            models.Index(fields=["due_at"], condition=IS_AT_WORK, name="imports_at_work"),
            models.Index(fields=["next_page_at"], condition=Q(next_page_at__isnull=False), name="imports_counted"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="imports_deleted"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.status})"

    @property
    def label(self) -> str:
        """What it is called where it is only named."""
        return f"{self.file_name[:100]} for {self.workflow_name}"

    @property
    def is_at_work(self) -> bool:
        return self.status in (self.Status.READING, self.Status.CHECKING, self.Status.SENDING)

    @property
    def may_be_deleted(self) -> bool:
        return self.status not in (self.Status.SENDING, self.Status.UNCONFIRMED, self.Status.DELETED)

    @property
    def rows(self) -> "models.QuerySet[ImportRow]":
        """Its lines below the header, once they were checked."""
        return self.lines.exclude(status="unchecked")

    @property
    def submissions(self) -> Submissions:
        """Its requests, in their order."""
        return Submission.objects.filter(group=self.pk).order_by("group_number")


class FilePart(models.Model):
    """A part of the file as it came."""

    import_job = models.ForeignKey(ImportJob, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["import_job", "number"], name="a_file_has_a_part_once")
        ]


class RememberedMatching(models.Model):
    """How columns and words were matched last, for all who use the key: see matching."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    data = JSONTextField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "workflow_id"], name="a_workflow_is_remembered_once_a_key")
        ]
