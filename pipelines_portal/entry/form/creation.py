"""Create one task from the form: store its values, send them once, and say what became of them."""

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesClient, PipelinesError, ValidationFailed
from pipelines_portal.entry.form.drafts import forget_sent
from pipelines_portal.entry.form.duplicates import STORED_WITHIN, Duplicate, Existing, find_existing, lock_workflow
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import named_rows, sentence
from pipelines_portal.submissions.sending import newest_task_id
from pipelines_portal.submissions.statuses import FINAL
from pipelines_portal.submissions.texts import NOTHING_CREATED
from pipelines_portal.web.error_sentences import field_message
from pipelines_portal.workflows.models import OpenedWorkflow

Status = Submission.Status


class Result(Enum):
    CREATED = "created"
    REFUSED = "refused"  # the API found errors in the values
    NOT_SENT = "not sent"  # nothing was created; the same values may be sent again
    UNCERTAIN = "uncertain"  # a task may exist
    DUPLICATE = "duplicate"  # the same values were sent before; nothing was stored or sent
    RESTORED = "restored"  # it may have been sent before the portal was restored; nothing was stored or sent
    ELSEWHERE = "elsewhere"  # this very form was sent before, or is being sent


@dataclass(frozen=True)
class Creation:
    result: Result
    submission: Submission
    error: PipelinesError | None = None
    duplicate: Duplicate | None = None
    # The form has other values than its submission, whose outcome is not known yet.
    is_unstored: bool = False
    task_id: int | None = None

    @property
    def is_unsent(self) -> bool:
        """True if certainly nothing was sent, so that the same values may be sent again."""
        is_own = self.result in (Result.NOT_SENT, Result.ELSEWHERE)
        return is_own and self.submission.status == Status.DRAFT

    @property
    def has_left(self) -> bool:
        """True if the ledger has what was typed, and it is or may be a task."""
        is_refused = self.result in (Result.REFUSED, Result.NOT_SENT, Result.DUPLICATE, Result.RESTORED)
        return not is_refused and self.submission.status != Status.DRAFT

    def field_errors(self) -> list[tuple[str, str]]:
        """Return (field name, message); the name is "" for an error of the whole task."""
        rows = named_rows(self.error) if isinstance(self.error, ValidationFailed) else []
        if rows:
            return [(name, field_message(message)) for _, name, message in rows]
        return [("", self.error.message)] if isinstance(self.error, ValidationFailed) else []


@dataclass(frozen=True)
class Typed:
    """A posted form: its values, the token of the form, and the draft that its page showed.

    `is_meant` if the person confirmed that the task is to be created although the same values were sent before.
    """

    fields: dict[str, Any]
    token: UUID
    draft_seen: str = ""
    is_meant: bool = False


def create_task(owner: User, workflow: OpenedWorkflow, client: PipelinesClient, typed: Typed) -> Creation:
    """Store the values in the ledger and send them once. A second POST of the same form finds the first.

    Errors of the API are part of the result. Raise NotRecorded if the database cannot record the outcome.
    """
    newest, error = None, None
    try:
        newest = newest_task_id(client, workflow.workflow_id)
    except PipelinesError as failure:
        error = failure
    try:
        with transaction.atomic():
            lock_workflow(workflow)
            typed, existing = _find_existing(owner, workflow, typed)
            if unsent := _why_not_stored(existing, typed):
                return unsent
            submission = _store(owner, workflow, typed, existing)
            if error and not _has_left(submission):
                # With a reason it is not taken for one that is about to be sent: another form may send the same values.
                submission.reason, submission.sending_until = f"{sentence(error)} {NOTHING_CREATED}", None
                submission.save(update_fields=["reason", "sending_until"])
    except IntegrityError:  # the same form was posted to another workflow at this moment
        return Creation(Result.ELSEWHERE, Submission.objects.get(owner=owner, token=typed.token))
    if _has_left(submission):
        creation = Creation(Result.ELSEWHERE, submission)
    elif error:
        creation = Creation(_result_of(submission, error), submission, error)
    else:
        creation = _send(submission, client, newest)
    if existing.has_draft and creation.has_left:
        forget_sent(owner, workflow, typed.token, typed.draft_seen)
    return creation


def _find_existing(owner: User, workflow: OpenedWorkflow, typed: Typed) -> tuple[Typed, Existing]:
    """Find what was stored of the form. If its submission is over and has other values, the form gets a new token.

    The browser's Back, and a second window of the same form, post other values with the old token: another task.
    """
    existing = find_existing(owner, workflow, typed.fields, typed.token)
    if existing.own and existing.own.status in FINAL and _has_other_values(existing.own, typed):
        typed = replace(typed, token=uuid5(typed.token, digest_of(typed.fields)))
        existing = find_existing(owner, workflow, typed.fields, typed.token)
    return typed, existing


def _has_other_values(own: Submission, typed: Typed) -> bool:
    return not own.rows.filter(digest__in=(digest_of(typed.fields), "")).exists()


def _why_not_stored(existing: Existing, typed: Typed) -> Creation | None:
    """Return why the values are not stored, or None."""
    own = existing.own
    now = timezone.now()
    is_new = own is not None and (
        not own.reason and own.created_at > now - STORED_WITHIN or bool(own.sending_until and own.sending_until > now)
    )
    # Another window is sending this form, or its result is unconfirmed.
    if own and (_has_left(own) or is_new) and _has_other_values(own, typed):
        return Creation(Result.ELSEWHERE, own, is_unstored=True)
    return None if typed.is_meant else _question_about(existing)


def _question_about(existing: Existing) -> Creation | None:
    """Return why a person has to confirm first that the task is meant, or None."""
    if _has_left(existing.own):
        return None
    if existing.is_draft_restored:
        return Creation(Result.RESTORED, existing.own or Submission())
    if existing.duplicate:
        return Creation(Result.DUPLICATE, existing.duplicate.submission, duplicate=existing.duplicate)
    return None


def _store(owner: User, workflow: OpenedWorkflow, typed: Typed, existing: Existing) -> Submission:
    if existing.own is None:
        return Submission.objects.new_form(owner, workflow, typed.fields, typed.token)
    submission = Submission.objects.draft(owner, workflow, [typed.fields], typed.token, Submission.Kind.FORM)
    if not _has_left(submission):
        # It is about to be sent, as a new one is.
        submission.reason, submission.sending_until = "", timezone.now() + STORED_WITHIN
        submission.save(update_fields=["reason", "sending_until"])
    return submission


def _has_left(submission: Submission | None) -> bool:
    return submission is not None and submission.status != Status.DRAFT


def _send(submission: Submission, client: PipelinesClient, newest: int | None) -> Creation:
    try:
        outcome = submission.send(client, newest=newest)
    except PipelinesError as error:
        return Creation(_result_of(submission, error), submission, error)
    if outcome is None or submission.status != Status.CREATED:
        return Creation(Result.ELSEWHERE, submission)
    return Creation(Result.CREATED, submission, task_id=outcome.task_ids[0])


def _result_of(submission: Submission, error: PipelinesError) -> Result:
    if submission.status == Status.UNCONFIRMED:
        return Result.UNCERTAIN
    return Result.REFUSED if isinstance(error, ValidationFailed) else Result.NOT_SENT
