"""An import: its settings, its status, and the steps that change the status.

Each step is one UPDATE that compares the status first. The worker's steps also compare its lease, so that a worker that
lost the lease changes nothing.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.api_client import Schema
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core import times
from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.entry import texts
from pipelines_portal.entry.models.row import Row
from pipelines_portal.entry.statuses import (
    BEING_SENT,
    DRAFTS,
    IS_AT_WORK,
    STEPS,
    STILL,
    TO_BE_SENT,
    UNFINISHED,
    RowCounts,
    SheetStatus,
    SheetStep,
)
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.row_values import RowReader
from pipelines_portal.submissions.models import Submission, SubmissionRow, Submissions
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.judge import Rule
from pipelines_portal.workflows.rules.stored import rules_for

LARGEST_REQUEST = 5_000
# More rows than this wait so long before they are sent.
MOST_SENT_AT_ONCE = 20
UNDO_FOR = timedelta(seconds=10)
# The worker renews its lease at every step of its work, none of which takes as long.
LEASE = timedelta(seconds=60)
# No lease and no wait is longer. A time that is farther away was set before the clock was set back.
LONGEST_WAIT = timedelta(hours=1)
# If the API is away for longer, a person looks at the rows before they are sent.
LONGEST_AWAY = timedelta(hours=12)
RESTORABLE_FOR = timedelta(days=30)


def has_unfinished_rows() -> Q:
    """Return the condition for imports in which rows wait for a person.

    Duplicates wait among rows that were typed, and as long as it is not known that the row which they equal is a task.
    """
    rows = Row.objects.filter(sheet=OuterRef("pk"))
    duplicates = rows.filter(status=Row.Status.DUPLICATE)
    tasks = SubmissionRow.objects.filter(
        ~Q(digest=""), digest=OuterRef("digest"), status=SubmissionRow.Status.CREATED,
        submission__key=OuterRef("sheet__key"), submission__workflow_id=OuterRef("sheet__workflow_id"),
    )  # fmt: skip
    doubtful = duplicates.filter(~Exists(tasks), duplicate_of_row=None, duplicate_of_task=None)
    found = Q(Exists(rows.filter(status__in=UNFINISHED))) | Q(Exists(doubtful))
    return found | (Q(size_bytes=0) & Q(Exists(duplicates)))


def drafts() -> Q:
    """Return the condition for imports with rows that are neither sent nor requested."""
    needs_rows = Q(status="checked") | Q(size_bytes=0, status__in=BEING_SENT)
    return (Q(status__in=DRAFTS) & ~Q(status="checked")) | (needs_rows & has_unfinished_rows())


class Sheets(models.QuerySet["Sheet"]):
    def visible_to(self, user: User) -> "Sheets":
        """Return the imports that they own, those with a key that they own, and those sent through a team they lead."""
        led = Membership.objects.filter(user=user, is_lead=True).values("team")
        through_a_team = Sheet.teams.through._default_manager.filter(sheet_id=OuterRef("pk"), team__in=led)
        return self.filter(Q(owner=user) | Q(key__owner=user) | Exists(through_a_team))

    def unfinished(self) -> "Sheets":
        """Return those in which something is left to do."""
        finished = ~has_unfinished_rows() & Q(status=Sheet.Status.CHECKED)
        return self.exclude(status=Sheet.Status.DELETED).exclude(finished)

    def drafts_of(self, user: User) -> "Sheets":
        """Return the person's own imports with rows that are neither sent nor requested."""
        return self.filter(drafts(), owner=user)

    def take_lease(self) -> "Sheet | None":
        """Return the next import that is due, leased to the caller, or None.

        One import at a time is sent with a key, because the API limits the requests of each key.
        """
        now, sending = timezone.now(), Sheet.Status.SENDING
        busy = Sheet.objects.filter(_is_leased(now), key=OuterRef("key"), status=sending).exclude(pk=OuterRef("pk"))
        # Imports that wait for a busy key do not hold up the others.
        due = self.filter(_is_due(now), IS_AT_WORK).exclude(Q(status=sending) & Exists(busy)).order_by("due_at")
        return next((sheet for sheet in due[:20] if sheet.take_lease()), None)


class Sheet(models.Model):
    Status = SheetStatus

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    # The rows are sent in the name of the owner: who started the import, or got it by a transfer.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports")
    # The teams through which the owner could use the key, at the start and at each request. Teams are never removed.
    teams = models.ManyToManyField(Team, related_name="+")
    # The form carries it, so that a form that is posted twice starts one import.
    token = models.UUIDField(default=uuid.uuid4)
    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="imports", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    workflow_name = models.CharField(max_length=300)
    file_name = models.CharField(max_length=255)
    # Of typed rows beside which their owner types others: see entry.rows.typed.
    name = models.CharField(max_length=100, blank=True)
    # Of the file or the pasted text. Typed rows have none.
    size_bytes = models.PositiveBigIntegerField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.READING)
    # A sentence for people: why it is unreadable, waits or is paused, and what to do.
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    # The time zone of the browser that started it. Empty if the browser did not say.
    zone = models.CharField(max_length=64, blank=True)
    # The encoding, delimiter and sheet that a person chose: see spreadsheets.files.ReadingOptions.
    reading_options = models.JSONField(default=dict)
    # The facts about the file: see spreadsheets.reading.Found.
    reading_result = JSONTextField(default=dict)
    # How columns become fields: see matching.columns.Matching.
    matching = JSONTextField(default=dict)
    # The fields that the rows were checked against, as the API returned them.
    schema = models.JSONField(default=dict)
    # The changes of these fields since a person last looked: see entry.rows.schema_changes.
    schema_changes = models.JSONField(default=list)
    row_count = models.PositiveIntegerField(default=0)
    # The number of rows by status. Every transaction that changes rows updates it.
    row_counts = models.JSONField(default=dict)

    # The person who paused it. None if the portal paused it, for the reason in `problem`.
    paused_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    paused_at = models.DateTimeField(null=True)
    deleted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    deleted_at = models.DateTimeField(null=True)
    # The status to which it is restored.
    status_before_deletion = models.CharField(max_length=12, choices=Status.choices, blank=True)

    # The end of the pause in which a person can take many rows back. Nothing is sent before.
    start_at = models.DateTimeField(null=True)
    # Rows that were created until then are no longer shown in the grid of typed rows.
    cleared_at = models.DateTimeField(null=True)
    one_row_first = models.BooleanField(default=False)
    # Halved when the API answers 413.
    rows_per_request = models.PositiveIntegerField(default=LARGEST_REQUEST)
    # Failed requests in a row.
    tries = models.PositiveIntegerField(default=0)
    # The first of the failed requests that never reached the API, or that nobody answered: it is away since then.
    away_since = models.DateTimeField(null=True)

    # When the database was copied from which it was restored, and the newest task that was known then. Nothing is sent
    # until a person has said which rows had been sent by the restore: see entry.restored.
    restored_from = models.DateTimeField(null=True)
    newest_task_id_before = models.PositiveBigIntegerField(default=0)

    # The process that works on it, and the end of its lease. Nobody works on it before `due_at`.
    lease_holder = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(default=timezone.now)

    objects = Sheets.as_manager()

    # Whether the person who opened the page can use its key. entry.permissions sets it.
    is_key_usable = False
    # The workflow as it was opened, if the caller has read it.
    workflow: OpenedWorkflow | None = None
    # The schema as it was stored and as it was parsed: a request reads it several times.
    _parsed: tuple[dict[str, Any], Schema] | None = None
    _rules: list[Rule] | None = None

    class Meta:
        ordering: ClassVar = ["-changed_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "token"], name="an_import_is_begun_once"),
            # Where a person goes on typing.
            models.UniqueConstraint(
                fields=["owner", "key", "workflow_id"],
                condition=Q(size_bytes=0, name="") & ~Q(status="deleted"),
                name="one_unnamed_sheet_is_typed",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["key", "workflow_id", "-changed_at"], name="imports_newest_of_a_workflow"),
            models.Index(fields=["due_at"], condition=IS_AT_WORK, name="imports_at_work"),
            models.Index(fields=["deleted_at"], condition=Q(deleted_at__isnull=False), name="imports_deleted"),
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.status})"

    def get_absolute_url(self) -> str:
        """Return the page for its status."""
        return reverse(self._url_name(), args=[self.pk])

    @property
    def errors_url(self) -> str:
        """The page on which people correct its rows with errors."""
        return reverse("sheets:page", args=[self.pk]) + "?show=errors"

    def _url_name(self) -> str:
        if self.status == self.Status.MATCHING:
            return "sheets:match"
        if self.status in (self.Status.READING, self.Status.UNREADABLE, self.Status.CHECKING, self.Status.DELETED):
            return "sheets:detail"
        # Lists read this for many imports in one query.
        has_requests = getattr(self, "has_requests", None)
        has_requests = self.submissions.exists() if has_requests is None else has_requests
        return "sheets:progress" if self.status == self.Status.SENDING or has_requests else "sheets:page"

    @property
    def label(self) -> str:
        """Its name in lists, messages and the audit log."""
        name = self.name or self.file_name[:100]
        # In a sentence, the name of a file is one by its look. These are not.
        is_quoted = name in (texts.TYPED_ROWS, texts.PASTED_ROWS)
        return f"{f'“{name}”' if is_quoted else name} for {self.workflow_name}"

    @property
    def usual_name(self) -> str:
        """What typed rows are called that nobody named, if their owner types others beside them."""
        return f"Rows of {times.full(self.created_at)}"

    @property
    def is_at_work(self) -> bool:
        return self.status in (self.Status.READING, self.Status.CHECKING, self.Status.SENDING)

    @property
    def is_typed(self) -> bool:
        """Whether its rows were typed in the grid. All others began as a file or as pasted text."""
        return self.size_bytes == 0

    @property
    def can_change_rows(self) -> bool:
        """Whether rows that are not being sent can be changed. Typed rows are sent only as they were requested."""
        return self.status in STILL or (self.is_typed and self.status in BEING_SENT)

    @property
    def is_draft(self) -> bool:
        """Whether it is among the drafts of its owner, if it was read with its counts as unfinished."""
        counts = self.counts_as_read
        is_left = counts.ready + counts.errors + counts.to_look + counts.duplicate > 0
        return self.status in DRAFTS or (self.is_typed and self.status in BEING_SENT and is_left)

    @property
    def waits_to_start(self) -> bool:
        """Whether the sending was just started and can still be undone as a whole."""
        is_later = self.start_at is not None and self.start_at > timezone.now()
        return self.status == self.Status.SENDING and is_later

    @property
    def requested_rows(self) -> int:
        """How many rows a person asked to be sent: of typed ones those of requests, of a file all that are ready."""
        counts = self.counts_as_read
        return counts.requested if self.is_typed else counts.not_sent

    @property
    def can_be_deleted(self) -> bool:
        return self.status in DRAFTS

    @property
    def removed_at(self) -> datetime | None:
        """The time when a deleted import is removed for good."""
        return self.deleted_at + RESTORABLE_FOR if self.deleted_at else None

    @property
    def hidden_rows(self) -> int:
        """The number of rows that are hidden in the file, and are imported, too."""
        return int(self.reading_result.get("hidden_rows", 0))

    @property
    def remarks(self) -> list[str]:
        """Sentences about the file."""
        return list(self.reading_result.get("remarks", ()))

    @property
    def parsed_schema(self) -> Schema:
        if self._parsed is None or self._parsed[0] != self.schema:
            self._parsed = (self.schema, Schema.model_validate(self.schema))
        return self._parsed[1]

    def row_reader(self) -> RowReader:
        """Return the reader of its rows. Words of a file such as "yesterday" mean days near the one when it was chosen.

        The words of typed rows became times when they were typed.
        """
        matching = Matching.load(self.matching)
        return RowReader(self.parsed_schema, matching, None if self.is_typed else self.created_at, self.rules)

    @property
    def rules(self) -> list[Rule]:
        """The rules of its workflow that are on."""
        if self._rules is None:
            self._rules = rules_for(self.key_id, self.workflow_id)
        return self._rules

    def forget_rules(self) -> None:
        """Read the rules again before rows are judged once more."""
        self._rules = None

    def reuse_schema(self, schema: Schema) -> None:
        """Spare the parsing if the caller has the same fields, already parsed."""
        if self.schema == schema.model_dump(mode="json"):
            self._parsed = (self.schema, schema)

    @property
    def version(self) -> str:
        """The mark that a page sends back, so that it changes only what it showed."""
        return self.changed_at.isoformat()

    # Rows

    @property
    def rows(self) -> "models.QuerySet[Row]":
        """Its lines below the header, once they were checked."""
        return self.lines.exclude(status="unchecked")

    def counts(self) -> RowCounts:
        """Return the number of its rows by status, read from the database each time."""
        return RowCounts.load(Sheet.objects.filter(pk=self.pk).values_list("row_counts", flat=True).first() or {})

    @property
    def counts_as_read(self) -> RowCounts:
        """The number of its rows by status when it was read from the database."""
        return RowCounts.load(self.row_counts)

    def count_rows(self) -> dict[str, int]:
        """Count its rows by status."""
        return dict(self.rows.values_list("status").order_by().annotate(number=Count("*")))

    def store_counts(self, counts: dict[str, int] | None = None, **values: Any) -> None:
        """Update its row counts, and `values`. Call at the end of a transaction that locked it and changed rows.

        The rows are counted, unless the caller knows `counts`.
        """
        values["row_counts"] = self.count_rows() if counts is None else counts
        if self.is_typed:
            values["row_count"] = sum(values["row_counts"].values())
        Sheet.objects.filter(pk=self.pk).update(**values)
        for name, value in values.items():
            setattr(self, name, value)

    # Steps

    def take_step(self, step: "SheetStep", status: str, *conditions: Q, **values: Any) -> bool:
        """Change the status if the present one allows the step and `conditions` hold. Return whether it changed.

        The import is read again in both cases.
        """
        sources, targets = STEPS[step]
        if status not in targets:
            raise ValueError(f"{step.value} does not lead to {status}.")
        now = timezone.now()
        values = {
            "due_at": now,
            "problem": "",
            "tries": 0,
            "away_since": None,
            "changed_at": now,
            "paused_by": None,
            "paused_at": now if status == self.Status.PAUSED else None,
            "lease_until": None,
            "lease_holder": None,
            "start_at": None,
        } | values
        is_taken = Sheet.objects.filter(*conditions, pk=self.pk, status__in=sources).update(status=status, **values)
        self.copy_from(Sheet.objects.get(pk=self.pk))
        return bool(is_taken)

    def has_successor(self) -> bool:
        """Whether its owner types other rows without a name since it was deleted."""
        unnamed = Sheet.objects.filter(owner=self.owner_id, key=self.key_id, workflow_id=self.workflow_id, name="")
        return unnamed.filter(size_bytes=0).exclude(status=self.Status.DELETED).exclude(pk=self.pk).exists()

    def copy_from(self, later: "Sheet") -> None:
        """Take over the columns of the same import that was read later, and keep the objects that it points to."""
        for column in self._meta.concrete_fields:
            setattr(self, column.attname, getattr(later, column.attname))

    def lock(self, *conditions: Q) -> "Sheet | None":
        """Return its present row, locked until the transaction ends. Return None if it is gone or a condition fails."""
        return Sheet.objects.select_for_update().filter(*conditions, pk=self.pk).first()

    def start_sending(self, by: User, rows: int, *, one_row_first: bool = False) -> bool:
        """Send the good rows. Return False if the status or the owner changed.

        Many rows wait for ten seconds, so that the person can undo it.
        """
        start_at = timezone.now() + UNDO_FOR if rows > MOST_SENT_AT_ONCE else None
        values: dict[str, Any] = {
            "one_row_first": one_row_first,
            "schema_changes": [],
            "start_at": start_at,
        }
        if start_at:
            values["due_at"] = start_at
        is_as_seen = Q(status=self.status, owner=self.owner_id, restored_from=None)
        with transaction.atomic():
            is_started = self.take_step(SheetStep.SEND, self.Status.SENDING, is_as_seen, **values)
            if is_started:
                record(Verb.IMPORT_SENT, by=by, target=self, label=self.label, rows=rows)
        return is_started

    def wait_again(self, rows: int) -> None:
        """Let many more rows wait as long as the first ones did, if these still wait."""
        if rows > MOST_SENT_AT_ONCE and self.waits_to_start:
            start_at = timezone.now() + UNDO_FOR
            Sheet.objects.filter(pk=self.pk).update(start_at=start_at, due_at=start_at)

    def send_now(self) -> bool:
        """End the pause before the sending. Return False if it is over."""
        waiting = Sheet.objects.filter(pk=self.pk, status=self.Status.SENDING, start_at__gt=timezone.now())
        return bool(waiting.update(start_at=None, due_at=timezone.now()))

    @property
    def is_away_for_long(self) -> bool:
        return self.away_since is not None and timezone.now() - self.away_since > LONGEST_AWAY

    def settle_unconfirmed(self) -> bool:
        """Pause it once no request is unconfirmed, if rows are left to send. Typed rows are not continued."""
        if self.is_typed or not self.rows.filter(status__in=TO_BE_SENT).exists():
            return self.take_step(SheetStep.STOP, self.Status.CHECKED)
        return self.take_step(SheetStep.SETTLE, self.Status.PAUSED)

    def end_pause(self) -> None:
        """Make a paused import one that is over or has errors left, if no row is left to send."""
        if self.status == self.Status.PAUSED:
            left = self.rows.filter(status__in=TO_BE_SENT)
            self.take_step(SheetStep.STOP, self.Status.CHECKED, Q(~Exists(left), status=self.Status.PAUSED))

    # Lease

    @property
    def lease_is_held(self) -> Q:
        """The condition that its lease is still the one that this object holds."""
        return Q(lease_holder=self.lease_holder) & Q(lease_holder__isnull=False)

    def take_lease(self) -> bool:
        """Take the lease if it is free, and if no other import is being sent with its key."""
        now = timezone.now()
        with transaction.atomic():
            if self.status == self.Status.SENDING and self._is_key_busy(now):
                return False
            free = Sheet.objects.filter(_is_due(now), pk=self.pk, status=self.status)
            is_taken = free.update(lease_holder=uuid.uuid4(), lease_until=now + LEASE)
        if is_taken:
            taken = Sheet.objects.select_related("owner", "key__owner").get(pk=self.pk)
            self.copy_from(taken)
            self.owner, self.key = taken.owner, taken.key
        return bool(is_taken)

    def _is_key_busy(self, now: datetime) -> bool:
        """Lock the key's row, so that two imports cannot both find the key free.

        The lock is one that lets others store a request of the key. They hold the lock of an import for which this
        transaction waits, so with a stronger lock each would wait for the other.
        """
        SavedKey.objects.select_for_update(no_key=True).filter(pk=self.key_id).first()
        sending = Sheet.objects.filter(_is_leased(now), key=self.key_id, status=self.Status.SENDING)
        return sending.exclude(pk=self.pk).exists()

    def renew_lease(self, length: timedelta = LEASE) -> bool:
        """Renew the lease. Return False if another process has it, or if a person paused or stopped the import."""
        held = Sheet.objects.filter(self.lease_is_held, pk=self.pk, status=self.status)
        return bool(held.update(lease_until=timezone.now() + length))

    def release_lease(self, **values: Any) -> None:
        """Leave the rest for later. `values` say when and why, as `due_at` and `problem`."""
        values = {"lease_holder": None, "lease_until": None} | values
        self.update_leased(**values)

    def update_leased(self, **values: Any) -> None:
        """Update columns if this process still holds the lease."""
        Sheet.objects.filter(self.lease_is_held, pk=self.pk).update(**values)

    # Requests: see entry.import_requests

    @property
    def submissions(self) -> Submissions:
        """Its requests, in their order."""
        return Submission.objects.filter(group=self.pk).order_by("group_number")

    @cached_property
    def waiting_since(self) -> datetime | None:
        """When the answer to a request was lost for which the API is asked again; None if there is none."""
        if self.status != self.Status.SENDING or not self.problem:
            return None
        sending = self.submissions.filter(status=Submission.Status.SENDING, answer_lost_at__isnull=False)
        return sending.values_list("answer_lost_at", flat=True).first()

    @property
    def has_unconfirmed(self) -> bool:
        """Whether a request has an unconfirmed outcome."""
        return self.submissions.filter(status=Submission.Status.UNCONFIRMED).exists()


def _is_leased(now: datetime) -> Q:
    return Q(lease_until__gte=now, lease_until__lte=now + LONGEST_WAIT)


def _is_due(now: datetime) -> Q:
    is_free = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST_WAIT)
    return is_free & (Q(due_at__lte=now) | Q(due_at__gt=now + LONGEST_WAIT))


class FilePart(models.Model):
    """A part of an import's file as it was uploaded."""

    sheet = models.ForeignKey(Sheet, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "number"], name="a_file_has_a_part_once"),
        ]


class RememberedMatching(models.Model):
    """How columns were matched last, and what words mean, for everybody who uses the key.

    See imports.remembered and rows.learned_words.
    """

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    data = JSONTextField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "workflow_id"], name="a_workflow_is_remembered_once_a_key")
        ]
