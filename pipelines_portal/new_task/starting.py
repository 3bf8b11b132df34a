"""What a form starts from."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.rows import fields_of
from pipelines_portal.web.encryption import Undecryptable


@dataclass(frozen=True)
class StartingValues:
    """What a form starts from: the values of an earlier task, and its token when it is a draft still to be sent."""

    fields: dict[str, Any]
    token: UUID | None
    # The values are kept, and can no longer be opened.
    is_sealed: bool = False


def starting_values(owner: User, submission_id: UUID | None, workflow_id: int) -> StartingValues:
    """One's own submission to this workflow; nothing when there is none such."""
    if submission_id is None:
        return StartingValues({}, None)
    mine = Submission.objects.filter(pk=submission_id, owner=owner, workflow_id=workflow_id).first()
    row = mine.rows.first() if mine else None
    if mine is None or row is None:
        return StartingValues({}, None)
    unsent = mine.kind == Submission.Kind.FORM and mine.state == Submission.State.DRAFT
    try:
        return StartingValues(fields_of(row), mine.token if unsent else None)
    except Undecryptable:
        return StartingValues({}, None, is_sealed=True)
