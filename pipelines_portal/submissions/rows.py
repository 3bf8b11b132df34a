"""Reading and writing a submission's rows, in chunks: there may be 100,000 of them."""

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from pipelines_portal.fields.base import FieldValues
from pipelines_portal.web.encryption import decrypt, encrypt

from .digests import digest_of
from .models import Submission, SubmissionRow

CHUNK = 1000


def encrypt_fields(fields: FieldValues) -> bytes:
    """Field values as they are kept."""
    return encrypt(json.dumps(fields, separators=(",", ":"), allow_nan=False).encode())


def fields_of(row: SubmissionRow) -> FieldValues:
    """Field values as they were given. Raises Undecryptable."""
    values: FieldValues = json.loads(decrypt(row.payload))
    return values


def add_rows(submission: Submission, rows: Iterable[FieldValues]) -> int:
    """Append `rows` behind those the submission has, and count them. Call in a transaction."""
    index = submission.row_count
    for chunk in _chunks(rows):
        SubmissionRow.objects.bulk_create(
            SubmissionRow(
                submission=submission, index=index + offset, payload=encrypt_fields(fields), digest=digest_of(fields)
            )
            for offset, fields in enumerate(chunk)
        )
        index += len(chunk)
    submission.row_count = index
    Submission.objects.filter(pk=submission.pk).update(row_count=index)
    return index


def replace_rows(submission: Submission, rows: Iterable[FieldValues]) -> None:
    """Put `rows` in the place of those the submission has. Call in a transaction."""
    submission.rows.all().delete()
    submission.row_count = 0
    add_rows(submission, rows)


def read_fields(submission: Submission, **where: Any) -> Iterator[FieldValues]:
    """The rows' field values in order, read as they are wanted."""
    for row in submission.rows.filter(**where).only("submission_id", "payload").iterator(CHUNK):
        yield fields_of(row)


def rows_page(submission: Submission, *, after: int, limit: int, state: str = "") -> tuple[list[SubmissionRow], bool]:
    """At most `limit` rows behind index `after` (-1 for the first), and whether more follow."""
    rows = submission.rows.filter(index__gt=after)
    if state:
        rows = rows.filter(state=state)
    found = list(rows[: limit + 1])
    return found[:limit], len(found) > limit


def _chunks(rows: Iterable[FieldValues]) -> Iterator[list[FieldValues]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
