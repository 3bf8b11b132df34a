"""Batches that are kept before they leave: made of a form, of an archive's rows, of rows that were rejected."""

from collections.abc import Iterable
from uuid import UUID, uuid5

from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import Submission, SubmissionRow
from .rows import CHUNK, add_rows, fields_of_rows, replace_rows

COPIED = ("owner", "key", "key_name", "key_last4", "workflow_id", "workflow_name", "kind")


def save_draft(
    owner: User, key: SavedKey, workflow: OpenedWorkflow, rows: Iterable[FieldValues], token: UUID, kind: str
) -> Submission:
    """Keep `rows`. The same token finds the same submission: while it is a draft, with these rows in place of the old.

    Once it was sent it is returned untouched, whatever `rows` says: a form shown again after a rejection needs a new
    token.
    """
    what = {
        "key": key,
        "key_name": key.name,
        "key_last4": key.last4,
        "workflow_id": workflow.workflow_id,
        "workflow_name": workflow.name,
        "kind": kind,
    }
    with transaction.atomic():
        mine = Submission.objects.select_for_update()
        submission, made = mine.get_or_create(owner=owner, token=token, defaults=what)
        if made:
            add_rows(submission, rows)
        elif submission.state == Submission.State.DRAFT:
            Submission.objects.filter(pk=submission.pk).update(**what)
            submission.refresh_from_db()
            replace_rows(submission, rows)
    return submission


def draft_of_rejected(submission: Submission) -> Submission:
    """The draft with the rejected rows only; asked for twice, it is made once."""
    values = {name: getattr(submission, name) for name in COPIED}
    token = uuid5(submission.pk, "rejected rows")
    with transaction.atomic():
        draft, made = Submission.objects.get_or_create(owner=submission.owner, token=token, defaults=values)
        if made:
            _copy_rejected(submission, draft)
    return draft


def _copy_rejected(source: Submission, draft: Submission) -> None:
    rejected = source.rows.filter(state=SubmissionRow.State.REJECTED).iterator(CHUNK)
    add_rows(draft, (fields for _, fields in fields_of_rows(source, rejected)))
