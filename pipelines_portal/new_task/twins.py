"""Telling that the same values went out a moment ago: tasks cannot be deleted."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BigIntegerField, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, UUIDField
from django.http import Http404
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.fields.base import FieldValues
from pipelines_portal.shared.prepared import TEXTS, Given, prepared
from pipelines_portal.submissions.digest_keys import missing_beside, words_at_hand
from pipelines_portal.submissions.digests import digests_of
from pipelines_portal.submissions.models import RowBlock, Submission, SubmissionRow
from pipelines_portal.submissions.rows import BETWEEN_TEXTS, fields_in, unpacked
from pipelines_portal.web.encryption import Undecryptable
from pipelines_portal.workflows.models import OpenedWorkflow

from .models import TypedDraft

REMEMBERED = timedelta(days=1)
# A form is kept, and then sent, within one request.
ON_ITS_WAY = timedelta(minutes=1)
OUT = (Submission.State.SENDING, Submission.State.DONE, Submission.State.PARTLY, Submission.State.UNKNOWN)
# A form that is to be compared with more than is opened within a moment is asked about.
MOST_OPENED, CHUNK = 1000, 10
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
    """Of several who look for twins of a workflow's tasks at once, one at a time. Call in a transaction.

    SQLite's transactions go one at a time anyway.
    """
    if connection.features.has_select_for_update:
        OpenedWorkflow.objects.select_for_update(no_key=True).filter(pk=workflow.pk).first()


@dataclass(frozen=True)
class Found:
    """What there is already as a form comes in."""

    own: Submission | None  # of this very form
    twin: Twin | None
    has_draft: bool  # of what the person typed for this workflow
    not_compared: Submission | None  # the newest of those that may hold the same, as far as anybody can tell here


def look(person: User, workflow: OpenedWorkflow, fields: FieldValues, token: UUID) -> Found:
    """In one query, unless there is something to show. 404 for a workflow that went while the API was asked."""
    now = timezone.now()
    place = {"workflow": workflow.pk, "key": workflow.key_id, "number": workflow.workflow_id}
    found = _there.first(
        person=person.pk, token=token, digests=digests_of(fields) if fields else [], sent_since=now - REMEMBERED,
        words=words_at_hand(), kept_since=now - ON_ITS_WAY, **place,
    )  # fmt: skip
    if found is None:
        raise Http404
    own, twin, has_draft, is_missing = found
    mine = Submission.objects.filter(pk=own).first() if own else None
    not_compared = _sent_lately(person, workflow, token) if is_missing and fields else None
    return Found(mine, _twin(person, twin), bool(has_draft), not_compared)


def _sent_lately(person: User, workflow: OpenedWorkflow, token: UUID) -> Submission | None:
    """What may be the same: its digests are made of an encryption key that is not known here."""
    visible = Submission.objects.visible_to(person).filter(_may_be_out(), workflow_id=workflow.workflow_id)
    others = visible.exclude(owner=person, token=token)
    blocks = RowBlock.objects.filter(submission=OuterRef("submission"), first__lte=OuterRef("index"))
    last = SubmissionRow.objects.filter(submission__in=others, index=F("submission__row_count") - 1)
    rows = last.exclude(digest="").annotate(data=Subquery(blocks.order_by("-first").values("data")[:1]))
    for number, row in enumerate(rows.order_by("-pk").iterator(CHUNK)):
        if number == MOST_OPENED or not _is_comparable(row.digest, row.data):
            return row.submission
    return None


def _may_be_out() -> Q:
    """As `_is_out`, by what an index has of the whole ledger: what was sent is finished behind that."""
    state, now = Submission.State, timezone.now()
    since = now - REMEMBERED
    about_to = Q(state=state.DRAFT, kind=Submission.Kind.FORM, attempt=0, reason="", created_at__gt=now - ON_ITS_WAY)
    sent = Q(state=state.SENDING) | Q(finished_at__gt=since, is_dropped=False, state__in=OUT)
    return Q(sent_at__gt=since) & sent | about_to


def _is_comparable(digest: str, data: bytes | None) -> bool:
    """Of a submission's last row and its block: digests are renewed behind all blocks, and in order."""
    try:
        return data is None or digest in digests_of(fields_in(unpacked(data).split(BETWEEN_TEXTS)[-1]))
    except Undecryptable:
        return False


def _twin(person: User, row_id: int | None) -> Twin | None:
    row = SubmissionRow.objects.select_related("submission__owner").filter(pk=row_id).first() if row_id else None
    return Twin(row, row.submission.owner_id == person.pk) if row else None


@prepared(
    workflow=BigIntegerField(), key=BigIntegerField(), number=BigIntegerField(), person=BigIntegerField(),
    token=UUIDField(), digests=TEXTS, words=TEXTS, sent_since=DateTimeField(), kept_since=DateTimeField(),
)  # fmt: skip
def _there(
    workflow: Given, key: Given, number: Given, person: Given, token: Given, digests: Given, words: Given,
    **since: Given,
) -> QuerySet[OpenedWorkflow, tuple[Any, ...]]:  # fmt: skip
    """Twin: the newest that the person may see, of those that became tasks, may have, or are about to; not this form's.

    A task without any values is like every other such task, and is none.
    """
    visible = Submission.objects.visible_to(person).filter(workflow_id=number)
    twins = SubmissionRow.objects.filter(
        _is_out(**since), digest__in=digests, submission__workflow_id=number, submission__in=visible
    ).exclude(submission__owner=person, submission__token=token)
    own = Submission.objects.filter(owner=person, token=token).order_by()
    drafts = TypedDraft.objects.filter(owner=person, key=key, workflow_id=number)
    return OpenedWorkflow.objects.filter(pk=workflow).values_list(
        Subquery(own.values("pk")[:1]), Subquery(twins.order_by("-pk").values("pk")[:1]), Exists(drafts),
        Exists(missing_beside(words)),
    )  # fmt: skip


def _is_out(sent_since: Given, kept_since: Given) -> Q:
    state = Submission.State
    sent = Q(submission__sent_at__gt=sent_since)
    sent &= Q(state__in=MAY_EXIST) | Q(submission__state=state.SENDING)
    about_to = Q(submission__state=state.DRAFT, submission__kind=Submission.Kind.FORM, submission__attempt=0)
    return sent | about_to & Q(submission__reason="", submission__created_at__gt=kept_since)
