"""Sending one task from the form, and what it came to."""

from dataclasses import dataclass
from enum import Enum
from typing import Any
from uuid import UUID

from django.db import transaction

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import PipelinesClient, PipelinesError, ValidationFailed
from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import named_rows
from pipelines_portal.submissions.sending import send
from pipelines_portal.workflows.models import OpenedWorkflow

from .twins import Twin, hold, twin_of


class Result(Enum):
    CREATED = "created"
    REFUSED = "refused"  # the API said what is wrong with the values
    NOT_SENT = "not sent"  # nothing was created; the same values may be sent again
    UNCERTAIN = "uncertain"  # a task may exist
    TWICE = "twice"  # the same values went out before, and nobody said that they are meant; nothing was kept or sent
    ELSEWHERE = "elsewhere"  # this very form was sent before, or is on its way


@dataclass(frozen=True)
class Creation:
    result: Result
    submission: Submission
    error: PipelinesError | None = None
    twin: Twin | None = None

    @property
    def task_id(self) -> int | None:
        return self.submission.rows.values_list("task_id", flat=True).first()

    def field_errors(self) -> list[tuple[str, str]]:
        """(field name, message); the name is "" for what belongs to no field."""
        rows = named_rows(self.error) if isinstance(self.error, ValidationFailed) else []
        if rows:
            return [(name, in_plain_words(message)) for _, name, message in rows]
        return [("", self.error.message)] if isinstance(self.error, ValidationFailed) else []


def create_task(
    owner: User,
    workflow: OpenedWorkflow,
    client: PipelinesClient,
    fields: dict[str, Any],
    token: UUID,
    *,
    is_meant_twice: bool = False,
) -> Creation:
    """Keep the values in the ledger, send them once, and say what came of it. Raises nothing of the API's."""
    with transaction.atomic():
        hold(workflow)
        twin = None if is_meant_twice else twin_of(owner, workflow.workflow_id, fields, token)
        if twin and not _is_sent(owner, token):
            return Creation(Result.TWICE, twin.submission, twin=twin)
        submission = save_draft(owner, workflow.key, workflow, [fields], token, Submission.Kind.FORM)
    return _sent(submission, client)


def _is_sent(owner: User, token: UUID) -> bool:
    return Submission.objects.filter(owner=owner, token=token).exclude(state=Submission.State.DRAFT).exists()


def _sent(submission: Submission, client: PipelinesClient) -> Creation:
    if submission.state != Submission.State.DRAFT:
        return Creation(Result.ELSEWHERE, submission)
    attempt = submission.attempt
    try:
        submission = send(submission, client)
    except PipelinesError as error:
        submission.refresh_from_db()
        return Creation(_result(submission, error), submission, error)
    was_ours = submission.attempt == attempt + 1 and submission.state == Submission.State.DONE
    return Creation(Result.CREATED if was_ours else Result.ELSEWHERE, submission)


def _result(submission: Submission, error: PipelinesError) -> Result:
    if submission.state == Submission.State.UNKNOWN:
        return Result.UNCERTAIN
    return Result.REFUSED if isinstance(error, ValidationFailed) else Result.NOT_SENT


def in_plain_words(message: str) -> str:
    """What operators read at the field: the API names the field once more, which the label already does."""
    if message.startswith("Missing required columns"):
        return "The API requires this field."
    _, separator, rest = message.partition(": must be ")
    if rest.startswith("all of ") and rest.endswith(", in order"):
        return f"Use each once, the first one on top: {rest[7:-10]}."
    return f"It must be {rest}." if separator else message
