"""People who sent something, before a real External API."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from pipelines_portal.search.keeping import keep_next
from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import send
from tests.submissions.conftest import Desk, desk, other_desk

__all__ = ["desk", "other_desk"]
Send = Callable[..., Submission]


@pytest.fixture
def sent() -> Send:
    """`sent(desk, "text", …)`: a task for each text, and its words kept, as the worker does."""

    def send_(at: Desk, *texts: str, by: Any = None) -> Submission:
        rows = [{"input_text": text, "target_language": "French"} for text in texts]
        submission = send(save_draft(by or at.person, at.key, at.workflow, rows, uuid4(), "form"), at.client)
        keep_all()
        return submission

    return send_


def keep_all() -> None:
    while keep_next():
        pass
