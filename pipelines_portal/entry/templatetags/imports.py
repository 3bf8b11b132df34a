"""The status of an import as a shape, a word and a colour."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.lists import count_unfinished
from pipelines_portal.entry.models import Counts, ImportJob
from pipelines_portal.submissions.models import Submission

register = template.Library()

# Status (a colour) and shape.
_LOOKS = {
    ImportJob.Status.READING: ("sending", "in_progress"),
    ImportJob.Status.UNREADABLE: ("rejected", "failed"),
    ImportJob.Status.MATCHING: ("draft", "pending"),
    ImportJob.Status.CHECKING: ("sending", "in_progress"),
    ImportJob.Status.CHECKED: ("draft", "pending"),
    ImportJob.Status.SENDING: ("sending", "in_progress"),
    ImportJob.Status.PAUSED: ("partly_created", "paused"),
    ImportJob.Status.UNCONFIRMED: ("unconfirmed", "quarantined"),
    ImportJob.Status.DELETED: ("draft", "pending"),
}


@register.simple_tag
def import_status(import_job: ImportJob, counts: Counts, wait: str) -> SafeString:
    """Render the status. `wait` is the number of seconds that the sending waits, if it does."""
    status, shape, word = _look(import_job, counts, wait)
    return render_to_string("_partials/status.html", {"status": status, "shape": shape, "word": word})


@register.simple_tag
def import_status_word(import_job: ImportJob, counts: Counts, wait: str) -> str:
    """Return the word for the status, for the title of a page."""
    return _look(import_job, counts, wait)[2]


@register.simple_tag
def unfinished_imports(person: User) -> int:
    """Return the number of imports that are left unfinished if the person leaves."""
    return count_unfinished(person)


@register.simple_tag(takes_context=True)
def import_of(context: dict[str, Any], submission: Submission) -> ImportJob | None:
    """Return the import that sent a submission, if the person may see it."""
    if submission.group is None:
        return None
    visible = ImportJob.objects.visible_to(context["user"]).only("pk", "key_id", "workflow_id")
    return visible.filter(pk=submission.group).first()


def _look(import_job: ImportJob, counts: Counts, wait: str) -> tuple[str, str, str]:
    if import_job.status == ImportJob.Status.CHECKED and counts.created and not counts.not_sent:
        return ("created", "finished", "Done") if counts.is_complete else ("partly_created", "escalated", "Partly done")
    if import_job.status == ImportJob.Status.SENDING and wait:
        return "warning", "escalated", "Waits"
    return *_LOOKS[ImportJob.Status(import_job.status)], import_job.get_status_display()
