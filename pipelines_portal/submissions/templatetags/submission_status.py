"""The status of a submission or a row as icon, word and color."""

from functools import cache

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.statuses import LOOKS, RowStatus, Status

register = template.Library()


@register.simple_tag
def submission_status(submission: Submission) -> SafeString:
    return _status(submission.shown_status)


@register.simple_tag
def status_of_batches(status: str) -> SafeString:
    return _status(status)


@register.simple_tag
def row_status(row: SubmissionRow, submission: Submission | None = None) -> SafeString:
    """Render the status of a row. With its submission, a row on its way is not "Not sent"."""
    is_on_its_way = submission and submission.status == Status.SENDING and row.status == RowStatus.WAITING
    return _status(Status.SENDING if is_on_its_way else row.status)


@cache
def _status(status: str) -> SafeString:
    """Render a status. There are few, and a page shows dozens."""
    return render_to_string("_partials/status.html", LOOKS[status]._asdict())
