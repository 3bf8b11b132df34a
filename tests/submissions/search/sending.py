"""Sends texts, and counts what the search index has of them."""

from typing import Any
from uuid import uuid4

from django.db import connection

from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import send
from tests.factories import Desk


def send_texts(desk: Desk, *texts: str, by: Any = None) -> Submission:
    """Send a task for each text, in one submission."""
    rows = [{"input_text": text, "target_language": "French"} for text in texts]
    return send(save_draft(by or desk.person, desk.key, desk.workflow, rows, uuid4(), "form"), desk.client)


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
