"""Receivers of signals: outcomes of requests, removed imports and removed keys."""

from uuid import UUID

from django.db.models import Value
from django.db.models.signals import pre_delete
from django.dispatch import receiver

from pipelines_portal.accounts.models import User
from pipelines_portal.entry import texts
from pipelines_portal.entry.import_status import look_of, shown_with
from pipelines_portal.entry.imports.lists import LARGE_COLUMNS, list_unfinished_with
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.entry.requests import settle_request
from pipelines_portal.entry.signals import import_removed
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.signals import key_removal_asked, key_removed
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.signals import (
    ImportsOfStatus,
    ImportState,
    imports_asked,
    imports_of_status_asked,
    outcome_written,
)

MOST_NAMED = 5
UNDER_WAY = (ImportJob.Status.SENDING, ImportJob.Status.PAUSED, ImportJob.Status.UNCONFIRMED)


@receiver(outcome_written)
def settle_import_request(sender: object, submission: Submission, **more: object) -> None:
    """Write the outcome of an import's request to its rows, in the transaction that recorded the outcome.

    The worker, a late answer and a person on the submission's page all record outcomes.
    """
    if submission.group is None:
        return
    if import_job := ImportJob.objects.select_for_update().filter(pk=submission.group).first():
        settle_request(import_job, submission)


@receiver(imports_asked)
def describe_imports(sender: object, user: User, ids: list[UUID], **more: object) -> dict[UUID, ImportState]:
    """Return the states of those imports that the person may see."""
    found = ImportJob.objects.visible_to(user).filter(pk__in=ids).defer(*LARGE_COLUMNS)
    return {import_job.pk: _state_of(import_job) for import_job in found.annotate(has_requests=Value(True))}


@receiver(imports_of_status_asked)
def find_imports_of_status(sender: object, user: User, status: str, **more: object) -> ImportsOfStatus:
    """Return the imports that the person may see, and those of them that are shown with the status."""
    visible = ImportJob.objects.visible_to(user).order_by()
    return ImportsOfStatus(visible.values("pk"), shown_with(visible, status).values("pk"))


def _state_of(import_job: ImportJob) -> ImportState:
    counts = import_job.counts_as_read
    return ImportState(
        *look_of(import_job, counts),
        is_under_way=import_job.status in UNDER_WAY,
        rows=counts.total,
        to_send=counts.to_send,
        created=counts.created,
        rejected=counts.rejected,
        with_errors=counts.to_fix,
        duplicates=counts.duplicate,
        skipped=counts.set_aside,
        not_sent=counts.not_sent,
        address=import_job.get_absolute_url(),
    )


@receiver(pre_delete, sender=ImportJob)
def release_submissions(sender: object, instance: ImportJob, **more: object) -> None:
    """Separate the ledger's submissions from an import that is removed. They stay."""
    Submission.objects.filter(group=instance.pk).update(group=None)


@receiver(key_removal_asked)
def warn_about_imports(sender: object, key: SavedKey, **more: object) -> list[str]:
    """Return a sentence that names the imports that would be deleted with the key, if there are any."""
    found = list(list_unfinished_with(key)[: MOST_NAMED + 1])
    if not found:
        return []
    names = [texts.OWNED_BY.format(label=each.label, owner=each.owner) for each in found[:MOST_NAMED]]
    return [texts.deleted_with_key(names, has_more=len(found) > MOST_NAMED)]


@receiver(key_removed)
def announce_removed_imports(sender: object, key: SavedKey, by: User, **more: object) -> None:
    """Send a signal for each unfinished import that is deleted with the key."""
    for import_job in list_unfinished_with(key):
        import_removed.send(ImportJob, removed=import_job, key=key, by=by)
