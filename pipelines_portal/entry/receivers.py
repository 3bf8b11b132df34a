"""Receivers of signals: outcomes of requests, removed imports and removed keys."""

from django.db.models.signals import pre_delete
from django.dispatch import receiver

from pipelines_portal.accounts.models import User
from pipelines_portal.entry import texts
from pipelines_portal.entry.import_requests import settle_request
from pipelines_portal.entry.imports.lists import list_unfinished_with
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rules.stored import check_open_rows_again
from pipelines_portal.entry.signals import import_removed
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.signals import key_removed
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.signals import earlier_values_recorded, outcome_written
from pipelines_portal.workflows.lists import lists_of
from pipelines_portal.workflows.models import OpenedWorkflow

MOST_NAMED = 5


@receiver(outcome_written)
def settle_import_request(sender: object, submission: Submission, **more: object) -> None:
    """Write the outcome of an import's request to its rows, in the transaction that recorded the outcome.

    The worker, a late answer and a person on the submission's page all record outcomes.
    """
    if submission.group is None:
        return
    if sheet := Sheet.objects.select_for_update().filter(pk=submission.group).first():
        settle_request(sheet, submission)


@receiver(earlier_values_recorded)
def judge_open_rows(sender: object, key_id: int, workflow_id: int, **more: object) -> None:
    """Judge the rows of open drafts and imports by what was sent before a rule, before somebody sends them."""
    if workflow := OpenedWorkflow.objects.filter(key=key_id, workflow_id=workflow_id).first():
        check_open_rows_again(workflow)


@receiver(pre_delete, sender=Sheet)
def release_submissions(sender: object, instance: Sheet, **more: object) -> None:
    """Separate the submissions from an import that is removed. They stay."""
    Submission.objects.filter(group=instance.pk).update(group=None)


def imports_deleted_with(key: SavedKey) -> list[str]:
    """Return a sentence that names the imports that would be deleted with the key, if there are any."""
    found = list(list_unfinished_with(key)[: MOST_NAMED + 1])
    if not found:
        return []
    names = [f"{each.label} (by {each.owner})" for each in found[:MOST_NAMED]]
    return [texts.deleted_with_key(names, has_more=len(found) > MOST_NAMED)]


def lists_deleted_with(key: SavedKey) -> list[str]:
    """Return a sentence that names the lists that would be deleted with the key, if there are any."""
    names = [each.name for each in lists_of(key)[: MOST_NAMED + 1]]
    return [texts.lists_deleted_with_key(names[:MOST_NAMED], has_more=len(names) > MOST_NAMED)] if names else []


@receiver(key_removed)
def announce_removed_imports(sender: object, key: SavedKey, by: User, **more: object) -> None:
    """Send a signal for each unfinished import that is deleted with the key."""
    for sheet in list_unfinished_with(key):
        import_removed.send(Sheet, removed=sheet, key=key, by=by)
