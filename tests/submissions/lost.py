"""A submission that may lose its answer, and what becomes of it when the worker has asked again."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.api_client import PipelinesError
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import repeat_next
from tests.factories import Desk, send


def send_through(desk: Desk, *rows: dict[str, Any]) -> Submission:
    submission = desk.draft(*rows)
    try:
        send(submission, desk.client)
    except PipelinesError:
        pass
    return submission


def settle(submission: Submission) -> Submission:
    """Run the worker until no submission waits for an answer, at most ten times."""
    for _ in range(10):
        Submission.objects.filter(status="sending").update(sending_until=timezone.now() - timedelta(seconds=1))
        if not repeat_next():
            break
    submission.refresh_from_db()
    return submission
