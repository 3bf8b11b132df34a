"""What a restore makes of submissions that may have been sent after the backup."""

from typing import Any

import pytest

from pipelines_portal.submissions.models import Submission
from tests.factories import GOOD, Desk

Status = Submission.Status


@pytest.mark.parametrize(
    ("values", "becomes"),
    [
        ({}, Status.DRAFT),
        ({"attempt": 1}, Status.UNCONFIRMED),
        ({"attempt": 1, "is_called_off": True}, Status.DRAFT),
        ({"attempt": 1, "kind": "import"}, Status.UNCONFIRMED),
        ({"attempt": 1, "kind": "zip"}, Status.DRAFT),
        ({"attempt": 1, "status": Status.CREATED}, Status.CREATED),
        ({"attempt": 1, "status": Status.REJECTED}, Status.REJECTED),
    ],
)
def test_tried_drafts_are_unconfirmed(desk: Desk, values: dict[str, Any], becomes: str) -> None:
    submission = desk.draft(GOOD)
    Submission.objects.filter(pk=submission.pk).update(**values)
    Submission.objects.all().unconfirm_restored()
    submission.refresh_from_db()
    assert submission.status == becomes
    assert ("restored from a backup" in submission.reason) == (becomes == Status.UNCONFIRMED)


def test_what_was_being_sent_is_unconfirmed_and_a_person_decides(desk: Desk) -> None:
    submission = desk.draft(GOOD)
    submission.claim(0, until=None)
    Submission.objects.all().unconfirm_restored()
    submission.refresh_from_db()
    assert submission.status == Status.UNCONFIRMED
    assert {row.status for row in submission.rows.all()} == {"unconfirmed"}
    assert "restored from a backup" in desk.browser.get(f"/submissions/{submission.pk}/").content.decode()
