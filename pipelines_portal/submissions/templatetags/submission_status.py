"""The status of a submission or a row as icon, word and color."""

from functools import cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.statuses import RowStatus, Status

register = template.Library()

_SHAPES = {
    "draft": "pending",
    "waiting": "pending",
    "sending": "in_progress",
    "created": "finished",
    "partly_created": "escalated",
    "rejected": "failed",
    "unconfirmed": "unconfirmed",
}
# Nobody needs to act: the word is gray, as it is for imports.
_CALM = ("draft", "waiting", "sending", "created")


@register.simple_tag
def submission_status(submission: Submission) -> SafeString:
    status = submission.shown_status
    return _status(status.value, str(status.label))


@register.simple_tag
def status_of_batches(status: str) -> SafeString:
    return _status(status, str(Status(status).label))


@register.simple_tag
def row_status(row: SubmissionRow, submission: Submission | None = None) -> SafeString:
    """Render the status of a row. With its submission, a row on its way is not "Not sent"."""
    if submission and submission.status == Status.SENDING and row.status == RowStatus.WAITING:
        return _status(Status.SENDING.value, str(Status.SENDING.label))
    return _status(row.status, row.get_status_display())


@cache
def _status(status: str, word: str) -> SafeString:
    """Render a status. There are few, and a page shows dozens."""
    context = {"status": status, "shape": _SHAPES[status], "word": word, "is_calm": status in _CALM}
    return render_to_string("_partials/status.html", context)
