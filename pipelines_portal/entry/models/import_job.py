"""An import: its settings, its status, and the steps that change the status.

Each step is one UPDATE that compares the status first. The worker's steps also compare its lease, so that a worker that
lost the lease changes nothing.
"""

import uuid
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.api_client import Schema
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.entry import texts
from pipelines_portal.entry.models import import_requests
from pipelines_portal.entry.models.import_row import Counts, ImportRow
from pipelines_portal.entry.signals import import_handed_over
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow, Submissions
from pipelines_portal.submissions.signals import BatchEnd, batch_ended

LARGEST_REQUEST = 5_000
# More rows than this wait so long before they are sent.
MOST_SENT_AT_ONCE = 20
UNDO_FOR = timedelta(seconds=10)
# The worker renews its lease at every step of its work, none of which takes as long.
LEASE = timedelta(seconds=60)
# No lease and no wait is longer. A time that is farther away was set before the clock was set back.
LONGEST_WAIT = timedelta(hours=1)
RESTORABLE_FOR = timedelta(days=30)
# The statuses in which the worker has something to do. SQLite does not match an IN list with a partial index.
IS_AT_WORK = Q(status="reading") | Q(status="checking") | Q(status="sending")
# Nothing is being sent, and the next step is a person's.
DRAFT_STATUSES = ("reading", "unreadable", "matching", "checking", "checked", "paused")
# The rows with which a person can still do something.
TO_BE_SENT = (ImportRow.Status.READY, ImportRow.Status.REQUESTED)
UNFINISHED_ROWS = (
    ImportRow.Status.READY,
    ImportRow.Status.TO_FIX,
    ImportRow.Status.DUPLICATE,
    ImportRow.Status.REJECTED,
)


class ImportJobs(models.QuerySet["ImportJob"]):
    def visible_to(self, user: User) -> "ImportJobs":
        """Return the imports that they own, those with a key that they own, and those sent through a team they lead."""
        led = Membership.objects.filter(user=user, is_lead=True).values("team")
        through_a_team = ImportJob.teams.through._default_manager.filter(importjob_id=OuterRef("pk"), team__in=led)
        return self.filter(Q(owner=user) | Q(key__owner=user) | Exists(through_a_team))

    def unfinished(self) -> "ImportJobs":
        """Return those in which something is left to do."""
        rows = ImportRow.objects.filter(import_job=OuterRef("pk"), status__in=UNFINISHED_ROWS)
        return self.exclude(status=ImportJob.Status.DELETED).exclude(~Exists(rows), status=ImportJob.Status.CHECKED)

    def drafts_of(self, user: User) -> "ImportJobs":
        """Return the person's own unfinished imports of which nothing is being sent."""
        return self.filter(owner=user, status__in=DRAFT_STATUSES).unfinished()

    def take_lease(self) -> "ImportJob | None":
        """Return the next import that is due, leased to the caller, or None.

        One import at a time is sent with a key, because the API limits the requests of each key.
        """
        now, sending = timezone.now(), ImportJob.Status.SENDING
        busy = ImportJob.objects.filter(_is_leased(now), key=OuterRef("key"), status=sending).exclude(pk=OuterRef("pk"))
        # Imports that wait for a busy key do not hold up the others.
        due = self.filter(_is_due(now), IS_AT_WORK).exclude(Q(status=sending) & Exists(busy)).order_by("due_at")
        return next((import_job for import_job in due[:20] if import_job.take_lease()), None)


class ImportJob(models.Model):
    class Status(models.TextChoices):
        READING = "reading", "Reading"  # the worker reads the file
        UNREADABLE = "unreadable", "Can’t read file"
        MATCHING = "matching", "Match columns"
        CHECKING = "checking", "Checking"  # the worker checks every row
        CHECKED = "checked", "Checked"  # rows can be fixed, and the good ones sent
        SENDING = "sending", "Sending"  # the worker sends request after request
        PAUSED = "paused", "Paused"  # by a person, or for the reason in `problem`
        UNCONFIRMED = "unconfirmed", "Needs review"  # a request has an unconfirmed outcome
        DELETED = "deleted", "Deleted"  # can be restored for 30 days

    class Kind(models.TextChoices):
        FILE = "file", "File or pasted rows"
        TYPED = "typed", "Typed rows"  # of the grid: see entry.rows.typed

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=5, choices=Kind.choices, default=Kind.FILE)
    # The sender of its rows: the person who started it, or the person to whom it was handed over.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="imports")
    # The teams through which the owner could use the key, at the start and at each request. Teams are never removed.
    teams = models.ManyToManyField(Team, related_name="+")
    # The form carries it, so that a form that is posted twice starts one import.
    token = models.UUIDField(default=uuid.uuid4)
    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="imports", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    workflow_name = models.CharField(max_length=300)
    file_name = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.READING)
    # A sentence for people: why it is unreadable, waits or is paused, and what to do.
    problem = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(default=timezone.now)

    # The time zone of the browser that started it. Empty if the browser did not say.
    zone = models.CharField(max_length=64, blank=True)
    # The encoding, delimiter and sheet that a person chose: see spreadsheets.reading.Asked.
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

    # The person who continued the sending, if it was not the owner.
    continued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
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

    # When the database was copied from which it was restored, and the newest task that was known then. Nothing is sent
    # until a person has said which rows had been sent by the restore: see entry.restored.
    restored_from = models.DateTimeField(null=True)
    newest_task_id_before = models.PositiveBigIntegerField(default=0)

    # The number of its tasks by status, and the progress of the current scan of the task list: see imports.task_counts.
    task_counts = models.JSONField(default=dict)
    scan = models.JSONField(default=dict)
    # Somebody looks at the counts until then.
    counts_wanted_until = models.DateTimeField(null=True)
    next_page_at = models.DateTimeField(null=True)

    # The process that works on it, and the end of its lease. Nobody works on it before `due_at`.
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

    def get_absolute_url(self) -> str:
        """Return the page for its status."""
        return reverse(self._url_name(), args=[self.key_id, self.workflow_id, self.pk])

    def _url_name(self) -> str:
        if self.status == self.Status.MATCHING:
            return "imports:match"
        if self.status in (self.Status.READING, self.Status.UNREADABLE, self.Status.CHECKING, self.Status.DELETED):
            return "imports:detail"
        # Lists read this for many imports in one query.
        has_requests = getattr(self, "has_requests", None)
        has_requests = self.submissions.exists() if has_requests is None else has_requests
        return "imports:progress" if self.status == self.Status.SENDING or has_requests else "imports:check"

    @property
    def label(self) -> str:
        """Its name in lists, messages and the audit log."""
        name = self.file_name[:100]
        # In a sentence, the name of a file is one by its look. These are not.
        is_quoted = name in (texts.TYPED_ROWS, texts.PASTED_ROWS)
        return f"{f'“{name}”' if is_quoted else name} for {self.workflow_name}"

    @property
    def is_at_work(self) -> bool:
        return self.status in (self.Status.READING, self.Status.CHECKING, self.Status.SENDING)

    @property
    def is_typed(self) -> bool:
        return self.kind == self.Kind.TYPED

    @property
    def can_change_rows(self) -> bool:
        """Whether rows that are not being sent can be changed. Typed rows are sent only as they were asked for."""
        is_still = self.status in (self.Status.CHECKED, self.Status.PAUSED)
        return is_still or (self.is_typed and self.status in (self.Status.SENDING, self.Status.UNCONFIRMED))

    @property
    def waits_to_start(self) -> bool:
        """Whether the sending was started a moment ago and can still be undone as a whole."""
        is_later = self.start_at is not None and self.start_at > timezone.now()
        return self.status == self.Status.SENDING and is_later

    @property
    def can_be_deleted(self) -> bool:
        return self.status in DELETABLE

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
        return Schema.model_validate(self.schema)

    @property
    def version(self) -> str:
        """The mark that a page sends back, so that it changes only what it showed."""
        return self.changed_at.isoformat()

    # Rows

    @property
    def rows(self) -> "models.QuerySet[ImportRow]":
        """Its lines below the header, once they were checked."""
        return self.lines.exclude(status="unchecked")

    def counts(self) -> Counts:
        """Return the number of its rows by status, read from the database each time."""
        return Counts.load(ImportJob.objects.filter(pk=self.pk).values_list("row_counts", flat=True).first() or {})

    @property
    def counts_as_read(self) -> Counts:
        """The number of its rows by status when it was read from the database."""
        return Counts.load(self.row_counts)

    def count_rows(self) -> dict[str, int]:
        """Count its rows by status."""
        return dict(self.rows.values_list("status").order_by().annotate(number=Count("*")))

    def store_counts(self, **values: Any) -> None:
        """Update its row counts, and `values`. Call at the end of a transaction that locked it and changed rows."""
        row_counts = self.count_rows()
        if self.is_typed:
            values["row_count"] = sum(row_counts.values())
        ImportJob.objects.filter(pk=self.pk).update(row_counts=row_counts, **values)

    # Steps

    def take_step(self, step: "Step", status: str, *conditions: Q, **values: Any) -> bool:
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
            "changed_at": now,
            "paused_by": None,
            "paused_at": now if status == self.Status.PAUSED else None,
            "lease_until": None,
            "lease_holder": None,
            "start_at": None,
        } | values
        is_taken = ImportJob.objects.filter(*conditions, pk=self.pk, status__in=sources).update(status=status, **values)
        self.refresh_from_db()
        return bool(is_taken)

    def lock(self, *conditions: Q) -> "ImportJob | None":
        """Return its present row, locked until the transaction ends. Return None if it is gone or a condition fails."""
        return ImportJob.objects.select_for_update().filter(*conditions, pk=self.pk).first()

    def start_sending(self, by: User, rows: int, *, one_row_first: bool = False) -> bool:
        """Send the good rows in the owner's name. Return False if the status or the owner changed.

        Many rows wait a moment, so that the person can undo it.
        """
        is_owner = by.pk == self.owner_id
        start_at = timezone.now() + UNDO_FOR if rows > MOST_SENT_AT_ONCE else None
        values: dict[str, Any] = {
            "continued_by": None if is_owner else by,
            "one_row_first": one_row_first,
            "schema_changes": [],
            "start_at": start_at,
        }
        if start_at:
            values["due_at"] = start_at
        is_as_seen = Q(status=self.status, owner=self.owner_id, restored_from=None)
        with transaction.atomic():
            is_started = self.take_step(Step.SEND, self.Status.SENDING, is_as_seen, **values)
            if is_started:
                sender = {} if is_owner else {"owner": self.owner.email}
                record(Verb.IMPORT_SENT, by=by, target=self, label=self.label, rows=rows, **sender)
        return is_started

    def wait_again(self, rows: int) -> None:
        """Let many more rows wait as long as the first ones did, if these still wait."""
        if rows > MOST_SENT_AT_ONCE and self.waits_to_start:
            start_at = timezone.now() + UNDO_FOR
            ImportJob.objects.filter(pk=self.pk).update(start_at=start_at, due_at=start_at)

    def send_now(self) -> bool:
        """End the pause before the sending. Return False if it is over."""
        waiting = ImportJob.objects.filter(pk=self.pk, status=self.Status.SENDING, start_at__gt=timezone.now())
        return bool(waiting.update(start_at=None, due_at=timezone.now()))

    def pause(self, by: User) -> bool:
        """Pause the sending. The request that is being sent continues."""
        is_paused = self._stop_sending(Step.PAUSE, self.Status.PAUSED, by, paused_by=by)
        self.give_back_typed()
        return is_paused

    def stop(self, by: User) -> bool:
        """Stop the sending and return the rows that were not sent. The request that is being sent continues."""
        is_stopped = self._stop_sending(Step.STOP, self.Status.CHECKED, by)
        if is_stopped:
            self.give_back_unsent()
        return is_stopped

    def _stop_sending(self, step: "Step", status: str, by: User, **values: Any) -> bool:
        with transaction.atomic():
            is_stopped = self.take_step(step, status, **values)
            if is_stopped:
                record(Verb.IMPORT_STOPPED, by=by, target=self, label=self.label, how=step.value)
        return is_stopped

    def pause_for(self, problem: str) -> bool:
        """Pause the sending for a reason that only a person can resolve. Only the lease holder can do this."""
        is_paused = self.take_step(Step.PAUSE, self.Status.PAUSED, self.lease_is_held, problem=problem)
        self.give_back_typed()
        return is_paused

    def stop_unconfirmed(self, problem: str) -> bool:
        """Stop until a person decides about an unconfirmed request, even if the import was paused before."""
        is_stopped = self.take_step(Step.STOP_UNCONFIRMED, self.Status.UNCONFIRMED, problem=problem)
        self.give_back_typed()
        return is_stopped

    def settle_unconfirmed(self) -> bool:
        """Pause it once no request is unconfirmed, if rows are left to send. Typed rows are not continued."""
        if self.is_typed or not self.rows.filter(status__in=TO_BE_SENT).exists():
            return self.take_step(Step.STOP, self.Status.CHECKED)
        return self.take_step(Step.SETTLE, self.Status.PAUSED)

    def give_back_typed(self) -> None:
        """Return typed rows that were not sent to the grid, where a person can change them and ask for them again."""
        if self.is_typed and self.status != self.Status.SENDING:
            self.give_back_unsent()

    def finish(self) -> None:
        """Finish the sending and notify the owner. Only the lease holder can do this."""
        with transaction.atomic():
            if self.is_typed and self.lock() and self.open_submission():
                self.release_lease()  # more rows were asked for at this very moment
            elif self.take_step(Step.FINISH, self.Status.CHECKED, self.lease_is_held) and not self.is_typed:
                self.notify_end()

    def notify_end(self) -> None:
        """Send the signal that all rows were sent."""
        sent = self.submissions.order_by()
        sums = sent.aggregate(created=Sum("success_count"), rejected=Sum("error_count"), count=Count("pk"))
        created, rejected = sums["created"] or 0, sums["rejected"] or 0
        end = BatchEnd(
            person=self.owner,
            # An import that is sent again, with rows that were fixed, ends again.
            subject=f"import:{self.pk}:{sums['count']}",
            title=texts.import_finished(self.file_name, created, rejected),
            sentence=texts.IMPORT_INTO.format(workflow=self.workflow_name),
            address=reverse("imports:detail", args=[self.key_id, self.workflow_id, self.pk]),
            tone="warning" if rejected else "finished",
        )
        batch_ended.send(ImportJob, end=end)

    def hand_over(self, to: User, by: User) -> bool:
        """Make `to` the owner. Return False if it is being sent or deleted, or if its owner changed.

        Submissions that were sent stay the former owner's. Drafts are made again in the name of the new owner.
        """
        former = self.owner
        # With a new token, it cannot collide with an import that the new owner started.
        values = {"owner": to, "token": uuid.uuid4(), "continued_by": None, "changed_at": timezone.now()}
        # Typed rows of somebody else do not become those that the new owner is typing.
        values["kind"] = self.Kind.FILE
        with transaction.atomic():
            self.lock_drafts()
            if not ImportJob.objects.filter(CAN_BE_HANDED_OVER, pk=self.pk, owner=former).update(**values):
                return False
            self.refresh_from_db()
            self.give_back_unsent(only_of_others=True)
            owners = {"former_owner": former.email, "owner": to.email}
            record(Verb.IMPORT_HANDED_OVER, by=by, target=self, label=self.label, **owners)
            if to != by:
                import_handed_over.send(ImportJob, handed_over=self, by=by)
        return True

    def mark_deleted(self, by: User) -> bool:
        """Delete it so that it can be restored. Return False while a request is being sent or is unconfirmed.

        Submissions stay in the ledger.
        """
        with transaction.atomic():
            locked = self.lock_removable()
            if locked is None or locked.status == self.Status.DELETED:
                transaction.set_rollback(True)
                return False
            values = {"deleted_by": by, "deleted_at": timezone.now(), "status_before_deletion": locked.status}
            locked.take_step(Step.DELETE, self.Status.DELETED, **locked._pause_values(), **values)
            record(Verb.IMPORT_DELETED, by=by, target=locked, label=locked.label)
        return True

    def restore(self, by: User) -> bool:
        """Restore its status from before the deletion. Return False if it has been restored already."""
        with transaction.atomic():
            locked = self.lock(Q(status=self.Status.DELETED))
            if locked is None:
                return False
            values = {"deleted_by": None, "deleted_at": None, "status_before_deletion": ""}
            status = locked.status_before_deletion
            locked.take_step(Step.RESTORE, status, **locked._pause_values(), **values)
            record(Verb.IMPORT_RESTORED, by=by, target=locked, label=locked.label)
        return True

    def _pause_values(self) -> dict[str, Any]:
        """Return the reason, the person and the time of the pause.

        Deletion and restoration keep these values; other steps clear them.
        """
        return {name: getattr(self, name) for name in ("problem", "paused_by", "paused_at")}

    def lock_removable(self) -> "ImportJob | None":
        """Return it locked, with its drafts given back. Return None while a request is being sent or is unconfirmed.

        Call in a transaction, and roll that back after None.
        """
        self.lock_drafts()
        locked = self.lock(~Q(status__in=(self.Status.SENDING, self.Status.UNCONFIRMED)))
        if locked is None or locked.submissions.filter(status__in=import_requests.UNSETTLED).exists():
            return None
        # False if a draft is being sent right now.
        return locked if locked.give_back_unsent() else None

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
            free = ImportJob.objects.filter(_is_due(now), pk=self.pk, status=self.status)
            is_taken = free.update(lease_holder=uuid.uuid4(), lease_until=now + LEASE)
        if is_taken:
            self.refresh_from_db()
        return bool(is_taken)

    def _is_key_busy(self, now: datetime) -> bool:
        """Lock the key's row, so that two imports cannot both find the key free."""
        SavedKey.objects.select_for_update().filter(pk=self.key_id).first()
        sending = ImportJob.objects.filter(_is_leased(now), key=self.key_id, status=self.Status.SENDING)
        return sending.exclude(pk=self.pk).exists()

    def renew_lease(self, length: timedelta = LEASE) -> bool:
        """Renew the lease. Return False if another process has it, or if a person paused or stopped the import."""
        held = ImportJob.objects.filter(self.lease_is_held, pk=self.pk, status=self.status)
        return bool(held.update(lease_until=timezone.now() + length))

    def release_lease(self, **values: Any) -> None:
        """Leave the rest for later. `values` say when and why, as `due_at` and `problem`."""
        values = {"lease_holder": None, "lease_until": None} | values
        self.update_leased(**values)

    def update_leased(self, **values: Any) -> None:
        """Update columns if this process still holds the lease."""
        ImportJob.objects.filter(self.lease_is_held, pk=self.pk).update(**values)

    # Requests: see import_requests

    @property
    def submissions(self) -> Submissions:
        """Its requests, in their order."""
        return Submission.objects.filter(group=self.pk).order_by("group_number")

    @property
    def has_unconfirmed(self) -> bool:
        """Whether a request has an unconfirmed outcome."""
        return self.submissions.filter(status=Submission.Status.UNCONFIRMED).exists()

    def open_submission(self) -> Submission | None:
        """Return the request that is a draft or is being sent, if there is one."""
        return import_requests.open_submission(self)

    def next_submission(self, numbers: list[int] | None = None) -> Submission | None:
        """Create a draft of the next rows that are ready, and point the rows to it. Return None if no row is ready.

        With `numbers`, take only those rows. Raise ImportChanged if a person paused it, stopped it or changed rows
        since it was read.
        """
        return import_requests.next_submission(self, numbers)

    def settle(self, submission: Submission) -> None:
        """Write to its rows what the ledger says about one of its requests. Call in a transaction that locked it."""
        import_requests.settle(self, submission)

    def give_back(self, submission: Submission) -> bool:
        """Return the rows of a draft to the import. Return False if the draft is being sent or was sent."""
        return import_requests.give_back(self, submission)

    def give_back_unsent(self, *, only_of_others: bool = False) -> bool:
        """Return the rows of all drafts, or only of those made for a former owner. Return False if one was sent."""
        return import_requests.give_back_unsent(self, only_of_others=only_of_others)

    def lock_drafts(self) -> None:
        """Lock its drafts. Call before the import is locked: outcomes lock a submission first, then its import."""
        drafts = self.submissions.filter(status=Submission.Status.DRAFT).order_by("pk").select_for_update()
        list(drafts.values_list("pk", flat=True))

    def settle_overdue(self) -> None:
        """Mark requests of processes that died as unconfirmed. This is cheap if there are none."""
        import_requests.settle_overdue(self)

    def sent_before(self, digests: Iterable[str]) -> dict[str, SubmissionRow]:
        """Return the newest sent row for each digest, of those sent to its workflow with its key by others.

        Tasks that are marked as mistakes or replaced do not count.
        """
        return import_requests.sent_before(self, digests)

    def mistaken_rows(self) -> set[int]:
        """Return the numbers of the rows whose tasks are marked as mistakes or replaced."""
        return import_requests.mistaken_rows(self)

    def values_of_tasks(self, task_ids: set[int]) -> set[tuple[int, str]]:
        """Return the tasks with the digests of the values with which they were sent."""
        return import_requests.values_of_tasks(self, task_ids)


class Step(Enum):
    READ = "read"  # its lines are stored
    REFUSE = "refuse"  # the file cannot be read
    REREAD = "read again"  # with another encoding, delimiter or sheet
    MATCH = "match"  # every column became a field or was set aside
    REMATCH = "match again"  # nothing was sent so far
    CHECK = "check"  # every row was checked
    SEND = "send"  # a person sends the good rows
    RECHECK = "check again"  # the workflow's fields changed
    PAUSE = "pause"  # by a person, or for a reason that only a person can resolve
    STOP_UNCONFIRMED = "stop unconfirmed"  # a request has an unconfirmed outcome
    SETTLE = "settle"  # no outcome is unconfirmed any more
    FINISH = "finish"  # every good row was sent
    STOP = "stop"  # a person takes the rest back
    DELETE = "delete"  # by a person; it can be restored for 30 days
    RESTORE = "restore"  # to the status before the deletion


_S = ImportJob.Status
DELETABLE = frozenset({_S.READING, _S.UNREADABLE, _S.MATCHING, _S.CHECKING, _S.CHECKED, _S.PAUSED})
CAN_BE_HANDED_OVER = ~Q(status__in=(_S.SENDING, _S.DELETED))
# The statuses from which each step leads, and those to which it leads.
STEPS: dict[Step, tuple[frozenset[str], frozenset[str]]] = {
    Step.READ: (frozenset({_S.READING}), frozenset({_S.MATCHING, _S.CHECKING})),
    Step.REFUSE: (frozenset({_S.READING}), frozenset({_S.UNREADABLE})),
    Step.REREAD: (frozenset({_S.MATCHING, _S.UNREADABLE}), frozenset({_S.READING})),
    Step.MATCH: (frozenset({_S.MATCHING}), frozenset({_S.CHECKING})),
    Step.REMATCH: (frozenset({_S.CHECKED}), frozenset({_S.MATCHING})),
    Step.CHECK: (frozenset({_S.CHECKING}), frozenset({_S.CHECKED, _S.MATCHING})),
    Step.SEND: (frozenset({_S.CHECKED, _S.PAUSED}), frozenset({_S.SENDING})),
    Step.RECHECK: (frozenset({_S.SENDING, _S.CHECKED, _S.PAUSED}), frozenset({_S.CHECKING})),
    Step.PAUSE: (frozenset({_S.SENDING}), frozenset({_S.PAUSED})),
    Step.STOP_UNCONFIRMED: (frozenset({_S.SENDING, _S.PAUSED}), frozenset({_S.UNCONFIRMED})),
    Step.SETTLE: (frozenset({_S.UNCONFIRMED}), frozenset({_S.PAUSED})),
    Step.FINISH: (frozenset({_S.SENDING}), frozenset({_S.CHECKED})),
    Step.STOP: (frozenset({_S.SENDING, _S.PAUSED, _S.UNCONFIRMED}), frozenset({_S.CHECKED})),
    Step.DELETE: (DELETABLE, frozenset({_S.DELETED})),
    Step.RESTORE: (frozenset({_S.DELETED}), DELETABLE),
}


def _is_leased(now: datetime) -> Q:
    return Q(lease_until__gte=now, lease_until__lte=now + LONGEST_WAIT)


def _is_due(now: datetime) -> Q:
    is_free = Q(lease_until=None) | Q(lease_until__lt=now) | Q(lease_until__gt=now + LONGEST_WAIT)
    return is_free & (Q(due_at__lte=now) | Q(due_at__gt=now + LONGEST_WAIT))


class FilePart(models.Model):
    """A part of an import's file as it was uploaded."""

    import_job = models.ForeignKey(ImportJob, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["import_job", "number"], name="a_file_has_a_part_once"),
        ]


class RememberedMatching(models.Model):
    """How columns were matched last, for everybody who uses the key: see imports.remembered."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    data = JSONTextField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "workflow_id"], name="a_workflow_is_remembered_once_a_key")
        ]
