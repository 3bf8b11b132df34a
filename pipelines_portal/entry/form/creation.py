"""Create one task from the form: store its values, send them once, and say what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesClient, PipelinesError, ValidationFailed, is_away
from pipelines_portal.core.json_text import json_text
from pipelines_portal.entry.form.drafts import forget_sent
from pipelines_portal.entry.form.duplicates import SentDuplicate, duplicate_of, find_existing, lock_workflow
from pipelines_portal.entry.form.reads import Existing
from pipelines_portal.submissions.acceptances import AcceptedWarning, record_acceptances
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.models import Submission, SubmissionRow, ValuesUsed
from pipelines_portal.submissions.outcomes import named_rows, sentence
from pipelines_portal.submissions.sending import declares_keys, lease, newest_task_id, send_claimed
from pipelines_portal.submissions.statuses import FINAL
from pipelines_portal.submissions.texts import NOTHING_CREATED
from pipelines_portal.web.error_sentences import field_message
from pipelines_portal.workflows.cached_schemas import why_away
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.once import once_rules
from pipelines_portal.workflows.rules.stored import rules_for

Status = Submission.Status


class FormResult(Enum):
    CREATED = "created"
    REJECTED = "rejected"  # the API found errors in the values
    NOT_SENT = "not sent"  # nothing was created; the same values may be sent again
    UNCERTAIN = "uncertain"  # a task may exist
    DUPLICATE = "duplicate"  # the same values were sent before; nothing was stored or sent
    USED = "used"  # a value that is used once was used since the form was checked; nothing was stored or sent
    RESTORED = "restored"  # it may have been sent before the portal was restored; nothing was stored or sent
    WAITS = "waits"  # in a row of the grid, until Pipelines responds
    ELSEWHERE = "elsewhere"  # this very form was sent before, or is being sent


@dataclass(frozen=True)
class Creation:
    result: FormResult
    submission: Submission
    error: PipelinesError | None = None
    duplicate: SentDuplicate | None = None
    # The form has other values than its submission, whose outcome is not known yet.
    is_unstored: bool = False
    task_id: int | None = None

    @property
    def is_unsent(self) -> bool:
        """True if certainly nothing was sent, so that the same values may be sent again."""
        is_own = self.result in (FormResult.NOT_SENT, FormResult.ELSEWHERE)
        return is_own and self.submission.status == Status.DRAFT

    @property
    def has_left(self) -> bool:
        """True if what was typed is stored, and it is or may be a task."""
        is_not_created = self.result in (
            FormResult.REJECTED,
            FormResult.NOT_SENT,
            FormResult.DUPLICATE,
            FormResult.USED,
            FormResult.RESTORED,
        )
        return not is_not_created and self.submission.status != Status.DRAFT

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
    # The warnings that the person accepted.
    accepted: Sequence[AcceptedWarning] = ()

    @property
    def row_token(self) -> UUID:
        """The token of the row of the grid in which these values of the form wait, also if the row is edited there."""
        return uuid5(self.token, digest_of(self.fields))


def own_tokens(owner: User, token: UUID, fields: FieldValues) -> list[UUID]:
    """Return the tokens of the stored submissions that a form with these values would find: see `_find_existing`.

    One that is over and has other values is another task.
    """
    digest = digest_of(fields)
    found = Submission.objects.filter(owner=owner, token__in=(token, uuid5(token, digest))).order_by()
    is_same = Exists(SubmissionRow.objects.filter(submission=OuterRef("pk"), digest__in=(digest, "")))
    return list(found.filter(~Q(status__in=FINAL) | is_same).values_list("token", flat=True))


def create_task(owner: User, workflow: OpenedWorkflow, client: PipelinesClient, typed: Typed) -> Creation:
    """Store the values in the submissions table and send them once. A second POST of the same form finds the first.

    Errors of the API are part of the result. Raise NotRecorded if the database cannot record the outcome.
    """
    newest, is_declared, error = _look_first(client, workflow)
    try:
        with transaction.atomic():
            lock_workflow(workflow)
            token, existing, own = _find_existing(owner, workflow, typed)
            if unsent := _why_not_stored(owner, existing, own, typed, token):
                return unsent
            submission, rows = _store(owner, workflow, typed, token, existing, newest, is_declared=is_declared)
            if error and submission.status == Status.DRAFT:
                submission.reason = f"{sentence(error)} {NOTHING_CREATED}"
                submission.save(update_fields=["reason"])
    except IntegrityError:  # the same form was posted to another workflow at the same time
        return Creation(FormResult.ELSEWHERE, Submission.objects.get(owner=owner, token=token))
    except ValuesUsed:
        return Creation(FormResult.USED, own or Submission(token=token))
    if rows is not None:
        creation = _send(submission, client, rows)
    elif error and submission.status == Status.DRAFT:
        creation = Creation(_result_of(submission, error), submission, error)
    else:
        creation = Creation(FormResult.ELSEWHERE, submission)
    if existing.has_draft and creation.has_left:
        forget_sent(owner, workflow, token, typed.draft_seen)
    return creation


def _look_first(client: PipelinesClient, workflow: OpenedWorkflow) -> tuple[int | None, bool, PipelinesError | None]:
    """Return the newest task, whether the API declares Idempotency-Key, and why nothing can be sent.

    If the API could not be reached a moment ago, nobody waits for it again.
    """
    if (error := why_away(workflow)) and is_away(error):
        return None, False, error
    try:
        return newest_task_id(client, workflow.workflow_id), declares_keys(client), None
    except PipelinesError as error:
        return None, False, error


def _find_existing(owner: User, workflow: OpenedWorkflow, typed: Typed) -> tuple[UUID, Existing, Submission | None]:
    """Return the form's token, what was stored of it, and its own submission.

    If that is over and has other values, the form gets a new token. The browser's Back, and a second window of the same
    form, post other values with the old token: another task.
    """
    token, values = typed.token, (typed.fields, typed.row_token)
    existing = find_existing(owner, workflow, token, *values)
    own = Submission.objects.filter(pk=existing.own_id).first() if existing.own_id else None
    is_over = own and own.status in FINAL and _has_other_values(own, typed)
    if is_over:
        token = typed.row_token
        existing = find_existing(owner, workflow, token, *values)
        own = Submission.objects.filter(pk=existing.own_id).first() if existing.own_id else None
    return token, existing, own


def _has_other_values(own: Submission, typed: Typed) -> bool:
    return not own.rows.filter(digest__in=(digest_of(typed.fields), "")).exists()


def _why_not_stored(
    owner: User, existing: Existing, own: Submission | None, typed: Typed, token: UUID
) -> Creation | None:
    """Return why the values are not stored, or None. A person may have to confirm first that the task is meant."""
    if existing.has_row:
        return Creation(FormResult.WAITS, own or Submission(token=token))
    if own and own.status != Status.DRAFT:
        # Another window is sending this form, or its result is unconfirmed.
        return Creation(FormResult.ELSEWHERE, own, is_unstored=True) if _has_other_values(own, typed) else None
    if typed.is_meant:
        return None
    if existing.is_draft_restored:
        return Creation(FormResult.RESTORED, own or Submission())
    if existing.duplicate_id and (duplicate := duplicate_of(owner, existing.duplicate_id)):
        return Creation(FormResult.DUPLICATE, duplicate.submission, duplicate=duplicate)
    return None


def _store(
    owner: User,
    workflow: OpenedWorkflow,
    typed: Typed,
    token: UUID,
    existing: Existing,
    newest: int | None,
    *,
    is_declared: bool,
) -> tuple[Submission, list[str] | None]:
    """Store and claim the task. Return its row as JSON if this process may send it, else None. Raise ValuesUsed."""
    submission, rows = _claim(owner, workflow, typed.fields, token, existing, newest, is_declared=is_declared)
    if submission.status in (Status.DRAFT, Status.SENDING):
        record_acceptances(submission, {0: typed.accepted})
    return submission, rows


def _claim(
    owner: User,
    workflow: OpenedWorkflow,
    fields: FieldValues,
    token: UUID,
    existing: Existing,
    newest: int | None,
    *,
    is_declared: bool,
) -> tuple[Submission, list[str] | None]:
    until = timezone.now() + lease()
    once = once_rules(rules_for(workflow.key_id, workflow.workflow_id)) if existing.has_once else []
    if newest is not None and existing.own_id is None:
        submission = Submission.objects.claimed_form(
            owner,
            workflow,
            fields,
            token,
            newest=newest,
            until=until,
            teams=existing.teams,
            is_declared=is_declared,
            once=once,
        )
        return submission, [json_text(fields)]
    submission = Submission.objects.draft(owner, workflow, [fields], token, Submission.Kind.FORM)
    if newest is None or submission.status != Status.DRAFT:
        return submission, None
    return submission, submission.claim_rows(newest, until=until, is_declared=is_declared, once=once)


def _send(submission: Submission, client: PipelinesClient, rows: list[str]) -> Creation:
    try:
        outcome = send_claimed(submission, client, rows)
    except PipelinesError as error:
        return Creation(_result_of(submission, error), submission, error)
    if outcome is None or submission.status != Status.CREATED:
        return Creation(FormResult.ELSEWHERE, submission)
    return Creation(FormResult.CREATED, submission, task_id=outcome.task_ids[0])


def _result_of(submission: Submission, error: PipelinesError) -> FormResult:
    if submission.status == Status.UNCONFIRMED:
        return FormResult.UNCERTAIN
    return FormResult.REJECTED if isinstance(error, ValidationFailed) else FormResult.NOT_SENT
