"""Sending a draft at most once: claim it, POST its rows, record the outcome."""

from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from pipelines_portal.api_client import CreatedTasks, PipelinesClient, PipelinesError
from pipelines_portal.core.database_errors import recording_result
from pipelines_portal.keys.pooled_answers import outdate
from pipelines_portal.submissions.outcomes import (
    Outcome,
    describe_unwritten,
    not_sent,
    outcome_of_answer,
    outcome_of_error,
)
from pipelines_portal.submissions.statuses import Status
from pipelines_portal.submissions.texts import STOPPED

if TYPE_CHECKING:
    from pipelines_portal.submissions.models import Submission


def send(submission: "Submission", client: PipelinesClient, newest: int | None) -> Outcome | None:
    """Do what `Submission.send` says, in one transaction before the POST and one after."""
    if submission.status != Status.DRAFT:
        return None
    if newest is None:
        newest = newest_task_id(client, submission.workflow_id)
    texts = submission.claim_rows(newest, until=timezone.now() + lease())
    if texts is None:
        return None
    body = body_of(texts)
    # After a long stop of this process, others have made the submission unconfirmed by now.
    if submission.sending_until is not None and timezone.now() >= submission.sending_until:
        return _record(submission, not_sent(STOPPED), None, None)
    try:
        created = client.create_encoded(submission.workflow_id, body, submission.row_count)
    except PipelinesError as error:
        _record(submission, outcome_of_error(submission, error), None, error)
        raise
    return _record(submission, outcome_of_answer(submission, created), created, None)


def _record(
    submission: "Submission", outcome: Outcome, created: CreatedTasks | None, error: PipelinesError | None
) -> Outcome | None:
    """Record the outcome, and let lists be read again, since tasks may have been created."""
    with recording_result(describe_unwritten(created, error)), transaction.atomic():
        is_recorded = submission.record(outcome)
        if submission.key is not None:
            outdate(submission.key, submission.workflow_id)
    return outcome if is_recorded else None


def body_of(texts: Iterable[str]) -> bytes:
    """Return the body of a request that creates a task of each row, given as JSON."""
    return ('{"tasks":[' + ",\n".join(f'{{"fields":{text}}}' for text in texts) + "]}").encode()


def newest_task_id(client: PipelinesClient, workflow_id: int) -> int:
    """Return the newest task ID of the workflow, or 0."""
    tasks = client.list_tasks(workflow_id, limit=1).tasks
    return tasks[0].id if tasks else 0


def lease() -> timedelta:
    """Return a time longer than a POST with its retries can take: see `RetryPolicy.budget` and `POST_PATIENCE`."""
    return timedelta(seconds=60 + 5 * settings.API_TIMEOUT_SECONDS)
