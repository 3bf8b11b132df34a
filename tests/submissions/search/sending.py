"""Sends texts, and counts what the search index has of them."""

from typing import Any
from uuid import uuid4

from django.db import connection

from pipelines_portal.submissions.models import Submission
from tests.factories import Desk, send


def send_texts(desk: Desk, *texts: str, by: Any = None) -> Submission:
    """Send a task for each text, in one submission."""
    rows = [{"input_text": text, "target_language": "French"} for text in texts]
    return send(Submission.objects.draft(by or desk.person, desk.workflow, rows, uuid4(), "form"), desk.client)


def count_entries() -> int:
    """Return how many rows the index has words of."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "CREATE VIRTUAL TABLE IF NOT EXISTS temp.entries USING fts5vocab(main, submissions_search, instance)"
            )
            cursor.execute("SELECT count(DISTINCT doc) FROM temp.entries")
        else:
            cursor.execute("SELECT count(*) FROM submissions_search")
        return int(cursor.fetchone()[0])
