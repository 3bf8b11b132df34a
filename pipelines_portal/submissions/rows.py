"""Reading and writing a submission's rows: there may be 100,000 of them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from pipelines_portal.core.json_text import json_text
from pipelines_portal.core.many_rows import db_id, insert_many
from pipelines_portal.submissions.digests import digest_of
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.search_index import remove_rows
from pipelines_portal.workflows.fields.base import FieldValues

CHUNK = 1000
JSON_TEXT = Cast("fields", TextField())
VALUES_REMOVED = "What was sent is no longer stored: its retention time is over. Counts and task IDs stay."
COLUMNS = ("submission_id", "index", "number", "fields", "digest", "status", "error_field", "error_message")


@dataclass(frozen=True, slots=True)
class NewRow:
    """A row to be added: its values as JSON, their digest, and the row's number in the file of an import."""

    text: str
    digest: str
    number: int | None = None

    @classmethod
    def of(cls, fields: FieldValues) -> "NewRow":
        return cls(json_text(fields), digest_of(fields))


def add_rows(submission: Submission, rows: Iterable[NewRow]) -> None:
    """Append `rows` behind those the submission has, and count them. Call in a transaction."""
    submission.row_count += insert_rows(submission, rows, submission.row_count)
    Submission.objects.filter(pk=submission.pk).update(row_count=submission.row_count)


def insert_rows(submission: Submission, rows: Iterable[NewRow], first: int) -> int:
    """Insert `rows` from index `first` on, and return how many."""
    place, status = db_id(submission), SubmissionRow.Status.WAITING.value
    new = [(place, index, row.number, row.text, row.digest, status, "", "") for index, row in enumerate(rows, first)]
    insert_many(SubmissionRow, COLUMNS, new)
    return len(new)


def replace_rows(submission: Submission, rows: Iterable[NewRow]) -> None:
    """Put `rows` in the place of those the submission has. Call in a transaction."""
    delete_rows(submission)
    submission.row_count = 0
    add_rows(submission, rows)


def delete_rows(submission: Submission) -> None:
    """Delete its rows, and their entries in the search index. Call in a transaction."""
    remove_rows(submission)
    submission.rows.all().delete()


def forget_values(submission: Submission) -> None:
    """Remove the values of its rows, and their entries in the search index. Call in a transaction."""
    remove_rows(submission)
    submission.rows.update(fields=None, digest="", error_message="")


def body_of(texts: Iterable[str]) -> bytes:
    """Return the body of a request that creates tasks of these rows' values."""
    return ('{"tasks":[' + ",\n".join(f'{{"fields":{text}}}' for text in texts) + "]}").encode()


def texts_of(submission: Submission) -> list[str]:
    """Return the rows' values in order, as the JSON that is stored."""
    return list(submission.rows.values_list(JSON_TEXT, flat=True))


def read_fields(submission: Submission) -> Iterator[FieldValues]:
    """Return the rows' values in order; nothing once they were removed."""
    rows = submission.rows.filter(fields__isnull=False).values_list("fields", flat=True)
    yield from (fields or {} for fields in rows.iterator(CHUNK))


def rows_after(submission: Submission, after: int, limit: int, status: str = "") -> QuerySet[SubmissionRow]:
    """Return those behind index `after`, -1 for the first; one more than `limit` if more follow."""
    rows = submission.rows.filter(index__gt=after)
    return (rows.filter(status=status) if status else rows)[: limit + 1]
