"""States of the ledger as shape, word and colour."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.submissions.models import Submission, SubmissionRow

register = template.Library()

_SHAPES = {
    "draft": "pending",
    "waiting": "pending",
    "sending": "in_progress",
    "done": "finished",
    "created": "finished",
    "partly": "escalated",
    "rejected": "failed",
    "unknown": "quarantined",
}
# A row borrows the colour of the submission's state that it resembles.
_COLOURS = {"created": "done", "waiting": "draft"}


@register.simple_tag
def submission_state(submission: Submission, *, pill: bool = False) -> SafeString:
    return _state(submission.state, submission.get_state_display(), pill)


@register.simple_tag
def row_state(row: SubmissionRow) -> SafeString:
    return _state(row.state, row.get_state_display(), False)


def _state(state: str, word: str, pill: bool) -> SafeString:
    context = {"status": _COLOURS.get(state, state), "shape": _SHAPES[state], "word": word, "pill": pill}
    return render_to_string("_partials/status.html", context)
