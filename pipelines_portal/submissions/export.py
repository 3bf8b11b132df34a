"""Rejected rows to take away."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.http import StreamingHttpResponse

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.messages import row_message
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.csv_download import csv_response
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.rows import CHUNK


def exported(submission: Submission, rows: Iterable[Iterable[Any]], by: User) -> StreamingHttpResponse:
    """`rows` of this submission as a file; who took them is written down."""
    record(Verb.SUBMISSION_EXPORTED, by=by, target=submission, label=submission.label)
    return csv_response(f"errors-{str(submission.pk)[:8]}.csv", rows)


def rejected_rows(submission: Submission) -> Iterator[list[Any]]:
    """The head, then what was wrong with each, and its values as they were sent."""
    rejected = submission.rows.filter(status=SubmissionRow.Status.REJECTED)
    names = list(dict.fromkeys(name for row in rejected.iterator(CHUNK) for name in row.fields or ()))
    yield ["row", "field", "message", *names]
    for row in rejected.iterator(CHUNK):
        values = row.fields or {}
        message = row_message(row.error_message) or submission.reason
        yield [row.index + 1, row.error_field, message, *(values.get(name) for name in names)]
