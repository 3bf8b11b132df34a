"""Telling that the same values went out a moment ago: tasks cannot be deleted."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.reads import read_there
from pipelines_portal.submissions.digests import digest_of
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow

REMEMBERED = timedelta(days=1)
# A form is kept, and then sent, within one request.
ON_ITS_WAY = timedelta(minutes=1)
OUT = (
    Submission.Status.SENDING,
    Submission.Status.CREATED,
    Submission.Status.PARTLY_CREATED,
    Submission.Status.UNCONFIRMED,
)
# No row has this digest.
NO_VALUES = "none"


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
        return self.submission.status in (Submission.Status.DRAFT, Submission.Status.SENDING)


def hold(workflow: OpenedWorkflow) -> None:
    """Let forms for this workflow look for duplicates one at a time. Call in a transaction.

    Raise Http404 for a workflow that was closed while the API was asked.
    """
    locked = OpenedWorkflow.objects.select_for_update(no_key=True).filter(pk=workflow.pk)
    if not locked.order_by().values_list("pk"):
        raise Http404


@dataclass(frozen=True)
class Found:
    """What there is already as a form comes in."""

    own: Submission | None  # of this very form
    twin: Twin | None
    has_draft: bool  # of what the person typed for this workflow


def look(person: User, workflow: OpenedWorkflow, fields: FieldValues, token: UUID) -> Found:
    """The twin is the newest that the person may see, of those that became tasks, may have, or are about to.

    A task without any values is like every other such task, and is none. Neither is this very form's.
    """
    now, digest = timezone.now(), digest_of(fields) if fields else NO_VALUES
    sent_since, stored_since = now - REMEMBERED, now - ON_ITS_WAY
    there = read_there(person, workflow, digest, token, sent_since=sent_since, stored_since=stored_since)
    own = Submission.objects.filter(pk=there.own).first() if there.own else None
    return Found(own, _twin(person, there.same_row) if there.same_row else None, there.has_draft)


def _twin(person: User, row_pk: int) -> Twin | None:
    row = SubmissionRow.objects.select_related("submission__owner").filter(pk=row_pk).first()
    return Twin(row, row.submission.owner_id == person.pk) if row else None
