"""Statuses of an import as shape, word and colour."""

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.imports.access import count_unfinished
from pipelines_portal.entry.imports.counts import Counts
from pipelines_portal.entry.models import ImportJob
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
    """As a pill. One that has nothing left to send is said to be done; `wait` is how long the sending waits."""
    status, shape, word = _look(import_job, counts, wait)
    return render_to_string("_partials/status.html", {"status": status, "shape": shape, "word": word, "pill": True})


@register.simple_tag
def import_word(import_job: ImportJob, counts: Counts, wait: str) -> str:
    """For the title of the page."""
    return _look(import_job, counts, wait)[2]


@register.simple_tag
def unfinished_imports(person: User) -> int:
    """How many imports of theirs wait for somebody if they leave."""
    return count_unfinished(person)


@register.simple_tag(takes_context=True)
def import_of(context: dict[str, Any], submission: Submission) -> ImportJob | None:
    """The import that sent it, for people who may see that too."""
    if submission.group is None:
        return None
    visible = ImportJob.objects.visible_to(context["user"]).only("pk", "key_id", "workflow_id")
    return visible.filter(pk=submission.group).first()


def _look(import_job: ImportJob, counts: Counts, wait: str) -> tuple[str, str, str]:
    if import_job.status == ImportJob.Status.CHECKED and counts.created and not counts.not_sent:
        return ("created", "finished", "Done") if counts.is_through else ("partly_created", "escalated", "Partly done")
    if import_job.status == ImportJob.Status.SENDING and wait:
        return "warning", "escalated", "Waits"
    return *_LOOKS[ImportJob.Status(import_job.status)], import_job.get_status_display()
