"""The requests of an import. Each is a submission: the rows point to it, and it says what became of them."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import uuid5

from django.db import transaction
from django.db.models import Count, Exists, Max, Q, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.core.sql import db_id, update_many
from pipelines_portal.entry import texts
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.models.row import Row, reasons_of
from pipelines_portal.entry.models.row_error import ErrorGrouping, remove_errors, replace_errors
from pipelines_portal.entry.statuses import SheetStep
from pipelines_portal.entry.used_values import JudgedRow, OnceCheck
from pipelines_portal.spreadsheets.cells import Cell
from pipelines_portal.submissions.acceptances import record_acceptances
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.models import (
    JSON_TEXT,
    NewRow,
    Submission,
    SubmissionRow,
    place_of,
)
from pipelines_portal.submissions.models.rows import insert_rows
from pipelines_portal.submissions.outcomes import unconfirmed
from pipelines_portal.submissions.sent_rows import lock_comparison, mistakes_of_rows, sent_rows
from pipelines_portal.submissions.texts import RESTORED
from pipelines_portal.task_index.models import TaskNote
from pipelines_portal.web.error_sentences import Labels, row_message
from pipelines_portal.workflows.fields.verdicts import REJECTED, Problem, Verdict
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.permissions import opened_workflow
from pipelines_portal.workflows.rules.once import once_rules

# The largest request. Its rows are indexed for the search in the transaction that claims it, which takes about 3 s.
LARGEST_BODY = 4 * 1024 * 1024
# What a row takes in a request besides its values.
BYTES_AROUND_ROW = 16
ROWS_PER_QUERY = 5_000
UNSETTLED = (Submission.Status.SENDING, Submission.Status.UNCONFIRMED)


class SheetChanged(Exception):
    """The import was paused or stopped, or its rows changed, since it was read."""


class ReadDifferently(Exception):
    """The values of a row are not those that its page shows: an upgrade reads its cells in another way."""


class ReadyRow(NamedTuple):
    """A row that can be sent. `text` holds its values as JSON."""

    number: int
    digest: str
    is_duplicate_wanted: bool
    text: str
    cells: list[Cell]
    edits: dict[str, str]
    accepted: dict[str, Any]
    corrects_task: int | None = None


def next_submission(sheet: Sheet, numbers: list[int] | None = None) -> Submission | None:
    """Create a draft of the next rows that are ready, and point the rows to it. Return None if no row is ready.

    A row becomes an error if its value is used once and another row has used it since the check. The others go on.
    With `numbers`, take only those rows: the caller has locked the comparison. Without them, it holds the lease. Raise
    SheetChanged if a person paused it, stopped it or changed rows since it was read, or if the lease is lost; and
    ReadDifferently.
    """
    count = 1 if sheet.one_row_first else sheet.rows_per_request
    # Everything that changes rows or the status changes `changed_at` too.
    is_unchanged = Q(status="sending", changed_at=sheet.changed_at)
    if numbers is None:
        is_unchanged &= sheet.lease_is_held
    with transaction.atomic():
        if numbers is None:
            lock_comparison(sheet.key_id, sheet.workflow_id)
        locked = sheet.lock(is_unchanged)
        if locked is None:
            raise SheetChanged
        counts = Counter(locked.row_counts)
        if numbers is None and not counts["ready"]:
            return None
        sheet.forget_rules()
        rows, draft = _ready_rows(sheet, count, numbers), None
        while rows and draft is None:
            rows = _fit_into_request(rows)
            draft = _try_request(sheet, rows, counts)
            if draft is None:
                rows = _ready_rows(sheet, count, numbers)
        if draft is None:
            sheet.store_counts(dict(+counts))
            return None
        # `rows` are the first of these, so this selects exactly them.
        ready = _ready(sheet, numbers).filter(number__lte=rows[-1].number)
        ready.update(status=Row.Status.REQUESTED, submission=draft, fields=None)
        counts.update(ready=-len(rows), requested=len(rows))
        sheet.store_counts(dict(+counts))
    return draft


def request_again(sheet: Sheet) -> int:
    """Take back what was requested before the API was away, and request the rows that can still be sent.

    Their values may have been sent otherwise since then. Return how many typed rows are left for that. Call with the
    lease. Raise what `next_submission` raises.
    """
    with transaction.atomic():
        lock_comparison(sheet.key_id, sheet.workflow_id)
        drafts = sheet.submissions.filter(status=Submission.Status.DRAFT).order_by("pk")
        list(drafts.select_for_update().values_list("pk", flat=True))  # outcomes lock a submission first, too
        locked = sheet.lock(sheet.lease_is_held)
        if locked is None:
            raise SheetChanged
        sheet.copy_from(locked)
        requested = sheet.rows.filter(status=Row.Status.REQUESTED, submission__in=drafts)
        numbers = list(requested.values_list("number", flat=True))
        left = len(numbers)
        give_back_unsent(sheet)
        if not sheet.is_typed:  # a file's next rows are requested when they are sent
            return 0
        while request := next_submission(sheet, numbers):
            left -= request.row_count
    return left


def record_sent_rows(
    sheet: Sheet, numbers: list[int], task_ids: list[int], created: Mapping[int, datetime], by: User
) -> bool:
    """Record that these ready rows were sent before a restore and became these tasks, in their order.

    `created` says when the tasks were created.

    Return False if a row is no longer ready, or if another submission has one of the tasks.
    """
    with transaction.atomic():
        if sheet.lock(~Q(restored_from=None)) is None:
            return False
        rows = _ready_rows(sheet, len(numbers), numbers)
        if not len(rows) == len(numbers) == len(task_ids):
            return False
        for start in range(0, len(rows), ROWS_PER_QUERY):
            batch = rows[start : start + ROWS_PER_QUERY]
            sent = _create_draft(sheet, batch)
            sheet.rows.filter(number__in=[row.number for row in batch]).update(
                status=Row.Status.REQUESTED, submission=sent, fields=None
            )
            # A task is its own only if it was created since then.
            Submission.objects.filter(pk=sent.pk).update(created_at=sheet.restored_from)
            sent.claim(sheet.newest_task_id_before, until=None)
            sent.record(unconfirmed(RESTORED))
            if not sent.decide_created(task_ids[start : start + ROWS_PER_QUERY], by, created=created):
                transaction.set_rollback(True)
                return False
            Submission.objects.filter(pk=sent.pk).update(sent_at=sheet.restored_from)
        sheet.store_counts()
    return True


def _ready(sheet: Sheet, numbers: list[int] | None) -> QuerySet[Row]:
    ready = sheet.rows.filter(status=Row.Status.READY)
    return ready if numbers is None else ready.filter(number__in=numbers)


def _ready_rows(sheet: Sheet, count: int, numbers: list[int] | None) -> list[ReadyRow]:
    ready = _ready(sheet, numbers).order_by("number")
    columns = (
        "number", "digest", "is_duplicate_wanted", JSON_TEXT, "cells", "edits", "accepted", "corrects_task",
    )  # fmt: skip
    return [ReadyRow(*row) for row in ready.values_list(*columns)[:count]]


def _judge_again(sheet: Sheet, rows: list[ReadyRow]) -> list[Verdict]:
    """Judge the rows once more, as their tasks can never be changed. Raise ReadDifferently."""
    reader, verdicts = sheet.row_reader(), list[Verdict]()
    for row in rows:
        verdict = reader.read(row.cells, row.edits, reasons_of(row.accepted))
        if verdict.problems or digest_of(verdict.values) != row.digest:
            raise ReadDifferently
        verdicts.append(verdict)
    return verdicts


def _hold_back_used(sheet: Sheet, rows: list[ReadyRow], verdicts: list[Verdict]) -> int:
    """Give an error to rows whose values were used since they were checked. Return how many.

    A warning of it stops nothing here: nobody can have seen it.
    """
    once = OnceCheck(sheet)
    if not once.is_needed:
        return 0
    once.judge([
        JudgedRow(row.number, verdict, row.corrects_task, row.is_duplicate_wanted)
        for row, verdict in zip(rows, verdicts, strict=True)
    ])  # fmt: skip
    lost = {
        row.number: verdict.problems
        for row, verdict in zip(rows, verdicts, strict=True)
        if not all(problem.is_warning for problem in verdict.problems)
    }
    if lost:
        to_fix = sheet.rows.filter(number__in=list(lost), status=Row.Status.READY)
        to_fix.update(status=Row.Status.TO_FIX, fields=None, digest="")
        tasks = {n: problem.task for n, problems in lost.items() for problem in problems if problem.is_used_by_task}
        pk = db_id(sheet)
        values = ((task, pk, number) for number, task in tasks.items())
        update_many(Row, ("duplicate_of_task",), ("sheet_id", "number"), values)
        replace_errors(sheet, list(lost), lost)
    return len(lost)


def _create_request(sheet: Sheet, rows: list[ReadyRow], verdicts: list[Verdict]) -> Submission:
    """Create a draft of the rows, and record what people accepted."""
    draft = _create_draft(sheet, rows)
    accepted = {
        index: [(problem, row.accepted[problem.mark]) for problem in verdict.accepted]
        for index, (row, verdict) in enumerate(zip(rows, verdicts, strict=True))
        if verdict.accepted
    }
    record_acceptances(draft, accepted)
    return draft


def check_again(sheet: Sheet) -> None:
    """Have all rows checked again, and sent only when a person has seen them."""
    with transaction.atomic():
        lock_comparison(sheet.key_id, sheet.workflow_id)  # another window requests nothing in between
        give_back_unsent(sheet)
        sheet.take_step(SheetStep.RECHECK, Sheet.Status.CHECKING, problem=texts.READ_DIFFERENTLY)


def _try_request(sheet: Sheet, rows: list[ReadyRow], counts: "Counter[str]") -> Submission | None:
    """Create a draft of the rows. Return None if some were held back: the others are tried again."""
    if held_back := _hold_back_duplicates(sheet, rows):
        counts.update(ready=-held_back, duplicate=held_back)
        return None
    verdicts = _judge_again(sheet, rows)
    if held_back := _hold_back_used(sheet, rows, verdicts):
        counts.update(ready=-held_back, to_fix=held_back)
        return None
    return _create_request(sheet, rows, verdicts)


def _hold_back_duplicates(sheet: Sheet, rows: list[ReadyRow]) -> int:
    """Mark rows that were sent by another import or a form since they were checked. Return how many."""
    candidates = [row for row in rows if not row.is_duplicate_wanted]
    sent = sent_before(sheet, (row.digest for row in candidates))
    status, pk = Row.Status.DUPLICATE.value, db_id(sheet)
    values = [(status, sent[row.digest].task_id, pk, row.number) for row in candidates if row.digest in sent]
    update_many(Row, ("status", "duplicate_of_task"), ("sheet_id", "number"), values)
    return len(values)


def sent_before(sheet: Sheet, digests: Iterable[str]) -> dict[str, SubmissionRow]:
    """Return, for each digest, the newest row with it that others sent with its key, or are about to send."""
    of_import = Q(submission__group=sheet.pk)
    rows = sent_rows(sheet.key_id, sheet.workflow_id, digests, apart_from=of_import)
    return {row.digest: row for row in rows}


def mistaken_rows(sheet: Sheet) -> set[int]:
    """Return the numbers of the rows whose tasks are marked as mistakes or replaced."""
    sent = SubmissionRow.objects.filter(submission__group=sheet.pk, task_id__isnull=False, number__isnull=False)
    rows = sent.filter(Exists(mistakes_of_rows(sheet.key_id, sheet.workflow_id)))
    return {number for number in rows.values_list("number", flat=True) if number}


def values_of_tasks(sheet: Sheet, task_ids: set[int]) -> set[tuple[int, str]]:
    """Return the tasks with the digests of the values with which they were sent."""
    if not task_ids:
        return set()
    place = {"submission__workflow_id": sheet.workflow_id, "submission__key": sheet.key_id}
    sent = SubmissionRow.objects.filter(task_id__in=task_ids, **place).values_list("task_id", "digest")
    return {(task_id, digest) for task_id, digest in sent if task_id}


def _fit_into_request(rows: list[ReadyRow]) -> list[ReadyRow]:
    """Return as many rows as fit into one request, and at least one."""
    size = 0
    for place, row in enumerate(rows):
        size += len(row.text) + BYTES_AROUND_ROW
        if place and size > LARGEST_BODY:
            return rows[:place]
    return rows


def _create_draft(sheet: Sheet, rows: list[ReadyRow]) -> Submission:
    called_off = Count("pk", filter=Q(is_called_off=True))
    earlier = sheet.submissions.aggregate(last=Max("group_number"), called_off=called_off)
    number = (earlier["last"] or 0) + 1
    workflow = sheet.workflow or opened_workflow(sheet.key, sheet.workflow_id)
    draft = Submission.objects.create(
        owner=sheet.owner, token=uuid5(sheet.pk, f"request {number}"), kind=Submission.Kind.IMPORT,
        group=sheet.pk, group_number=number, group_name=sheet.file_name,
        row_count=len(rows), **place_of(workflow),
    )  # fmt: skip
    insert_rows(draft, (NewRow(row.text, row.digest, row.number) for row in rows), 0)
    draft.record_values(once_rules(sheet.rules))
    if earlier["called_off"] and (key := _key_of_same_rows(sheet, rows)):
        Submission.objects.filter(pk=draft.pk).update(idempotency_key=key)
        draft.idempotency_key = key
    return draft


def _key_of_same_rows(sheet: Sheet, rows: list[ReadyRow]) -> str:
    """Return the Idempotency-Key of a request that was called off and had the very same rows, or "".

    A request that was not called off uses up its key: its answer is not that of other rows.
    """
    used = sheet.submissions.filter(is_called_off=False).values("idempotency_key")
    called_off = sheet.submissions.filter(is_called_off=True, row_count=len(rows)).exclude(idempotency_key="")
    now = [(row.number, row.text) for row in rows]
    for each in called_off.exclude(idempotency_key__in=used).order_by("-group_number"):
        if list(each.rows.values_list("number", JSON_TEXT)) == now:
            return each.idempotency_key
    return ""


def unsettled_submissions(sheet: Sheet) -> list[Submission]:
    """Return the requests that may be sent, are being sent or are unconfirmed."""
    found = sheet.submissions.filter(status__in=(Submission.Status.DRAFT, *UNSETTLED))
    return [each for each in found if each.status != Submission.Status.DRAFT or not each.is_called_off]


def open_submission(sheet: Sheet) -> Submission | None:
    """Return the request that is a draft or is being sent, if there is one."""
    is_open = (Submission.Status.DRAFT, Submission.Status.SENDING)
    waiting = sheet.submissions.filter(is_called_off=False, status__in=is_open)
    return waiting.select_related("key", "owner").first()


def give_back_unsent(sheet: Sheet, *, only_of_others: bool = False) -> bool:
    """Return the rows of all drafts, or only of those made for a former owner. Return False if one was sent."""
    drafts = sheet.submissions.filter(is_called_off=False, status=Submission.Status.DRAFT)
    results = [
        give_back(sheet, draft) for draft in (drafts.exclude(owner=sheet.owner_id) if only_of_others else drafts)
    ]
    return all(results)


def give_back(sheet: Sheet, submission: Submission) -> bool:
    """Return the rows of a draft to the import. Return False if the draft is being sent or was sent."""
    with transaction.atomic():
        draft = Submission.objects.select_for_update().filter(pk=submission.pk).first()
        if draft is None or draft.status != Submission.Status.DRAFT:
            return False
        sheet.lock()
        _give_back_rows(sheet, draft.rows.all())
        sheet.store_counts()
        if draft.is_decided_by_person or draft.is_earlier_try_uncertain:
            # An answer to an earlier attempt may still come. The draft is never sent again.
            draft.call_off()
        else:
            draft.delete_rows()
            draft.delete()
    return True


def _give_back_rows(sheet: Sheet, rows: QuerySet[SubmissionRow]) -> None:
    """Make rows of a request ready to be sent again, if they have not been given back before."""
    ready, pk = Row.Status.READY.value, db_id(sheet)
    of_request = rows.values_list(JSON_TEXT, "number", "submission_id")
    values = ((ready, text, None, pk, number, db_id(Submission(pk=request))) for text, number, request in of_request)
    where = ("sheet_id", "number", "submission_id")
    update_many(Row, ("status", "fields", "submission_id"), where, values)


def settle_overdue(sheet: Sheet) -> None:
    """Mark requests of processes that died as unconfirmed. This is cheap if there are none."""
    if Submission.objects.filter(group=sheet.pk).overdue().exists():
        Submission.objects.filter(group=sheet.pk).settle_overdue()
        sheet.copy_from(Sheet.objects.get(pk=sheet.pk))


def settle_request(sheet: Sheet, submission: Submission) -> None:
    """Write to its rows what is stored of one of its requests. Call in a transaction that locked it."""
    rows = sheet.rows.filter(submission=submission)
    if sheet.counts_as_read.rejected:
        rejected = rows.filter(status=Row.Status.REJECTED)
        remove_errors(sheet, list(rejected.values_list("number", flat=True)))
    if submission.is_called_off:
        _take_created(sheet, submission)
    elif submission.status == Submission.Status.DRAFT:
        is_whole = rows.update(status=Row.Status.REQUESTED) == submission.row_count
        if submission.is_decided_by_person or not is_whole:
            # Some of its rows may be in other requests by now, so it is not sent again as it is.
            give_back(sheet, submission)
    elif submission.status == Submission.Status.UNCONFIRMED:
        rows.update(status=Row.Status.UNCONFIRMED)
    else:
        _store_outcomes(sheet, submission)
    sheet.store_counts()
    _take_step_after(sheet, submission)


def _take_step_after(sheet: Sheet, submission: Submission) -> None:
    """Take the step of the import that follows from the outcome of a request."""
    is_sending = sheet.status == sheet.Status.SENDING
    is_stopped = sheet.status == sheet.Status.CHECKED or (sheet.is_typed and not is_sending)
    # What a person decided not to have been created waits until it is requested again.
    is_stopped |= sheet.is_typed and submission.is_decided_by_person
    if is_stopped and submission.status == Submission.Status.DRAFT and not submission.is_called_off:
        give_back(sheet, submission)
    if sheet.status == sheet.Status.UNCONFIRMED and not sheet.has_unconfirmed:
        sheet.settle_unconfirmed()
    sheet.end_pause()


def _store_outcomes(sheet: Sheet, submission: Submission) -> None:
    rows = sheet.rows.filter(submission=submission)
    if rows.update(status=Row.Status.CREATED) < submission.row_count:
        _take_created(sheet, submission)
    if submission.is_decided_by_person:
        # A person decided that these were not created. The API rejected none of them.
        _give_back_rows(sheet, submission.rows.filter(status=SubmissionRow.Status.REJECTED))
        return
    if submission.success_count < submission.row_count:
        _store_others(sheet, submission)
    _mark_replaced(sheet, submission)


def _store_others(sheet: Sheet, submission: Submission) -> None:
    """Write to its rows what became of those that are no tasks."""
    others, labels = submission.rows.exclude(status=SubmissionRow.Status.CREATED), _labels(sheet)
    statuses: dict[int, str] = {}
    problems: dict[int, list[Problem]] = {}
    for row in others.defer("fields").iterator():
        if row.number is None:
            continue
        is_rejected = row.status == SubmissionRow.Status.REJECTED
        statuses[row.number] = (Row.Status.REJECTED if is_rejected else Row.Status.UNCONFIRMED).value
        if is_rejected:
            problems[row.number] = [_rejection(row, submission.reason, labels)]
    pk, sent_in = db_id(sheet), db_id(submission)
    values = ((status, pk, number, sent_in) for number, status in statuses.items())
    update_many(Row, ("status",), ("sheet_id", "number", "submission_id"), values)
    if problems:
        ErrorGrouping(sheet).add(problems)


def _mark_replaced(sheet: Sheet, submission: Submission) -> None:
    """Mark the tasks of which rows were corrected copies as replaced by the new tasks."""
    copies = sheet.rows.filter(submission=submission, status=Row.Status.CREATED, corrects_task__isnull=False)
    corrected = {number: old for number, old in copies.values_list("number", "corrects_task") if old}
    if not corrected:
        return
    workflow = OpenedWorkflow.objects.filter(key=sheet.key_id, workflow_id=sheet.workflow_id).first()
    if workflow is None:  # it was taken off the list while the rows were on their way
        return
    created = submission.rows.filter(number__in=corrected, task_id__isnull=False).values_list("number", "task_id")
    replaced = {corrected[number]: task_id for number, task_id in created if number and task_id}
    TaskNote.objects.mark_replaced(workflow, replaced, sheet.owner)


def _take_created(sheet: Sheet, submission: Submission) -> None:
    """Mark rows that were given back as created if a late answer says so. They are not sent again."""
    give_back_unsent(sheet)  # one of them may be about to be sent again
    created = submission.rows.filter(status=SubmissionRow.Status.CREATED, number__isnull=False)
    pk, sent_in = db_id(sheet), db_id(submission)
    waiting = dict(sheet.rows.filter(submission=None).exclude(digest="").values_list("number", "digest"))
    values = [
        (Row.Status.CREATED.value, None, sent_in, pk, number)
        for number, digest in created.values_list("number", "digest")
        if number is not None and waiting.get(number) == digest
    ]
    update_many(Row, ("status", "fields", "submission_id"), ("sheet_id", "number"), values)


def rejections(sheet: Sheet, submission: Submission, numbers: Container[int]) -> dict[int, list[Problem]]:
    """Return the errors that are stored for rows of a submission, by row number."""
    labels = _labels(sheet)
    rows = submission.rows.filter(status=SubmissionRow.Status.REJECTED).defer("fields")
    return {
        row.number: [_rejection(row, submission.reason, labels)]
        for row in rows.iterator()
        if row.number is not None and row.number in numbers
    }


def _rejection(row: SubmissionRow, reason: str, labels: Labels) -> Problem:
    return Problem(row.error_field, REJECTED, "Rejected", row_message(row.error_message or reason, labels))


def _labels(sheet: Sheet) -> Labels:
    return {known.name: known.label for known in sheet.parsed_schema.fields}
