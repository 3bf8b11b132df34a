"""Imports that wait until a person goes on with them, for Home."""

from typing import Any

from django.db.models import Q

from pipelines_portal.accounts.models import User
from pipelines_portal.core.attention import Decision
from pipelines_portal.entry.imports.access import HAS_REQUESTS, NOT_READ, page_url
from pipelines_portal.entry.models import ImportJob

MOST, MOST_READ = 6, 50
STOPPED = Q(status__in=[ImportJob.Status.UNCONFIRMED, ImportJob.Status.PAUSED])
# The most pressing first.
SENTENCES = {
    ImportJob.Status.UNCONFIRMED: "Nobody knows what came of one of its requests, so nothing more of it is sent.",
    ImportJob.Status.PAUSED: "It is paused. What was not sent waits.",
    ImportJob.Status.MATCHING: "Its columns are still to be matched. Nothing of it was sent.",
}


def waiting_imports(sender: object, user: User, **more: Any) -> list[Decision]:
    """What stopped on the way, of all that they may see; what is still to be matched, of their own."""
    if not user.may_send:
        return []
    visible = (
        ImportJob.objects.visible_to(user).select_related("owner").defer(*NOT_READ).annotate(has_requests=HAS_REQUESTS)
    )
    found = visible.filter(STOPPED | Q(status=ImportJob.Status.MATCHING, owner=user))[:MOST_READ]
    by_urgency = sorted(found, key=lambda import_job: list(SENTENCES).index(ImportJob.Status(import_job.status)))
    return [_decision(user, import_job) for import_job in by_urgency[:MOST]]


def _decision(user: User, import_job: ImportJob) -> Decision:
    whose = "" if import_job.owner_id == user.pk else f"Its owner is {import_job.owner}. "
    is_uncertain = import_job.status == ImportJob.Status.UNCONFIRMED
    title = f"The import {import_job.label} {'stopped' if is_uncertain else 'waits'}"
    action, tone = ("Look and decide", "unconfirmed") if is_uncertain else ("Go on with it", "info")
    return Decision(
        title, f"{whose}{SENTENCES[ImportJob.Status(import_job.status)]}", action, page_url(import_job), tone
    )
