"""What a restore makes of submissions that may have been sent after the backup."""

from typing import Any

import pytest

from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.restored import unconfirm_restored
from pipelines_portal.submissions.transitions import claim
from tests.factories import GOOD, Desk

State = Submission.State


@pytest.mark.parametrize(
    ("values", "becomes"),
    [
        ({}, State.DRAFT),
        ({"attempt": 1}, State.UNKNOWN),
        ({"attempt": 1, "is_called_off": True}, State.DRAFT),
        ({"attempt": 1, "kind": "import"}, State.UNKNOWN),
        ({"attempt": 1, "kind": "zip"}, State.DRAFT),
        ({"attempt": 1, "state": State.DONE}, State.DONE),
        ({"attempt": 1, "state": State.REJECTED}, State.REJECTED),
    ],
)
def test_tried_drafts_are_unconfirmed(desk: Desk, values: dict[str, Any], becomes: str) -> None:
    submission = desk.draft(GOOD)
    Submission.objects.filter(pk=submission.pk).update(**values)
    unconfirm_restored()
    submission.refresh_from_db()
    assert submission.state == becomes
    assert ("restored from a backup" in submission.reason) == (becomes == State.UNKNOWN)


def test_what_was_being_sent_is_unconfirmed_and_a_person_decides(desk: Desk) -> None:
    submission = desk.draft(GOOD)
    claim(submission, 0, until=None)
    unconfirm_restored()
    submission.refresh_from_db()
    assert submission.state == State.UNKNOWN
    assert {row.state for row in submission.rows.all()} == {"unknown"}
    assert "restored from a backup" in desk.browser.get(f"/submissions/{submission.pk}/").content.decode()
