"""Sending one task from the form, and what it came to."""

from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import CreatedTasks, PipelinesClient, PipelinesError, ValidationFailed
from pipelines_portal.api_client.messages import field_message
from pipelines_portal.core.json_text import json_text
from pipelines_portal.core.locked_database import writing_down
from pipelines_portal.entry.form.duplicates import Found, Twin, hold, look
from pipelines_portal.entry.form.typed_drafts import forget_sent
from pipelines_portal.keys.pooled_answers import outdate
from pipelines_portal.submissions.drafts import begin_form, save_draft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import (
    in_words,
    named_rows,
    record_created,
    record_failure,
    record_not_sent,
    sentence,
)
from pipelines_portal.submissions.rows import body_of
from pipelines_portal.submissions.sending import STOPPED, lease, newest_task_id, send
from pipelines_portal.workflows.fields.base import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow


class Result(Enum):
    CREATED = "created"
    REFUSED = "refused"  # the API said what is wrong with the values
    NOT_SENT = "not sent"  # nothing was created; the same values may be sent again
    UNCERTAIN = "uncertain"  # a task may exist
    TWICE = "twice"  # the same values went out before, and nobody said that they are meant; nothing was kept or sent
    ELSEWHERE = "elsewhere"  # this very form was sent before, or is on its way


LEFT = (Result.CREATED, Result.UNCERTAIN, Result.ELSEWHERE)


@dataclass(frozen=True)
class Creation:
    result: Result
    submission: Submission
    error: PipelinesError | None = None
    twin: Twin | None = None
    task_id: int | None = None

    @property
    def is_unsent(self) -> bool:
        """Whether nothing left for sure, and the same values may be sent again."""
        is_own = self.result in (Result.NOT_SENT, Result.ELSEWHERE)
        return is_own and self.submission.status == Submission.Status.DRAFT

    def field_errors(self) -> list[tuple[str, str]]:
        """(field name, message); the name is "" for what belongs to no field."""
        rows = named_rows(self.error) if isinstance(self.error, ValidationFailed) else []
        if rows:
            return [(name, field_message(message)) for _, name, message in rows]
        return [("", self.error.message)] if isinstance(self.error, ValidationFailed) else []


@dataclass(frozen=True)
class Typed:
    """A form as it came: its values, what makes it one sending, and the draft that its page knew of."""

    fields: dict[str, Any]
    token: UUID
    draft_seen: str = ""
    is_meant_twice: bool = False


def create_task(owner: User, workflow: OpenedWorkflow, client: PipelinesClient, typed: Typed) -> Creation:
    """Keep the values in the ledger, send them once, and say what came of it. Raises nothing of the API's.

    Raises Unwritten when that is known, and the database does not take it.

    Two calls, with one transaction between them and one behind.
    """
    try:
        newest = newest_task_id(client, workflow.workflow_id)
    except PipelinesError as error:
        return _not_asked(owner, workflow, typed, error)
    until = timezone.now() + lease()
    try:
        with transaction.atomic():
            hold(workflow)
            found = look(owner, workflow, typed.fields, typed.token)
            if twice := _twice(found, typed):
                return twice
            if found.own is None:
                submission = begin_form(owner, workflow, typed.fields, typed.token, newest=newest, until=until)
    except IntegrityError:  # the same form, to another workflow at this moment
        return Creation(Result.ELSEWHERE, Submission.objects.get(owner=owner, token=typed.token))
    if found.own is not None:
        return _again(found.own, workflow, client, typed, newest)
    return _sent(submission, workflow, client, typed, has_draft=found.has_draft)


def _twice(found: Found, typed: Typed) -> Creation | None:
    if typed.is_meant_twice or _has_left(found.own):
        return None
    return Creation(Result.TWICE, found.twin.submission, twin=found.twin) if found.twin else None


def _is_out(creation: Creation) -> bool:
    """Whether what the person typed is in the ledger for good, and may be a task."""
    return creation.result in LEFT and _has_left(creation.submission)


def _has_left(own: Submission | None) -> bool:
    return own is not None and own.status != Submission.Status.DRAFT


def _sent(
    submission: Submission,
    workflow: OpenedWorkflow,
    client: PipelinesClient,
    typed: Typed,
    *,
    has_draft: bool,
) -> Creation:
    """Whatever comes of it is written down in one transaction; and lists are read anew, for a task may be there."""
    created, error = _post(submission, client, typed.fields)
    with writing_down(in_words(created, error)), transaction.atomic():
        creation = _written(submission, created, error)
        outdate(workflow.key, workflow.workflow_id)
        if has_draft and _is_out(creation):
            forget_sent(submission.owner, workflow, typed.token, typed.draft_seen)
    return creation


def _post(
    submission: Submission, client: PipelinesClient, fields: FieldValues
) -> tuple[CreatedTasks | None, PipelinesError | None]:
    """Neither, when the process stood still for so long that others have called it lost by now."""
    if submission.sending_until is None or timezone.now() >= submission.sending_until:
        return None, None
    try:
        return client.create_encoded(submission.workflow_id, body_of([json_text(fields)]), 1), None
    except PipelinesError as error:
        return None, error


def _written(submission: Submission, created: CreatedTasks | None, error: PipelinesError | None) -> Creation:
    if error is not None:
        record_failure(submission, error)
        return Creation(_result(submission, error), submission, error)
    if created is None:
        record_not_sent(submission, STOPPED)
        return Creation(Result.ELSEWHERE, submission)
    ids = created.task_ids
    was_ours = record_created(submission, created)
    is_done = was_ours and submission.attempt == 1 and submission.status == Submission.Status.CREATED
    return Creation(Result.CREATED if is_done else Result.ELSEWHERE, submission, task_id=ids[0] if is_done else None)


def _not_asked(owner: User, workflow: OpenedWorkflow, typed: Typed, error: PipelinesError) -> Creation:
    """The API did not even say what is there: the values are kept, unless they left before."""
    with transaction.atomic():
        hold(workflow)
        if twice := _twice(look(owner, workflow, typed.fields, typed.token), typed):
            return twice
        kept = save_draft(owner, workflow.key, workflow, [typed.fields], typed.token, Submission.Kind.FORM)
        if _has_left(kept):
            forget_sent(owner, workflow, typed.token, typed.draft_seen)
            return Creation(Result.ELSEWHERE, kept)
        # With a reason it is not one that is about to leave: the same values may go out with another form.
        unsent = Submission.objects.filter(pk=kept.pk, status=Submission.Status.DRAFT)
        unsent.update(reason=f"{sentence(error)} Nothing was created.")
    return Creation(_result(kept, error), kept, error)


def _again(own: Submission, workflow: OpenedWorkflow, client: PipelinesClient, typed: Typed, newest: int) -> Creation:
    """This form came before. It goes out if it never did so far, with what it says now."""
    kept = own
    if not _has_left(own):
        kept = save_draft(own.owner, workflow.key, workflow, [typed.fields], typed.token, Submission.Kind.FORM)
    creation = Creation(Result.ELSEWHERE, kept) if _has_left(kept) else _sent_again(kept, client, newest)
    if _is_out(creation):
        forget_sent(own.owner, workflow, typed.token, typed.draft_seen)
    return creation


def _sent_again(kept: Submission, client: PipelinesClient, newest: int) -> Creation:
    attempt = kept.attempt
    try:
        kept = send(kept, client, newest=newest)
    except PipelinesError as error:
        kept.refresh_from_db()
        return Creation(_result(kept, error), kept, error)
    if kept.attempt != attempt + 1 or kept.status != Submission.Status.CREATED:
        return Creation(Result.ELSEWHERE, kept)
    return Creation(Result.CREATED, kept, task_id=kept.rows.values_list("task_id", flat=True).first())


def _result(submission: Submission, error: PipelinesError) -> Result:
    if submission.status == Submission.Status.UNCONFIRMED:
        return Result.UNCERTAIN
    return Result.REFUSED if isinstance(error, ValidationFailed) else Result.NOT_SENT
