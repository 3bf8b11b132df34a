"""Sending a draft at most once: claim it, POST its rows, record the outcome."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from pipelines_portal.api_client import PipelinesClient, PipelinesError
from pipelines_portal.core.database_errors import recording_result
from pipelines_portal.keys.pooled_answers import outdate
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import (
    Outcome,
    describe_unwritten,
    not_sent,
    outcome_of_answer,
    outcome_of_error,
)
from pipelines_portal.submissions.statuses import Status


def send(submission: Submission, client: PipelinesClient, *, newest: int | None = None) -> Outcome | None:
    """POST the rows of a draft at most once, and record the outcome. Return it, or None if this call recorded none.

    One transaction before the POST claims it, one after the POST records what became of it. `newest` is the newest
    task before it, if the caller knows it. Raise the PipelinesError of the request after recording what it means.
    Raise NotRecorded if the database cannot record the outcome.
    """
    if submission.status != Status.DRAFT:
        return None
    if newest is None:
        newest = newest_task_id(client, submission.workflow_id)
    rows = submission.claim_rows(newest, until=timezone.now() + lease())
    return None if rows is None else send_claimed(submission, client, rows)


def send_claimed(submission: Submission, client: PipelinesClient, rows: list[str]) -> Outcome | None:
    """POST the rows of a submission that the caller claimed, as `send` does."""
    created, error = None, None
    if submission.is_overdue:  # this process stood still for long: others have made it unconfirmed by now
        outcome = not_sent("The portal stopped before it could send. Nothing was sent.")
    else:
        try:
            created = client.create_encoded(submission.workflow_id, body_of(rows), submission.row_count)
            outcome = outcome_of_answer(created, submission.row_count)
        except PipelinesError as raised:
            is_import = submission.kind == Submission.Kind.IMPORT
            error, outcome = raised, outcome_of_error(raised, submission.row_count, is_import=is_import)
    with recording_result(describe_unwritten(created, error)), transaction.atomic():
        is_recorded = submission.record(outcome)
        if submission.key is not None:  # tasks may have been created, so lists are read again
            outdate(submission.key, submission.workflow_id)
    if error:
        raise error
    return outcome if is_recorded else None


def body_of(rows: Iterable[str]) -> bytes:
    """Return the body of a request that creates a task of each row, given as JSON."""
    return ('{"tasks":[' + ",\n".join(f'{{"fields":{row}}}' for row in rows) + "]}").encode()


def newest_task_id(client: PipelinesClient, workflow_id: int) -> int:
    """Return the newest task ID of the workflow, or 0."""
    tasks = client.list_tasks(workflow_id, limit=1).tasks
    return tasks[0].id if tasks else 0


def lease() -> timedelta:
    """Return a time longer than a POST with its retries can take: see `RetryPolicy.budget` and `POST_PATIENCE`."""
    return timedelta(seconds=60 + 5 * settings.API_TIMEOUT_SECONDS)
