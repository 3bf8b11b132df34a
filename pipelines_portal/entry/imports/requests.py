"""The submissions of an import: which rows go out together, and what the ledger says became of them."""

from collections.abc import Container
from uuid import uuid5

from django.db import transaction
from django.db.models import Max
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from pipelines_portal.api_client import Schema
from pipelines_portal.api_client.messages import Labels, row_message
from pipelines_portal.core.many_rows import db_id, update_many
from pipelines_portal.entry.imports.counts import counted, store_counts
from pipelines_portal.entry.imports.duplicates import ReadyRow, hold_back_duplicates
from pipelines_portal.entry.imports.errors import ErrorGroups, forget_errors
from pipelines_portal.entry.imports.row_values import Fault
from pipelines_portal.entry.imports.transitions import Step, step
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.submissions.drafts import begin_draft
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.outcomes import settle_interrupted
from pipelines_portal.submissions.rows import JSON_TEXT, NewRow, add_rows, delete_rows
from pipelines_portal.submissions.signals import outcome_written
from pipelines_portal.submissions.transitions import call_off, overdue
from pipelines_portal.workflows.access import opened_workflow

# Of one request. Its rows are indexed for the search in the transaction that claims it: about 3 s for so much text.
LARGEST_BODY = 4 * 1024 * 1024
# Of a row in a request, besides its values.
AROUND_ROW = 16


class Moved(Exception):
    """A person paused or stopped it, and may have changed rows, since it was read."""


def next_submission(import_job: ImportJob) -> Submission | None:
    """Make a draft of the next rows that are ready, and point them to it, both or neither. None if no row is ready.

    Raises Moved.
    """
    count = 1 if import_job.one_row_first else import_job.rows_per_request
    with transaction.atomic():
        _hold(import_job)
        rows = _ready(import_job, count)
        while hold_back_duplicates(import_job, rows):
            rows = _ready(import_job, count)
        if not rows:
            store_counts(import_job)
            return None
        rows = _fitting(rows)
        draft = _draft_of(import_job, rows)
        # The first that are ready: those, and no others.
        ready = import_job.rows.filter(status=ImportRow.Status.READY, number__lte=rows[-1].number)
        ready.update(status=ImportRow.Status.REQUESTED, submission=draft, fields=None)
        ImportJob.objects.filter(pk=import_job.pk).update(one_row_first=False, row_counts=counted(import_job))
    import_job.one_row_first = False
    return draft


def _ready(import_job: ImportJob, count: int) -> list[ReadyRow]:
    ready = import_job.rows.filter(status=ImportRow.Status.READY).order_by("number")
    return [ReadyRow(*row) for row in ready.values_list("number", "digest", "is_duplicate_wanted", JSON_TEXT)[:count]]


def _draft_of(import_job: ImportJob, rows: list[ReadyRow]) -> Submission:
    number = (import_job.submissions.aggregate(last=Max("group_number"))["last"] or 0) + 1
    workflow = opened_workflow(import_job.key, import_job.workflow_id)
    draft = begin_draft(
        import_job.owner, workflow, uuid5(import_job.pk, f"request {number}"), Submission.Kind.IMPORT,
        group=import_job.pk, group_number=number, group_name=import_job.file_name, continued_by=import_job.continued_by,
    )  # fmt: skip
    add_rows(draft, (NewRow(row.text, row.digest, row.number) for row in rows))
    return draft


def _hold(import_job: ImportJob) -> None:
    """A person who changes rows or the state changes `changed_at` as well."""
    unmoved = ImportJob.objects.select_for_update().filter(
        pk=import_job.pk, status=ImportJob.Status.SENDING, changed_at=import_job.changed_at
    )
    if unmoved.first() is None:
        raise Moved


def _fitting(rows: list[ReadyRow]) -> list[ReadyRow]:
    """As many as fit into one request, one at least."""
    size = 0
    for place, row in enumerate(rows):
        size += len(row.text) + AROUND_ROW
        if place and size > LARGEST_BODY:
            return rows[:place]
    return rows


def open_submission(import_job: ImportJob) -> Submission | None:
    """One whose outcome is not there: it was made and not sent, or is on its way."""
    unsettled = (Submission.Status.DRAFT, Submission.Status.SENDING)
    waiting = import_job.submissions.filter(is_called_off=False, status__in=unsettled)
    return waiting.select_related("key", "owner", "continued_by").first()


def give_back_unsent(import_job: ImportJob, *, of_others: bool = False) -> bool:
    """Give back the rows of what was made and is not on its way. False if some of it left meanwhile.

    `of_others`: only what was made for an earlier owner: rows are sent in the name of the present one.
    """
    unsent = import_job.submissions.filter(is_called_off=False, status=Submission.Status.DRAFT)
    given_back = [give_back(draft) for draft in (unsent.exclude(owner=import_job.owner_id) if of_others else unsent)]
    return all(given_back)


def lock_unsent(import_job: ImportJob) -> None:
    """Call before the import itself is locked: outcomes lock a submission first, then its import."""
    unsent = import_job.submissions.filter(status=Submission.Status.DRAFT).order_by("pk").select_for_update()
    list(unsent.values_list("pk", flat=True))


def give_back(submission: Submission) -> bool:
    """Let its rows go with another request. False when it is on its way, or was: then nobody may send them again."""
    with transaction.atomic():
        draft = Submission.objects.select_for_update().filter(pk=submission.pk).first()
        if draft is None or draft.status != Submission.Status.DRAFT:
            return False
        held = ImportJob.objects.select_for_update().get(pk=str(draft.group))
        ready, place = ImportRow.Status.READY.value, db_id(held)
        texts = draft.rows.values_list(JSON_TEXT, "number")
        values = ((ready, text, None, place, number) for text, number in texts)
        update_many(ImportRow, ("status", "fields", "submission_id"), ("import_job_id", "number"), values)
        store_counts(held)
        if draft.is_decided_by_person or draft.is_earlier_try_uncertain:
            # An answer may come yet. It never leaves again.
            call_off(draft)
        else:
            delete_rows(draft)
            draft.delete()
    return True


def settle_overdue(import_job: ImportJob) -> None:
    """Make sendings of a process that died unconfirmed. Cheap if there is none."""
    if overdue(group=import_job.pk).exists():
        settle_interrupted(group=import_job.pk)
        import_job.refresh_from_db()


def has_unknown(import_job: ImportJob) -> bool:
    return import_job.submissions.filter(status=Submission.Status.UNCONFIRMED).exists()


@receiver(pre_delete, sender=ImportJob)
def release_submissions(sender: object, instance: ImportJob, **more: object) -> None:
    """What was sent stays in the ledger, and is no longer the import's."""
    Submission.objects.filter(group=instance.pk).update(group=None)


@receiver(outcome_written)
def write_outcome(sender: object, submission: Submission, **more: object) -> None:
    """Write down at the rows what the ledger says of their submission, in the transaction that says so.

    Whatever said it: the worker, an answer that came late, or a person on the submission's own page.
    """
    if submission.group is None:
        return
    held = ImportJob.objects.select_for_update().filter(pk=submission.group).first()
    if held is None:
        return
    rows = held.rows.filter(submission=submission)
    forget_errors(held, list(rows.filter(status=ImportRow.Status.REJECTED).values_list("number", flat=True)))
    if submission.is_called_off:
        _take_created(held, submission)
    elif submission.status == Submission.Status.DRAFT:
        rows.update(status=ImportRow.Status.REQUESTED)
    elif submission.status == Submission.Status.UNCONFIRMED:
        rows.update(status=ImportRow.Status.UNCONFIRMED)
    else:
        _write_verdicts(held, submission)
    store_counts(held)
    _go_on(held, submission)


def _go_on(held: ImportJob, submission: Submission) -> None:
    """What the outcome means for the import as a whole."""
    if (
        held.status == ImportJob.Status.CHECKED
        and submission.status == Submission.Status.DRAFT
        and not submission.is_called_off
    ):
        give_back(submission)  # it was stopped: its rows are there to be changed
    elif held.status == ImportJob.Status.UNCONFIRMED and not has_unknown(held):
        step(held, Step.SETTLE, ImportJob.Status.PAUSED)


def _write_verdicts(import_job: ImportJob, submission: Submission) -> None:
    rows = import_job.rows.filter(submission=submission)
    rows.update(status=ImportRow.Status.CREATED)
    others, labels = submission.rows.exclude(status=SubmissionRow.Status.CREATED), _labels(import_job)
    statuses: dict[int, str] = {}
    faults: dict[int, list[Fault]] = {}
    for row in others.defer("fields").iterator():
        if row.number is None:
            continue
        is_rejected = row.status == SubmissionRow.Status.REJECTED
        statuses[row.number] = ImportRow.Status.REJECTED.value if is_rejected else ImportRow.Status.UNCONFIRMED.value
        if is_rejected:
            faults[row.number] = [_fault(row, submission.reason, labels)]
    place, sent_in = db_id(import_job), db_id(submission)
    values = ((status, place, number, sent_in) for number, status in statuses.items())
    update_many(ImportRow, ("status",), ("import_job_id", "number", "submission_id"), values)
    if faults:
        ErrorGroups(import_job).add(faults)


def _take_created(import_job: ImportJob, submission: Submission) -> None:
    """Tasks were created from rows that were given back: an answer came after all. They are not sent again."""
    created = submission.rows.filter(status=SubmissionRow.Status.CREATED, number__isnull=False)
    place, sent_in = db_id(import_job), db_id(submission)
    waiting = dict(import_job.rows.filter(submission=None).exclude(digest="").values_list("number", "digest"))
    values = [
        (ImportRow.Status.CREATED.value, None, sent_in, place, number)
        for number, digest in created.values_list("number", "digest")
        if number is not None and waiting.get(number) == digest
    ]
    update_many(ImportRow, ("status", "fields", "submission_id"), ("import_job_id", "number"), values)


def rejections(import_job: ImportJob, submission: Submission, numbers: Container[int]) -> dict[int, list[Fault]]:
    """What the ledger says against rows of a submission, of these numbers."""
    labels = _labels(import_job)
    rows = submission.rows.filter(status=SubmissionRow.Status.REJECTED).defer("fields")
    return {
        row.number: [_fault(row, submission.reason, labels)]
        for row in rows.iterator()
        if row.number is not None and row.number in numbers
    }


def _fault(row: SubmissionRow, reason: str, labels: Labels) -> Fault:
    return Fault(row.error_field, row_message(row.error_message or reason, labels))


def _labels(import_job: ImportJob) -> Labels:
    return {known.name: known.label for known in Schema.model_validate(import_job.schema).fields}
