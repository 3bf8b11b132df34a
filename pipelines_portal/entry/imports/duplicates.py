"""Rows that equal another row of the file, or a task that was made from here before."""

from collections.abc import Iterable
from typing import NamedTuple

from pipelines_portal.core.many_rows import db_id, update_many
from pipelines_portal.entry.models import ImportJob, ImportRow
from pipelines_portal.submissions.models import SubmissionRow

LOOKED_UP_AT_ONCE = 1_000


class ReadyRow(NamedTuple):
    """What is needed of a row to send it. `text` holds its values as JSON."""

    number: int
    digest: str
    is_duplicate_wanted: bool
    text: str


MAY_EXIST = (SubmissionRow.Status.CREATED, SubmissionRow.Status.UNCONFIRMED)


def sent_before(import_job: ImportJob, digests: Iterable[str]) -> dict[str, SubmissionRow]:
    """Return the newest row in the ledger that has each digest, of those sent to the same workflow with the same key.

    What this very import sent is not counted.
    """
    place = {"submission__workflow_id": import_job.workflow_id, "submission__key": import_job.key_id}
    sent = SubmissionRow.objects.filter(status__in=MAY_EXIST, **place).exclude(submission__group=import_job.pk)
    wanted, found = list(dict.fromkeys(digests)), dict[str, SubmissionRow]()
    for start in range(0, len(wanted), LOOKED_UP_AT_ONCE):
        rows = sent.filter(digest__in=wanted[start : start + LOOKED_UP_AT_ONCE]).order_by("pk")
        found |= {row.digest: row for row in rows.defer("fields")}
    return found


def hold_back_duplicates(import_job: ImportJob, rows: list[ReadyRow]) -> bool:
    """Mark rows that were sent by another import, or by a form, since they were checked: they wait for a person.

    Return whether there are any. Call in a transaction that holds the import.
    """
    asked = [row for row in rows if not row.is_duplicate_wanted]
    sent = sent_before(import_job, (row.digest for row in asked))
    equal = [
        (ImportRow.Status.DUPLICATE.value, sent[row.digest].task_id, db_id(import_job), row.number)
        for row in asked
        if row.digest in sent
    ]
    update_many(ImportRow, ("status", "duplicate_of_task"), ("import_job_id", "number"), equal)
    return bool(equal)
