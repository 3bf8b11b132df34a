"""Rejected rows to take away."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.web.csv_download import csv_response
from pipelines_portal.web.encryption import Undecryptable

from .entries import why_without_values
from .models import Submission, SubmissionRow
from .reasons import in_words
from .rows import CHUNK, fields_of_rows


def exported(submission: Submission, rows: Iterable[Iterable[Any]], by: User) -> StreamingHttpResponse:
    """`rows` of this submission as a file; who took them is written down."""
    record(Verb.SUBMISSION_EXPORTED, by=by, target=submission, label=submission.label)
    return csv_response(f"errors-{str(submission.pk)[:8]}.csv", rows)


def rejected_rows(submission: Submission) -> Iterator[list[Any]]:
    """The head, then what was wrong with each, and its values as they were sent."""
    names = _field_names(submission)
    yield ["row", "field", "message", *names]
    for row, values, problem in _with_values(submission):
        message = " ".join(filter(None, (in_words(row.error_message) or submission.reason, problem)))
        yield [row.index + 1, row.error_field, message, *(values.get(name) for name in names)]


def _field_names(submission: Submission) -> list[str]:
    names: dict[str, None] = {}
    try:
        for _, fields in fields_of_rows(submission, _rejected(submission)):
            names |= dict.fromkeys(fields)
    except Undecryptable:
        pass
    return list(names)


def _rejected(submission: Submission) -> Iterator[SubmissionRow]:
    return submission.rows.filter(state=SubmissionRow.State.REJECTED).iterator(CHUNK)


def _with_values(submission: Submission) -> Iterator[tuple[SubmissionRow, FieldValues, str]]:
    """Each with what keeps its values from being opened."""
    last = -1
    try:
        for row, fields in fields_of_rows(submission, _rejected(submission)):
            yield row, fields, ""
            last = row.index
    except Undecryptable as error:
        problem = why_without_values(error)
        others = submission.rows.filter(state=SubmissionRow.State.REJECTED, index__gt=last)
        yield from ((row, {}, problem) for row in others)
