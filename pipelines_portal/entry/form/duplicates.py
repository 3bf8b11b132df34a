"""Asking before the same values are sent twice within a day: tasks cannot be deleted."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.form.reads import read_existing
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow

SENT_WITHIN = timedelta(days=1)
# A form is stored and then sent within one request.
STORED_WITHIN = timedelta(minutes=1)
# No row has this digest.
NO_VALUES = "none"


@dataclass(frozen=True)
class Duplicate:
    """A row that holds the same values, and its submission."""

    row: SubmissionRow
    is_mine: bool

    @property
    def submission(self) -> Submission:
        return self.row.submission

    @property
    def task_id(self) -> str:
        """The task's ID as text; "" while none is known."""
        return str(self.row.task_id or "")

    @property
    def is_on_its_way(self) -> bool:
        return self.submission.status in (Submission.Status.DRAFT, Submission.Status.SENDING)


@dataclass(frozen=True)
class Existing:
    """Return what is stored when a form is posted."""

    own: Submission | None  # of this very form
    duplicate: Duplicate | None
    has_draft: bool  # a draft of this person for this workflow
    is_draft_restored: bool  # it may have been sent between the backup and the restore


def lock_workflow(workflow: OpenedWorkflow) -> None:
    """Let one form at a time look for duplicates among the workflow's rows. Call in a transaction.

    Raise Http404 if the workflow was closed while the API was asked.
    """
    locked = OpenedWorkflow.objects.select_for_update(no_key=True).filter(pk=workflow.pk)
    if not locked.order_by().values_list("pk"):
        raise Http404


def find_existing(person: User, workflow: OpenedWorkflow, fields: FieldValues, token: UUID) -> Existing:
    """Find the form's own submission, and the newest duplicate that the person may see.

    A duplicate became a task, may have, or is about to. Tasks without any values are no duplicates of each other.
    """
    now, digest = timezone.now(), digest_of(fields) if fields else NO_VALUES
    sent_since, stored_since = now - SENT_WITHIN, now - STORED_WITHIN
    found = read_existing(person, workflow, digest, token, sent_since=sent_since, stored_since=stored_since)
    own = Submission.objects.filter(pk=found.own).first() if found.own else None
    duplicate = _duplicate(person, found.same_row) if found.same_row else None
    return Existing(own, duplicate, found.has_draft, found.is_draft_restored)


def _duplicate(person: User, row_pk: int) -> Duplicate | None:
    row = SubmissionRow.objects.select_related("submission__owner").filter(pk=row_pk).first()
    return Duplicate(row, row.submission.owner_id == person.pk) if row else None
