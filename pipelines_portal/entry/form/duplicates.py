"""Asking before the same values are sent twice within a day: tasks cannot be deleted."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.reads import Existing, read_existing
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.sent_rows import lock_comparison
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow

SENT_WITHIN = timedelta(days=1)
# No row has this digest.
NO_VALUES = "none"


@dataclass(frozen=True)
class SentDuplicate:
    """A row that holds the same values, and its submission, which the person may not be allowed to see."""

    row: SubmissionRow
    is_mine: bool
    is_visible: bool

    @property
    def submission(self) -> Submission:
        return self.row.submission

    @property
    def task_id(self) -> str:
        """The task's ID as text; "" while none is known."""
        return str(self.row.task_id or "")

    @property
    def is_being_sent(self) -> bool:
        return self.submission.status == Submission.Status.SENDING

    @property
    def is_waiting(self) -> bool:
        """Whether it is in a request of an import that is not being sent yet."""
        return self.submission.status == Submission.Status.DRAFT


def lock_workflow(workflow: OpenedWorkflow) -> None:
    """Let nobody else look for duplicates among the workflow's rows until the transaction ends.

    Raise Http404 if the workflow was closed during the request to the API.
    """
    if not lock_comparison(workflow.key_id, workflow.workflow_id):
        raise Http404


def find_existing(
    person: User,
    workflow: OpenedWorkflow,
    token: UUID,
    fields: FieldValues,
    row_token: UUID,
) -> Existing:
    """Find what was stored of the form, and the newest duplicate that was sent with the key, or that they may see.

    Tasks without any values are no duplicates of each other.
    """
    digest = digest_of(fields) if fields else NO_VALUES
    return read_existing(person, workflow, digest, token, row_token, timezone.now() - SENT_WITHIN)


def duplicate_of(person: User, row_id: int) -> SentDuplicate | None:
    """Return the duplicate, or None if it was deleted since."""
    row = SubmissionRow.objects.select_related("submission__owner").filter(pk=row_id).first()
    if row is None:
        return None
    is_visible = Submission.objects.visible_to(person).filter(pk=row.submission_id).exists()
    return SentDuplicate(row, row.submission.owner_id == person.pk, is_visible)
