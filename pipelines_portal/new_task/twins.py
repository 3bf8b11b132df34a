"""Telling that the same values went out a moment ago: tasks cannot be deleted."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.submissions.digests import digests_of
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.workflows.models import OpenedWorkflow

REMEMBERED = timedelta(days=1)
# A form is kept, and then sent, within one request.
ON_ITS_WAY = timedelta(minutes=1)
MAY_EXIST = (SubmissionRow.State.CREATED, SubmissionRow.State.UNKNOWN)


@dataclass(frozen=True)
class Twin:
    """The row that holds the same values, and its submission."""

    row: SubmissionRow
    is_mine: bool

    @property
    def submission(self) -> Submission:
        return self.row.submission

    @property
    def task_id(self) -> str:
        """As text; "" while nobody knows of one."""
        return str(self.row.task_id or "")

    @property
    def is_on_its_way(self) -> bool:
        return self.submission.state in (Submission.State.DRAFT, Submission.State.SENDING)


def hold(workflow: OpenedWorkflow) -> None:
    """Of several who look for twins of a workflow's tasks at once, one at a time. Call in a transaction."""
    OpenedWorkflow.objects.select_for_update(no_key=True).filter(pk=workflow.pk).first()


def twin_of(person: User, workflow_id: int, fields: FieldValues, token: UUID) -> Twin | None:
    """The newest that the person may see, of those that became tasks, may have, or are about to; but not this form's.

    A task without any values is like every other such task, and is none.
    """
    if not fields:
        return None
    rows = SubmissionRow.objects.filter(
        _is_out(), digest__in=digests_of(fields), submission__workflow_id=workflow_id,
        submission__in=Submission.objects.visible_to(person).filter(workflow_id=workflow_id),
    ).exclude(submission__owner=person, submission__token=token)  # fmt: skip
    row = rows.select_related("submission__owner").order_by("-pk").first()
    return Twin(row, row.submission.owner_id == person.pk) if row else None


def _is_out() -> Q:
    now, state = timezone.now(), Submission.State
    sent = Q(submission__sent_at__gt=now - REMEMBERED)
    sent &= Q(state__in=MAY_EXIST) | Q(submission__state=state.SENDING)
    about_to = Q(submission__state=state.DRAFT, submission__kind=Submission.Kind.FORM, submission__attempt=0)
    return sent | about_to & Q(submission__reason="", submission__created_at__gt=now - ON_ITS_WAY)
