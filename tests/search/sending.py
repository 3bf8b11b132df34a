"""Sends texts whose words are then indexed, as the worker does."""

from typing import Any
from uuid import uuid4

from pipelines_portal.search.keeping import keep_next
from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import send
from tests.factories import Desk


def send_texts(desk: Desk, *texts: str, by: Any = None) -> Submission:
    """Send a task for each text, in one submission, and index its words."""
    rows = [{"input_text": text, "target_language": "French"} for text in texts]
    submission = send(save_draft(by or desk.person, desk.key, desk.workflow, rows, uuid4(), "form"), desk.client)
    index_words()
    return submission


def index_words() -> None:
    while keep_next():
        pass
