"""Submissions as they begin: of a form, of an archive's rows, of an import's rows, of rows that were rejected."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.digests import digest_of
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.rows import CHUNK, NewRow, add_rows, replace_rows
from pipelines_portal.submissions.search_index import index_first_row, who_may_find
from pipelines_portal.submissions.transitions import record_sent, record_teams, teams_of_sender
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow

COPIED = ("owner", "key", "key_name", "key_last4", "workflow_id", "workflow_name", "kind")


def save_draft(
    owner: User, key: SavedKey, workflow: OpenedWorkflow, rows: Iterable[FieldValues], token: UUID, kind: str
) -> Submission:
    """Store `rows`. The same token finds the same submission: while it is a draft, with these rows in place of the old.

    Once it was sent it is returned untouched, whatever `rows` says: a form shown again after a rejection needs a new
    token.
    """
    values = place_of(key, workflow) | {"kind": kind}
    with transaction.atomic():
        mine = Submission.objects.select_for_update()
        submission, made = mine.get_or_create(owner=owner, token=token, defaults=values)
        if made:
            add_rows(submission, map(NewRow.of, rows))
        elif submission.status == Submission.Status.DRAFT:
            Submission.objects.filter(pk=submission.pk).update(**values)
            submission.refresh_from_db()
            replace_rows(submission, map(NewRow.of, rows))
    return submission


def begin_draft(owner: User, workflow: OpenedWorkflow, token: UUID, kind: str, **more: Any) -> Submission:
    """Store one without rows. `more` are values of its columns."""
    place = place_of(workflow.key, workflow)
    return Submission.objects.create(owner=owner, token=token, kind=kind, **place, **more)


def begin_form(
    owner: User, workflow: OpenedWorkflow, fields: FieldValues, token: UUID, *, newest: int, until: datetime
) -> Submission:
    """Store what a form sends, as `sending` from the first. Call in a transaction that found no submission of `token`.

    `newest` and `until` as in `transitions.claim`.
    """
    now, teams = timezone.now(), teams_of_sender(owner, workflow.key)
    submission = begin_draft(
        owner, workflow, token, Submission.Kind.FORM, status=Submission.Status.SENDING, attempt=1, row_count=1,
        newest_task_id_before=newest, created_at=now, sent_at=now, sending_until=until,
        search_who=" ".join(who_may_find(owner.pk, workflow.key_id, teams)),
    )  # fmt: skip
    row = SubmissionRow.objects.create(submission=submission, index=0, fields=fields, digest=digest_of(fields))
    record_teams(submission, teams)
    index_first_row(submission, row)
    record_sent(submission)
    return submission


def place_of(key: SavedKey, workflow: OpenedWorkflow) -> dict[str, Any]:
    """Where a submission is sent to, as values of its columns."""
    return {
        "key": key,
        "key_name": key.name,
        "key_last4": key.last4,
        "workflow_id": workflow.workflow_id,
        "workflow_name": workflow.name,
    }


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
    rejected = source.rows.filter(status=SubmissionRow.Status.REJECTED, fields__isnull=False)
    add_rows(draft, (NewRow.of(row.fields) for row in rejected.iterator(CHUNK)))
