"""What a task was made of: the API gives no field values back, so the ledger is asked."""

from dataclasses import dataclass

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.web.encryption import Undecryptable

from .models import Submission, SubmissionRow
from .rows import fields_of


@dataclass(frozen=True)
class Origin:
    """The submission that made a task, and the values it sent."""

    submission: Submission
    fields: FieldValues


def origin_of_task(owner: User, key: SavedKey, workflow_id: int, task_id: int) -> Origin | None:
    """None when this person did not send it from here, or what was sent can no longer be opened."""
    rows = SubmissionRow.objects.filter(task_id=task_id).select_related("submission")
    row = rows.filter(submission__owner=owner, submission__key=key, submission__workflow_id=workflow_id).first()
    try:
        return Origin(row.submission, fields_of(row)) if row else None
    except Undecryptable:
        return None
