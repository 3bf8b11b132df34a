"""Telling that the same values went out a moment ago: tasks cannot be deleted."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.submissions.digests import digest_of
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import TypedDraft

REMEMBERED = timedelta(days=1)
# A form is kept, and then sent, within one request.
ON_ITS_WAY = timedelta(minutes=1)
OUT = (Submission.State.SENDING, Submission.State.DONE, Submission.State.PARTLY, Submission.State.UNKNOWN)
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
    """Let forms for this workflow look for duplicates one at a time. Call in a transaction.

    Raise Http404 for a workflow that was closed while the API was asked.
    """
    if OpenedWorkflow.objects.select_for_update(no_key=True).filter(pk=workflow.pk).first() is None:
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
    own = Submission.objects.filter(owner=person, token=token).first()
    place = {"owner": person, "key": workflow.key_id, "workflow_id": workflow.workflow_id}
    return Found(own, _twin(person, workflow, fields, token), TypedDraft.objects.filter(**place).exists())


def _twin(person: User, workflow: OpenedWorkflow, fields: FieldValues, token: UUID) -> Twin | None:
    if not fields:
        return None
    same = SubmissionRow.objects.filter(
        _is_out(), digest=digest_of(fields), submission__workflow_id=workflow.workflow_id
    ).exclude(submission__owner=person, submission__token=token)
    # Few: who may see them is asked of those alone.
    found = {row.submission_id: row for row in same.select_related("submission__owner").order_by("pk")}
    visible = Submission.objects.visible_to(person).filter(pk__in=found) if found else ()
    row = max((found[each.pk] for each in visible), key=lambda row: row.pk, default=None)
    return Twin(row, row.submission.owner_id == person.pk) if row else None


def _is_out() -> Q:
    state, now = Submission.State, timezone.now()
    sent = Q(submission__sent_at__gt=now - REMEMBERED)
    sent &= Q(state__in=MAY_EXIST) | Q(submission__state=state.SENDING)
    about_to = Q(submission__state=state.DRAFT, submission__kind=Submission.Kind.FORM, submission__attempt=0)
    return sent | about_to & Q(submission__reason="", submission__created_at__gt=now - ON_ITS_WAY)
