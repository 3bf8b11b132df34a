"""An import as a whole: its state, and its file as it came."""

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
    from pipelines_portal.entry.models.rows import ImportRow

LARGEST_REQUEST = 5_000


class State(models.TextChoices):
    READING = "reading", "Reading"  # the worker reads the file
    UNREADABLE = "unreadable", "Cannot be read"
    MATCHING = "matching", "Columns to match"
    CHECKING = "checking", "Checking"  # the worker checks every row
    CHECKED = "checked", "Checked"  # rows can be fixed, and the good ones sent
    SENDING = "sending", "Sending"  # the worker sends request after request
    PAUSED = "paused", "Paused"  # by a person, or by what `problem` says
    UNCERTAIN = "uncertain", "Stopped, decide"  # nobody knows what came of a request
    DELETED = "deleted", "Deleted"  # can be restored for 30 days


# What the worker has to do with.
AT_WORK = (State.READING, State.CHECKING, State.SENDING)
# The same, as SQLite sees that an index is limited to it: no list, which it does not look into.
IS_AT_WORK = Q(state=State.READING) | Q(state=State.CHECKING) | Q(state=State.SENDING)


class Imports(models.QuerySet["Import"]):
    def visible_to(self, user: User) -> "Imports":
        """Return the imports that they own, those with a key that they own, and those sent through a team they lead."""
        led = Membership.objects.filter(user=user, is_lead=True).values("team")
        through_a_team = Import.teams.through._default_manager.filter(import_id=OuterRef("pk"), team__in=led)
        return self.filter(Q(owner=user) | Q(key__owner=user) | Exists(through_a_team))


class Import(models.Model):
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
    state = models.CharField(max_length=12, choices=State.choices, default=State.READING)
    # Why it cannot be read, waits, or was paused, in a sentence for people, and what to do.
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    # By whose clocks the person lives who began it, as their browser says; "" where it does not.
    zone = models.CharField(max_length=64, blank=True)
    # What a person chose of encoding, delimiter and sheet: see rows.reading.Asked.
    asked = models.JSONField(default=dict)
    # What the reading found: see rows.reading.Found.
    found = JSONTextField(default=dict)
    # How columns become fields: see matching.Matching.
    matching = JSONTextField(default=dict)
    # The fields that the rows were checked against, as the API gave them.
    schema = models.JSONField(default=dict)
    # What became of them since the person looked last, until they send: see schema_changes.
    schema_changes = models.JSONField(default=list)
    row_count = models.PositiveIntegerField(default=0)
    # How many rows are in each state. They are counted in each transaction that changes any: see counts.
    row_counts = models.JSONField(default=dict)

    # Who continued the sending, if it was not the owner.
    continued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # The person who paused it. None: the portal paused it, as `problem` says, or nobody did.
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    paused_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True)
    # The state in which it was deleted, and to which it is restored.
    state_before = models.CharField(max_length=12, choices=State.choices, blank=True)

    # The sending: one row first, how many rows a request (a 413 halves it).
    one_row_first = models.BooleanField(default=False)
    rows_a_request = models.PositiveIntegerField(default=LARGEST_REQUEST)
    tries = models.PositiveIntegerField(default=0)

    # How its tasks stand by the last walk along the workflow's list, and where the present walk is: see task_counts.
    task_counts = models.JSONField(default=dict)
    walk = models.JSONField(default=dict)
    # Somebody looks at them until then; the next page of a walk is read not before.
    counts_wanted_until = models.DateTimeField(null=True)
    next_page_at = models.DateTimeField(null=True)

    # Whoever works on it, until when at most; not before `due_at`.
    worker = models.UUIDField(null=True)
    working_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now)

    objects = Imports.as_manager()

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
        return f"{self.file_name} ({self.state})"

    @property
    def label(self) -> str:
        """What it is called where it is only named."""
        return f"{self.file_name[:100]} for {self.workflow_name}"

    @property
    def is_at_work(self) -> bool:
        return self.state in AT_WORK

    @property
    def may_be_deleted(self) -> bool:
        return self.state not in (State.SENDING, State.UNCERTAIN, State.DELETED)

    @property
    def rows(self) -> "models.QuerySet[ImportRow]":
        """Its lines below the header, once they were checked."""
        return self.lines.exclude(state="head")

    @property
    def submissions(self) -> Submissions:
        """Its requests, in their order."""
        return Submission.objects.filter(group=self.pk).order_by("group_number")


class FilePart(models.Model):
    """A part of the file as it came."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["of", "number"], name="a_file_has_a_part_once")]


class RememberedMatching(models.Model):
    """How columns and words were matched last, for all who use the key: see matching."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    data = JSONTextField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "workflow_id"], name="a_workflow_is_remembered_once_a_key")
        ]
