"""Everything that is sent is stored here first, and its outcome is written beside it."""

import json
import uuid
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.functional import cached_property

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.audit.recording import record as record_event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.metrics import ROWS_SENT
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import teams_through
from pipelines_portal.submissions import search_index, statuses
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.ids_given_again import is_same_task, latest_creation
from pipelines_portal.submissions.models.acceptance import Acceptance
from pipelines_portal.submissions.models.field_value import FieldValue, RecordedField, ValuesUsed, values_of_rows
from pipelines_portal.submissions.models.rows import (
    CHUNK,
    JSON_TEXT,
    NewRow,
    SubmissionRow,
    UnattributedTask,
    insert_rows,
    list_unattributed,
    write_outcome,
)
from pipelines_portal.submissions.outcomes import Outcome, Rejection, rejection, unconfirmed
from pipelines_portal.submissions.signals import outcome_written, values_dropped
from pipelines_portal.submissions.statuses import FINAL, STEPS, RowStatus, Status, SubmissionStep
from pipelines_portal.submissions.texts import (
    RESTORED,
)
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.rules.judge import Rule

if TYPE_CHECKING:
    from pipelines_portal.workflows.models import OpenedWorkflow

# An API that honours Idempotency-Key is asked again for so long after the first try.
REPEATED_FOR = timedelta(hours=24)
# A process may stand still for so long before it records an answer.
ANSWER_RECORDED_WITHIN = timedelta(hours=1)
# Named in the condition of an index, and in every query that should use it.
BATCH = ~Q(kind="form")
WITH_ACCEPTED = Q(accepted_count__gt=0)


class Submissions(models.QuerySet["Submission"]):
    def visible_to(self, user: User) -> "Submissions":
        """Return what they sent, what was sent with keys that they own, and what was sent through a team they lead."""
        led = Membership.objects.filter(user=user, is_lead=True).values("team")
        through_a_team = SubmissionTeam.objects.filter(submission=OuterRef("pk"), team__in=led)
        return self.filter(Q(owner=user) | Q(key__owner=user) | Exists(through_a_team))

    def sent(self) -> "Submissions":
        """Leave out drafts that certainly never left: those of a form, or of a step of a wizard.

        A draft stays if it may have left: a person decided that it did not, an earlier try created tasks or may have,
        or its archive is being processed or came back with a problem.
        """
        made_tasks = Exists(UnattributedTask.objects.filter(submission=OuterRef("pk")))
        may_have_left = Q(is_decided_by_person=True) | Q(is_earlier_try_uncertain=True) | Q(made_tasks)
        is_upload = Q(zip_upload__remote_upload_id__isnull=False) | Q(zip_upload__problem__gt="")
        return self.filter(~Q(status=Status.DRAFT) | may_have_left | is_upload)

    def as_listed(self) -> "Submissions":
        """Read what a list shows of each, without the contents of an archive."""
        return self.select_related("owner", "zip_upload").defer("zip_upload__entries", "zip_upload__preview")

    def draft(
        self, owner: User, workflow: "OpenedWorkflow", rows: Iterable[FieldValues], token: uuid.UUID, kind: str
    ) -> "Submission":
        """Store `rows`. The same token finds the same submission: while it is a draft, its rows are replaced.

        Once it was sent it is returned untouched, whatever `rows` are: a form shown again after a rejection needs a new
        token. Unchanged rows for the same workflow keep the Idempotency-Key of their last try.
        """
        values = place_of(workflow) | {"kind": kind}
        with transaction.atomic():
            submission, is_new = self.select_for_update().get_or_create(owner=owner, token=token, defaults=values)
            if is_new:
                submission.add_rows(map(NewRow.of, rows))
            elif submission.status == Status.DRAFT:
                new, place_before = list(map(NewRow.of, rows)), (submission.key_id, submission.workflow_id)
                self.filter(pk=submission.pk).update(**values)
                submission.refresh_from_db()
                is_moved = place_before != (submission.key_id, submission.workflow_id)
                if is_moved or [row.text for row in new] != submission.row_texts():
                    submission.replace_rows(new)
        return submission

    def claimed_form(
        self, owner: User, workflow: "OpenedWorkflow", fields: FieldValues, token: uuid.UUID, *,
        newest: int, until: datetime, teams: list[int], once: Sequence[Rule], is_declared: bool = False,
    ) -> "Submission":  # fmt: skip
        """Store a form's task as `draft` and `claim_rows` do, in fewer statements. Its caller may send it.

        `teams` are those through which the owner can use the key. `once` says which fields are used once. Call in a
        transaction. Raise IntegrityError if the token is known, and ValuesUsed.
        """
        now = timezone.now()
        submission = Submission(
            owner=owner, token=token, kind=Submission.Kind.FORM, row_count=1, status=Status.SENDING, attempt=1,
            newest_task_id_before=newest, sent_at=now, sending_until=until, idempotency_key=str(uuid.uuid4()),
            first_sent_at=now, is_declared=is_declared, **place_of(workflow),
        )  # fmt: skip
        submission.search_who = search_index.marks_of("", owner.pk, submission.key_id, teams)
        submission.save(force_insert=True)
        row = SubmissionRow(submission=submission, index=0, fields=fields, digest=digest_of(fields))
        row.save(force_insert=True)
        submission.use_values(once, [(row.pk, fields)])
        search_index.replace_entries([(row.pk, fields)], "", submission.search_who)
        submission.record_sending(teams)
        return submission

    def overdue(self) -> "Submissions":
        """Return those whose process died while it sent them, and those that were asked again for long enough."""
        now = timezone.now()
        is_given_up = Q(answer_lost_at=None) | Q(first_sent_at__lt=now - REPEATED_FOR)
        return self.filter(is_given_up, status=Status.SENDING, sending_until__lt=now)

    def settle_overdue(self) -> None:
        """Let those be asked again whose process died while it sent them, or else make them unconfirmed.

        Cheap: call it before showing any.
        """
        # Mostly there are none, which takes half as long to find out.
        if self.overdue().exists():
            for submission in self.overdue():
                if not submission.await_answer(timezone.now()):
                    submission.record(unconfirmed("The connection was lost before Pipelines answered."))

    def due_to_repeat(self) -> "Submissions":
        """Return those to be asked again now, the longest waiting first."""
        waiting = self.filter(status=Status.SENDING, answer_lost_at__isnull=False, sending_until__lte=timezone.now())
        return waiting.select_related("key", "owner").order_by("sending_until")

    def unconfirm_restored(self, copied_at: datetime, newest: Mapping[int, int]) -> None:
        """Set all that may have been sent after the restored database was copied to unconfirmed.

        `newest` is the newest task of each workflow that was known then. An upload that was confirmed is left to the
        poll, since Pipelines knows it by its ID. A called off draft is left out: its rows are back in their import.
        """
        may_be_sent = self.filter(Q(status=Status.SENDING) | Q(status=Status.DRAFT, is_called_off=False)).order_by()
        with transaction.atomic():
            untried = may_be_sent.filter(newest_task_id_before=None)
            for workflow_id in list(untried.values_list("workflow_id", flat=True).distinct()):
                of_workflow = untried.filter(workflow_id=workflow_id)
                of_workflow.update(newest_task_id_before=newest.get(workflow_id, 0))
            rows = SubmissionRow.objects.filter(submission__in=may_be_sent.values("pk"))
            rows.update(status=RowStatus.UNCONFIRMED, task_id=None)
            may_be_sent.update(
                status=Status.UNCONFIRMED, reason=RESTORED, sending_until=None, finished_at=timezone.now()
            )
            # Those that were unconfirmed before, too: they may have been decided since, and what was rejected may have
            # been corrected and sent. What is held already keeps its first mark.
            is_held = Q(status=Status.UNCONFIRMED) | Q(error_count__gt=0, group=None)
            self.filter(is_held, restored_from=None).update(restored_from=copied_at)
            for submission in self.filter(status=Status.UNCONFIRMED, search_who="").select_related("owner", "key"):
                submission.make_findable()
            RecordedField.start_all_again()


class Submission(models.Model):
    """Rows that are sent together, and their outcome."""

    class Kind(models.TextChoices):
        FORM = "form", "Form"
        ZIP = "zip", "Files"
        IMPORT = "import", "Import"

    Status = Status

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="submissions")
    # From the form: a second POST of the same form finds the same submission.
    token = models.UUIDField(default=uuid.uuid4)
    # The teams through which its owner could use the key each time it was sent.
    teams = models.ManyToManyField(Team, through="SubmissionTeam", related_name="+")
    # Found by the index that begins with it.
    key = models.ForeignKey(SavedKey, models.SET_NULL, null=True, related_name="submissions", db_index=False)
    key_name = models.CharField(max_length=100)
    key_last4 = models.CharField(max_length=4)
    workflow_id = models.PositiveBigIntegerField()
    workflow_name = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=Kind)
    # The ID of the import that sends it, and which of its requests this is. None once the import was removed.
    group = models.UUIDField(null=True)
    group_number = models.PositiveIntegerField(null=True)
    # The name of the import's file.
    group_name = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    # Why it is a draft again, rejected or unconfirmed, in one sentence for people.
    reason = models.TextField(blank=True)

    row_count = models.PositiveIntegerField(default=0)
    success_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    # The warnings of its rows that people accepted.
    accepted_count = models.PositiveIntegerField(default=0)
    # Counts the tries, so that a late answer to an earlier one does not overwrite a later one.
    attempt = models.PositiveIntegerField(default=0)
    # Tasks above this ID appeared after the sending began, or after an earlier try that is uncertain. 0: there was
    # none; null: nothing was sent.
    newest_task_id_before = models.PositiveBigIntegerField(null=True)
    # When the database was copied from which this was restored as unconfirmed.
    restored_from = models.DateTimeField(null=True)
    # A person decided the outcome of the last try. The API's own answer to that try replaces it.
    is_decided_by_person = models.BooleanField(default=False)
    # A person declared a try not sent, another or other rows followed, and the answer to the first has not arrived.
    is_earlier_try_uncertain = models.BooleanField(default=False)
    # Its rows went back to their import: it is never sent again, but an answer to an earlier try may arrive.
    is_called_off = models.BooleanField(default=False)
    # Who may find its rows by search, as the index has it; empty: they are not in the index. See search_index.
    search_who = models.TextField(blank=True)
    # Its rows' values were removed: see retention. Counts and task IDs stay.
    is_dropped = models.BooleanField(default=False)
    # When its values were counted: see suggestions.
    values_counted_at = models.DateTimeField(null=True)

    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    # Its tasks were created by then, by the clock of Pipelines: see ids_given_again.
    created_by = models.DateTimeField(null=True)
    # The end of the present process's claim. While it is asked again: when to ask next.
    sending_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    # Sent with each try of the same rows. An API that honours it creates their tasks once.
    idempotency_key = models.CharField(max_length=36, blank=True)
    first_sent_at = models.DateTimeField(null=True)
    # The API declared Idempotency-Key when the last try was claimed.
    is_declared = models.BooleanField(default=False)
    # Its last answer repeated the key. None without an answer.
    is_echoed = models.BooleanField(null=True)
    # When its answer was lost, while it is asked again.
    answer_lost_at = models.DateTimeField(null=True)

    objects = Submissions.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "token"], name="a_form_is_sent_once")]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-created_at", "-id"], name="submissions_newest_first"),
            models.Index(fields=["key", "-created_at", "-id"], name="submissions_newest_of_a_key"),
            # Few at any time, however much was sent.
            models.Index(fields=["sending_until"], condition=Q(status="sending"), name="submissions_sending"),
            models.Index(
                fields=["key", "-created_at"], condition=Q(status="unconfirmed"), name="submissions_unconfirmed"
            ),
            # For the filters of the list, among one's own and among what was sent with a key. They hold the whole order
            # of the list: else SQLite takes an index of that order alone, and reads everything.
            models.Index(fields=["owner", "status", "-created_at", "-id"], name="submissions_own_by_status"),
            models.Index(fields=["key", "status", "-created_at", "-id"], name="submissions_key_by_status"),
            models.Index(fields=["owner", "workflow_id", "-created_at", "-id"], name="submissions_own_by_workflow"),
            models.Index(fields=["key", "workflow_id", "-created_at", "-id"], name="submissions_key_by_workflow"),
            # Few among forms, which the newest of all are.
            models.Index(
                fields=["owner", "kind", "-created_at", "-id"], condition=BATCH, name="submissions_own_batches"
            ),
            models.Index(fields=["key", "kind", "-created_at", "-id"], condition=BATCH, name="submissions_key_batches"),
            models.Index(fields=["created_at"], condition=Q(status="draft"), name="submissions_drafts"),
            models.Index(fields=["workflow_id"], condition=Q(is_decided_by_person=True), name="submissions_decided"),
            models.Index(
                fields=["group", "group_number"], condition=Q(group__isnull=False), name="submissions_of_an_import"
            ),
            # Few: see the filter of Sent.
            models.Index(
                fields=["owner", "-created_at", "-id"], condition=WITH_ACCEPTED, name="submissions_own_accepted"
            ),
            models.Index(
                fields=["key", "-created_at", "-id"], condition=WITH_ACCEPTED, name="submissions_key_accepted"
            ),
            models.Index(fields=["finished_at"], condition=Q(is_dropped=False), name="submissions_kept"),
            models.Index(fields=["finished_at"], condition=Q(values_counted_at=None), name="submissions_uncounted"),
        ]

    @property
    def is_over(self) -> bool:
        """True if the outcome of every row is known."""
        return self.status in FINAL

    @property
    def shown_status(self) -> statuses.Status:
        """The status as people see it: an upload that left rows with errors out is created only in part."""
        is_part = self.status == Status.CREATED and self.rows_left_out
        return Status.PARTLY_CREATED if is_part else Status(self.status)

    @property
    def rows_left_out(self) -> int:
        upload = getattr(self, "zip_upload", None) if self.kind == self.Kind.ZIP else None
        return upload.rows_left_out if upload else 0

    @property
    def rows_chosen(self) -> int:
        """The number of rows, with those that an upload left out."""
        return self.row_count + self.rows_left_out

    @property
    def has_one_file_field(self) -> bool:
        """Whether its rows were made from files that are in no folder. Of use for rejected rows alone."""
        is_upload = self.kind == self.Kind.ZIP and self.error_count > 0
        upload = getattr(self, "zip_upload", None) if is_upload else None
        return bool(upload and upload.has_one_file_field)

    @property
    def is_overdue(self) -> bool:
        """True if its process died while it sent it, or if it waits for an answer and is due to be sent again."""
        is_sending = self.status == Status.SENDING and self.sending_until is not None
        return is_sending and self.sending_until < timezone.now()  # type: ignore[operator]

    @property
    def waits_for_answer(self) -> bool:
        """True if its answer was lost and the API is asked again."""
        return self.status == Status.SENDING and self.answer_lost_at is not None

    @property
    def may_be_repeated(self) -> bool:
        """True if its rows may be sent again without a person deciding, should the answer be lost.

        Whether the API still honours the key is asked just before: see `submissions.sending.repeat`.
        """
        is_recent = self.first_sent_at is not None and timezone.now() - self.first_sent_at < REPEATED_FOR
        has_key = bool(self.idempotency_key) and self.key_id is not None
        return self.is_declared and has_key and is_recent and self.restored_from is None

    @property
    def is_of_import(self) -> bool:
        """True if an import sends it, and sends its rejected rows again. An import that was removed does neither."""
        return self.kind == self.Kind.IMPORT and (self.is_called_off or self.group is not None)

    @property
    def may_be_discarded(self) -> bool:
        """True if certainly nothing of it was sent, and nothing else needs it."""
        upload = getattr(self, "zip_upload", None)
        is_being_uploaded = upload is not None and not upload.may_be_discarded
        is_draft = self.status == Status.DRAFT and not self.is_of_import
        return is_draft and self.may_be_answered_until is None and not is_being_uploaded

    @property
    def may_be_answered_until(self) -> datetime | None:
        """Until when an answer to an earlier try may come, although a person decided that nothing was created."""
        is_uncertain = self.is_decided_by_person or self.is_earlier_try_uncertain
        if self.status != Status.DRAFT or not is_uncertain or self.sent_at is None:
            return None
        last_sent = self.first_sent_at + REPEATED_FOR if self.is_declared and self.first_sent_at else self.sent_at
        until = last_sent + ANSWER_RECORDED_WITHIN
        return until if until > timezone.now() else None

    @property
    def label(self) -> str:
        """Its name in one line, for messages and the audit log."""
        if self.kind == self.Kind.FORM and self.row_count == 1:
            return f"Task for {self.workflow_name}"
        rows = "1 row" if self.row_count == 1 else f"{self.row_count:,} rows"
        return f"{rows} for {self.workflow_name}"

    @cached_property
    def unattributed_task_ids(self) -> list[int]:
        """Tasks that it created, where nobody knows from which row. Read once."""
        return list(self.unattributed_tasks.values_list("task_id", flat=True))

    # Rows

    def add_rows(self, rows: Iterable[NewRow]) -> None:
        """Append `rows`, and count them. Call in a transaction."""
        self.row_count += insert_rows(self, rows, self.row_count)
        self.idempotency_key = ""
        Submission.objects.filter(pk=self.pk).update(row_count=self.row_count, idempotency_key="")

    def replace_rows(self, rows: Iterable[NewRow]) -> None:
        """Replace all rows. Call in a transaction.

        An answer to a try that a person declared not sent may still arrive. It is not about these rows.
        """
        self.delete_rows()
        self.row_count = 0
        if self.is_decided_by_person:
            self.attempt, self.is_decided_by_person, self.is_earlier_try_uncertain = self.attempt + 1, False, True
            self.save(update_fields=["attempt", "is_decided_by_person", "is_earlier_try_uncertain"])
        self.add_rows(rows)

    def delete_rows(self) -> None:
        """Delete its rows and their search entries. Call in a transaction."""
        self.delete_search_entries()
        self.rows.all().delete()

    def delete_search_entries(self) -> None:
        """Call before the rows' values are removed, in that transaction."""
        if self.search_who:
            search_index.replace_entries(self.rows_with_values(), self.search_who, "")
            self.search_who = ""
            self.save(update_fields=["search_who"])

    def drop_values(self) -> bool:
        """Remove the values of its rows, their search entries, and what the API said of them, which may name values."""
        may_be_dropped = Q(status__in=FINAL) | Q(status=Status.DRAFT, is_called_off=True)
        with transaction.atomic():
            locked = Submission.objects.select_for_update().filter(may_be_dropped, pk=self.pk).first()
            if locked is None or locked.is_dropped:
                return False
            values_dropped.send(Submission, submission=locked)
            locked.delete_search_entries()
            locked.rows.update(fields=None, digest="", error_message="")
            if locked.accepted_count:
                Acceptance.objects.filter(row__submission=locked).update(value="", reason="", sentence="")
            Submission.objects.filter(pk=self.pk).update(is_dropped=True, reason="")
        return True

    def row_texts(self) -> list[str]:
        """Return the rows' values in order, as the JSON that is sent; nothing once they were removed."""
        return list(self.rows.filter(fields__isnull=False).values_list(JSON_TEXT, flat=True))

    def read_fields(self) -> Iterator[FieldValues]:
        """Return the rows' values in order; nothing once they were removed."""
        rows = self.rows.filter(fields__isnull=False).values_list("fields", flat=True)
        yield from (fields or {} for fields in rows.iterator(CHUNK))

    def draft_rejected_rows(self) -> "Submission":
        """Return a draft of the rejected rows. Calling it again returns the same one, edited or sent as it may be."""
        copied = ("owner", "key", "key_name", "key_last4", "workflow_id", "workflow_name", "kind")
        values = {name: getattr(self, name) for name in copied}
        token = uuid.uuid5(self.pk, "rejected rows")
        if self.restored_from:  # they may have been sent again after the backup was made
            newest = self.newest_task_id_before or 0
            values |= {"status": Status.UNCONFIRMED, "reason": RESTORED, "finished_at": timezone.now()}
            values |= {"restored_from": self.restored_from, "newest_task_id_before": newest}
        with transaction.atomic():
            draft, is_new = Submission.objects.get_or_create(owner=self.owner, token=token, defaults=values)
            if is_new:
                rejected = self.rows.filter(status=RowStatus.REJECTED, fields__isnull=False)
                draft.add_rows(NewRow.of(row.fields) for row in rejected.iterator(CHUNK))
                if self.accepted_count:
                    draft._take_acceptances(rejected)
                if self.restored_from:
                    draft.rows.update(status=RowStatus.UNCONFIRMED)
        return draft

    def _take_acceptances(self, rows: "models.QuerySet[SubmissionRow]") -> None:
        """Copy the warnings that were accepted for rows, of which its own are copies in the same order."""
        copies = dict(zip(rows.values_list("pk", flat=True), self.rows.values_list("pk", flat=True), strict=True))
        accepted = list(Acceptance.objects.filter(row__in=list(copies)))
        for each in accepted:
            each.pk, each.row_id = None, copies[each.row_id]
        Acceptance.objects.bulk_create(accepted, CHUNK)
        self.accepted_count = len(accepted)
        self.save(update_fields=["accepted_count"])

    # Values that are used once: see workflows.rules.once

    def use_values(self, once: Sequence[Rule], rows: Iterable[tuple[int, FieldValues]]) -> None:
        """Record what rows, given by ID, have in fields that are used `once`. Raise ValuesUsed if others use that.

        Call with the lock of the workflow, in the transaction after which the rows may leave.
        """
        values = values_of_rows(self.key_id, self.workflow_id, once, rows) if once and self.key_id else []
        # The rows of an import have waited with their values.
        if lost := FieldValue.objects.used_by_others(values, self.pk, waits=self.group is not None):
            raise ValuesUsed(lost)
        FieldValue.objects.record(values)

    def record_values(self, once: Sequence[Rule]) -> None:
        """Record what its rows have in fields that are used `once`, where nobody else can use it any more."""
        if once and self.key_id:
            FieldValue.objects.record(values_of_rows(self.key_id, self.workflow_id, once, self.rows_with_values()))

    def rows_with_values(self) -> Iterator[tuple[int, FieldValues]]:
        """Return the IDs and values of its rows, unless the values were removed."""
        rows = self.rows.filter(fields__isnull=False).values_list("pk", "fields")
        yield from ((pk, fields or {}) for pk, fields in rows.iterator(CHUNK))

    # Sending: see submissions.sending

    def claim(self, newest: int | None, *, until: datetime | None) -> bool:
        """Claim what has left already, as `claim_rows` does. Return whether this call did."""
        return self.claim_rows(newest, until=until, once=()) is not None

    def claim_rows(
        self, newest: int | None, *, until: datetime | None, once: Sequence[Rule], is_declared: bool = False
    ) -> list[str] | None:
        """Make a draft `sending`. Return its rows as JSON to the one caller that may send them, None to all others.

        `newest` is the newest task before it; None leaves what was recorded, and so does an earlier try that is
        uncertain. After `until`, a submission without an outcome counts as unconfirmed; None leaves that to the caller.
        `is_declared`: the API honours Idempotency-Key, as it says. `once` says which fields are used once: call with
        the lock of the workflow then. Raise ValuesUsed.
        """
        try:
            with transaction.atomic():
                return self._claim_rows(newest, until, is_declared=is_declared, once=once)
        except ValuesUsed:
            self.refresh_from_db()
            raise

    def _claim_rows(
        self, newest: int | None, until: datetime | None, *, is_declared: bool, once: Sequence[Rule]
    ) -> list[str] | None:
        teams = self._teams_of_sender()
        who_before = self.search_who
        while not self._claim_as_read(newest, until, teams, is_declared=is_declared):
            # Another request has changed it. This object was read again.
            if self.status != Status.DRAFT or self.is_called_off:
                return None
            who_before = self.search_who
        self.record_sending(teams)
        rows = list(self.rows.filter(fields__isnull=False).values_list("pk", JSON_TEXT))
        if once:
            self.use_values(once, ((pk, json.loads(text)) for pk, text in rows))
        if self.search_who != who_before:
            values = ((pk, json.loads(text)) for pk, text in rows)
            search_index.replace_entries(values, who_before, self.search_who)
        return [text for _, text in rows]

    def _claim_as_read(
        self, newest: int | None, until: datetime | None, teams: list[int], *, is_declared: bool
    ) -> bool:
        """Make it `sending` if it is unchanged since it was read.

        The conditions name columns of its own table only: PostgreSQL checks those again after it waited for another
        transaction, but not a subquery, which a join would become. The rows are read after it, under its lock.
        """
        as_read: dict[str, Any] = {
            "attempt": self.attempt, "is_decided_by_person": self.is_decided_by_person, "is_called_off": False,
            "is_earlier_try_uncertain": self.is_earlier_try_uncertain, "search_who": self.search_who,
            "idempotency_key": self.idempotency_key,
        }  # fmt: skip
        # The answer to a try that a person declared not sent may still arrive.
        is_uncertain = self.is_decided_by_person or self.is_earlier_try_uncertain
        # Tasks of that try are older than this one, and are still offered.
        known = self.newest_task_id_before
        keeps_newest = newest is None or (is_uncertain and known is not None and known <= newest)
        values: dict[str, Any] = {} if keeps_newest else {"newest_task_id_before": newest}
        # Unchanged rows keep their key: the API stored no answer to a try that certainly created nothing.
        values["idempotency_key"] = self.idempotency_key or str(uuid.uuid4())
        if not (is_uncertain and self.first_sent_at):
            values["first_sent_at"] = timezone.now()
        return self._step(
            SubmissionStep.CLAIM, Status.SENDING, as_read, attempt=self.attempt + 1, is_decided_by_person=False,
            is_earlier_try_uncertain=is_uncertain, sent_at=timezone.now(), sending_until=until, finished_at=None,
            is_declared=is_declared, is_echoed=None, answer_lost_at=None,
            restored_from=self.restored_from if is_uncertain else None,
            search_who=search_index.marks_of(self.search_who, self.owner_id, self.key_id, teams), **values,
        )  # fmt: skip

    def record_sending(self, teams: list[int]) -> None:
        """Record who sends it, and through which teams. Call in the transaction that makes it `sending`."""
        self._record_teams(teams)
        batch: dict[str, Any] = {"import": self.group_name, "batch": self.group_number} if self.group else {}
        self._log(Verb.SUBMISSION_SENT, self.owner, **batch)

    def make_findable(self) -> None:
        """Add the rows to the search, as the claim does: they may have been sent without one that is known here."""
        self.search_who = search_index.marks_of("", self.owner_id, self.key_id, self._teams_of_sender())
        self.save(update_fields=["search_who"])
        search_index.replace_entries(self.rows_with_values(), "", self.search_who)

    def record_teams(self) -> None:
        """Record the teams through which its owner can use the key now: their leads may see it."""
        self._record_teams(self._teams_of_sender())

    def _teams_of_sender(self) -> list[int]:
        if self.key is None:
            return []
        return list(teams_through(self.owner, self.key).order_by("pk").values_list("pk", flat=True))

    def _record_teams(self, teams: list[int]) -> None:
        through = [SubmissionTeam(submission=self, team_id=team, key_id=self.key_id) for team in teams]
        SubmissionTeam.objects.bulk_create(through, ignore_conflicts=True)

    def record_newest(self, newest: int) -> None:
        """Record the newest task before any of its own. The first record of a try stays: later tasks may be its own."""
        unsent = Submission.objects.filter(pk=self.pk, status=Status.DRAFT, newest_task_id_before=None)
        unsent.update(newest_task_id_before=newest)

    def forget_newest(self) -> None:
        """Begin a new try, when the one before created nothing."""
        Submission.objects.filter(pk=self.pk, status=Status.DRAFT).update(newest_task_id_before=None)

    def call_off(self) -> None:
        """Never send this draft: its rows go out with another submission, if at all."""
        Submission.objects.filter(pk=self.pk, status=Status.DRAFT).update(is_called_off=True)

    # Sending again after a lost answer

    def await_answer(self, until: datetime) -> bool:
        """Keep it `sending` although its answer was lost: it is sent again at `until`. Return False if it may not."""
        if self.answer_lost_at or not self.may_be_repeated:
            return False
        lost = Submission.objects.filter(
            pk=self.pk,
            status=Status.SENDING,
            attempt=self.attempt,
            answer_lost_at=None,
            sending_until=self.sending_until,
        )
        return self._repeat_at(lost, until, answer_lost_at=timezone.now())

    def repeat_at(self, until: datetime) -> bool:
        """Move the time at which it is sent again. Return False if another process did: it sends it now."""
        waiting = Submission.objects.filter(
            pk=self.pk, status=Status.SENDING, attempt=self.attempt, answer_lost_at=self.answer_lost_at,
            sending_until=self.sending_until,
        )  # fmt: skip
        return self._repeat_at(waiting, until, answer_lost_at=self.answer_lost_at)

    def _repeat_at(self, unchanged: models.QuerySet["Submission"], until: datetime, *, answer_lost_at: Any) -> bool:
        is_changed = unchanged.update(answer_lost_at=answer_lost_at, sending_until=until, is_echoed=self.is_echoed)
        if is_changed:
            self.answer_lost_at, self.sending_until = answer_lost_at, until
        return bool(is_changed)

    # Outcomes

    def record(self, outcome: Outcome) -> bool:
        """Record the outcome of the try that this object was read at. Return False if a later try has begun.

        The API's answer replaces what a person decided about the same try. Tasks of an earlier try are listed as
        unattributed, and that try is certain then; nothing else changes. Tasks of a request that is being sent once
        more by another submission, or was, are that one's.
        """
        if outcome.task_ids and (later := self._sent_once_more()):
            later.record(outcome)
            return False
        attempt = self.attempt
        with transaction.atomic():
            if self.group:
                # The import takes them back. Who requests its rows again locks these first, and then the import.
                called_off = Submission.objects.filter(pk=self.pk, is_called_off=True)
                drafts = Submission.objects.filter(
                    group__in=called_off.values("group"), status=Status.DRAFT, is_called_off=False
                )
                list(drafts.order_by("pk").select_for_update().values_list("pk"))
            self._withdraw_guesses(outcome.task_ids)
            if is_recorded := self._record_this_try(outcome):
                unconfirmed_count = self.row_count if outcome.status == Status.UNCONFIRMED else 0
                count_rows(created=outcome.success_count, rejected=outcome.error_count, unconfirmed=unconfirmed_count)
                outcome_written.send(Submission, submission=self)
                return is_recorded
            if outcome.task_ids:
                Submission.objects.filter(pk=self.pk).update(created_by=latest_creation())
                list_unattributed(self, outcome.task_ids)
                self.__dict__.pop("unattributed_task_ids", None)
            if outcome.status != Status.UNCONFIRMED and attempt == self.attempt - 1:
                Submission.objects.filter(pk=self.pk).update(is_earlier_try_uncertain=False)
        return False

    def _sent_once_more(self) -> "Submission | None":
        """Return the submission that took over the rows and the Idempotency-Key of this request of an import."""
        if self.group is None or not self.idempotency_key:
            return None
        later = Submission.objects.filter(group=self.group, group_number__gt=self.group_number or 0)
        sent = later.filter(idempotency_key=self.idempotency_key, is_called_off=False).exclude(status=Status.DRAFT)
        return sent.order_by("-group_number").first()

    def decide(self, outcome: Outcome, by: User, created: Mapping[int, datetime] | None = None) -> bool:
        """Record what a person found out about an unconfirmed one.

        Return False if the answer arrived after all or somebody decided first; also if one of the tasks was recorded
        for another submission in the meantime, which leaves this one unconfirmed.
        """
        with transaction.atomic():
            # Two people may not take the same task at the same time.
            keys = SavedKey.objects.select_for_update(no_key=True).filter(pk=self.key_id or 0)
            keys.order_by().values_list("pk").first()
            if self.tasks_of_others(outcome.task_ids, created=created):
                return False
            is_decided = self._step(
                SubmissionStep.DECIDE, outcome.status, is_decided_by_person=True, reason=outcome.reason,
                success_count=outcome.success_count, error_count=outcome.error_count, finished_at=outcome.finished_at,
                created_by=latest_creation(),
            )  # fmt: skip
            if is_decided:
                # They have rows now.
                self.unattributed_tasks.filter(task_id__in=outcome.task_ids).delete()
                write_outcome(self, self.row_count, outcome)
                self._log(Verb.SUBMISSION_DECIDED, by, outcome=outcome.status, tasks=outcome.success_count)
                outcome_written.send(Submission, submission=self)
        return is_decided

    def decide_created(
        self,
        task_ids: list[int],
        by: User,
        *,
        indexes: Collection[int] | None = None,
        created: Mapping[int, datetime] | None = None,
    ) -> bool:
        """Decide that it created these tasks, in the order of its rows.

        With fewer tasks than rows, `indexes` names the rows that became the tasks. The others were not created.
        `created` says when the tasks were created.
        """
        not_created = set(range(self.row_count)).difference(range(self.row_count) if indexes is None else indexes)
        if self.row_count and self.row_count - len(not_created) != len(task_ids):
            raise ValueError("As many rows as tasks were created.")
        why = "Someone checked and decided that this row was not created."
        rejections = {index: Rejection("", why) for index in sorted(not_created)}
        status = Status.PARTLY_CREATED if not_created else Status.CREATED
        return self.decide(
            Outcome(status, "", len(task_ids), len(rejections), rejections, tuple(task_ids)), by, created
        )

    def decide_not_created(self, by: User) -> bool:
        """Decide that it created nothing: it is a draft again.

        Rows that went with an archive are rejected: they can be sent with another archive only.
        """
        if self.kind == self.Kind.ZIP and self.attempt > 0:
            return self.decide(rejection(self.row_count, "Someone checked and decided that nothing was created."), by)
        return self.decide(Outcome(Status.DRAFT), by)

    def discard(self, by: User | None) -> bool:
        """Delete a draft; `by` is None for the retention job. Return False if something of it may have been sent."""
        with transaction.atomic():
            locked = Submission.objects.select_for_update().filter(pk=self.pk, attempt=self.attempt).first()
            if locked is None or not locked.may_be_discarded or locked.unattributed_tasks.exists():
                return False
            if by is not None:
                record_event(Verb.SUBMISSION_DISCARDED, by=by, target=locked, label=locked.label)
            locked.delete_rows()
            locked.delete()
        return True

    def tasks_of_others(
        self, task_ids: Iterable[int], *, only_guessed: bool = False, created: Mapping[int, datetime] | None = None
    ) -> set[int]:
        """Return those of the tasks that are attributed to another submission.

        `only_guessed`: because a person decided so, and not the API's answer. `created` says when the tasks were
        created: a restored API gives IDs again, and such a task is not the other submission's.
        """
        ids, created = list(task_ids), created or {}
        found: set[int] = set()
        is_guessed = Q(submission__is_decided_by_person=True) | Q(submission__is_earlier_try_uncertain=True)
        for model in (SubmissionRow, UnattributedTask):
            same = model.objects.filter(task_id__in=ids, submission__workflow_id=self.workflow_id)
            same = same.filter(is_guessed) if only_guessed else same
            same = same.exclude(submission=self.pk)
            for task_id, created_by in same.values_list("task_id", "submission__created_by"):
                if task_id and is_same_task(created.get(task_id), created_by):
                    found.add(task_id)
        return found

    def _record_this_try(self, outcome: Outcome) -> bool:
        values = {
            "reason": outcome.reason, "sending_until": None, "success_count": outcome.success_count,
            "error_count": outcome.error_count, "finished_at": outcome.finished_at, "is_decided_by_person": False,
            "is_echoed": self.is_echoed, "answer_lost_at": None, "created_by": latest_creation(),
        }  # fmt: skip
        this_try: dict[str, Any] = {"attempt": self.attempt}
        # An outcome that is not final counts only if nobody began or ended the waiting since this object was read.
        if not outcome.is_final:
            this_try["answer_lost_at"] = self.answer_lost_at
        if self._step(SubmissionStep.ANSWER, outcome.status, this_try, **values):
            if self.attempt > 1:  # an answer to an earlier try with the same key named them already
                self.unattributed_tasks.filter(task_id__in=outcome.task_ids).delete()
            write_outcome(self, self.row_count, outcome)
            return True
        decided: dict[str, Any] = this_try | {"is_decided_by_person": True}
        if outcome.status == Status.UNCONFIRMED:
            # A person who decided that nothing was created looked too early; one who found tasks knows more than this.
            decided["status__in"] = (Status.DRAFT, Status.REJECTED)
        if not self._step(SubmissionStep.LATE_ANSWER, outcome.status, decided, **values):
            return False
        self.unattributed_tasks.all().delete()
        write_outcome(self, self.row_count, outcome)
        return True

    def _step(self, step: SubmissionStep, to: str, only: dict[str, Any] | None = None, **values: Any) -> bool:
        """Change the status by one UPDATE: the only place that does. Return True if this call made the change.

        This object has the new values then. If not, it is read again.
        """
        sources, targets = STEPS[step]
        if to not in targets:
            raise ValueError(f"{step.value} does not lead to {to}.")
        values = {"reason": ""} | values | {"status": to}
        is_made = Submission.objects.filter(pk=self.pk, status__in=sources).filter(**(only or {})).update(**values)
        if is_made and step in (SubmissionStep.CLAIM, SubmissionStep.ANSWER):
            for name, value in values.items():
                setattr(self, name, value)
        else:
            self.refresh_from_db()
        self.__dict__.pop("unattributed_task_ids", None)
        return bool(is_made)

    def _withdraw_guesses(self, task_ids: tuple[int, ...]) -> None:
        """Make those unconfirmed to which a person attributed one of the tasks, which the API says are this one's."""
        decided = Submission.objects.filter(workflow_id=self.workflow_id, is_decided_by_person=True)
        if not task_ids or not decided.exists():
            return
        for guessed in Submission.objects.filter(pk__in=self._guessed_for(task_ids)):
            why = "A task confirmed here belongs to something else that was sent. Check again which tasks are yours."
            values = {"reason": why, "success_count": 0, "error_count": 0, "finished_at": None}
            if guessed._step(SubmissionStep.WITHDRAW, Status.UNCONFIRMED, {"is_decided_by_person": True}, **values):
                guessed.unattributed_tasks.all().delete()
                guessed.rows.exclude(status=RowStatus.REJECTED).update(status=RowStatus.UNCONFIRMED, task_id=None)
                outcome_written.send(Submission, submission=guessed)

    def _guessed_for(self, task_ids: tuple[int, ...]) -> set[Any]:
        """Return the submissions that a person decided one of these tasks to be of.

        Tasks are filtered by their range: IDs of one submission are close together, and may be thousands.
        """
        decided = {
            "task_id__range": (min(task_ids), max(task_ids)), "submission__workflow_id": self.workflow_id,
            "submission__is_decided_by_person": True,
        }  # fmt: skip
        rows, unattributed = (
            model.objects.filter(**decided).order_by().values_list("submission", "task_id")
            for model in (SubmissionRow, UnattributedTask)
        )
        mine = set(task_ids)
        return {guessed for guessed, task_id in rows.union(unattributed) if task_id in mine} - {self.pk}

    def _log(self, verb: Verb, by: User, **detail: Any) -> None:
        key = f"{self.key_name} …{self.key_last4}"
        record_event(verb, by=by, target=self, label=self.label, key=key, attempt=self.attempt, **detail)


class SubmissionTeam(models.Model):
    """A team through which a submission was sent, with the key it was sent with."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="+", db_index=False)
    key = models.ForeignKey(SavedKey, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "team"], name="a_team_is_listed_once_a_submission")
        ]
        indexes: ClassVar = [models.Index(fields=["team", "key"], name="submissions_teams_by_key")]


def place_of(workflow: "OpenedWorkflow") -> dict[str, Any]:
    """Return the columns of a submission that say where it is sent to."""
    return {
        "key": workflow.key,
        "key_name": workflow.key.name,
        "key_last4": workflow.key.last4,
        "workflow_id": workflow.workflow_id,
        "workflow_name": workflow.name,
    }


def count_rows(**rows: int) -> None:
    """Count rows by their outcome in the metrics, if this transaction is committed."""
    for outcome, count in rows.items():
        if count:
            transaction.on_commit(partial(ROWS_SENT.labels(outcome).inc, count))
