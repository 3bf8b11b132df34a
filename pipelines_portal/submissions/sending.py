"""Sending a draft at most once."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from pipelines_portal.api_client import PipelinesClient, PipelinesError
from pipelines_portal.core.locked_database import writing_down
from pipelines_portal.keys.pooled_answers import outdate
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import in_words, record_created, record_failure, record_not_sent
from pipelines_portal.submissions.rows import body_of, texts_of
from pipelines_portal.submissions.transitions import claim

# A process that stood still for longer: others have called it lost by now.
STOPPED = "The portal stood still before it could send the rows. Nothing was sent."


def send(submission: Submission, client: PipelinesClient, *, newest: int | None = None) -> Submission:
    """POST the rows of a draft, and record what became of it. Return anything but a draft as it is.

    `newest` is the newest task before it, if the caller knows it already.

    Raises the PipelinesError that the sending met, after recording it: the status is then `unconfirmed` when tasks may
    exist, `rejected` when the API refused the rows, and `draft` again when nothing happened. Raises Unwritten when the
    database does not take what became of it.
    """
    submission.refresh_from_db()
    if submission.status != Submission.Status.DRAFT:
        return submission
    if newest is None:
        newest = newest_task_id(client, submission.workflow_id)
    if not claim(submission, newest, until=timezone.now() + lease()):
        submission.refresh_from_db()
        return submission
    try:
        body = body_of(texts_of(submission))
        if submission.sending_until is not None and timezone.now() >= submission.sending_until:
            record_not_sent(submission, STOPPED)
            return submission
        created = client.create_encoded(submission.workflow_id, body, submission.row_count)
    except PipelinesError as error:
        with writing_down(in_words(None, error)), transaction.atomic():
            record_failure(submission, error)
            _outdate_lists(submission)
        raise
    with writing_down(in_words(created, None)), transaction.atomic():
        record_created(submission, created)
        _outdate_lists(submission)
    return submission


def _outdate_lists(submission: Submission) -> None:
    """Whatever came of it, lists are read anew: tasks may be there."""
    if submission.key is not None:
        outdate(submission.key, submission.workflow_id)


def newest_task_id(client: PipelinesClient, workflow_id: int) -> int:
    """0 when the workflow has no task."""
    tasks = client.list_tasks(workflow_id, limit=1).tasks
    return tasks[0].id if tasks else 0


def lease() -> timedelta:
    """Longer than a POST with its retries can take: see `RetryPolicy.budget` and `POST_PATIENCE`."""
    return timedelta(seconds=60 + 5 * settings.API_TIMEOUT_SECONDS)
