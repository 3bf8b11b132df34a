"""The page says how long an import still takes, as soon as its pace is known."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.entry.imports.pace import time_left
from pipelines_portal.entry.models import Sheet
from pipelines_portal.submissions.models import Submission
from tests.pages import text_of

from .conftest import Checked, work
from .making import distinct
from .office import address
from .test_sending import send

NOW = timezone.now()


def sent(sheet: Sheet, number: int, rows: int, seconds: float | None, *, ago: float = 0) -> None:
    """Record a batch that took so many seconds, or that was sent so long `ago` and is not answered."""
    batch = sheet.submissions.filter(group_number=number)
    start = NOW - timedelta(seconds=ago)
    end = None if seconds is None else start + timedelta(seconds=seconds)
    status = Submission.Status.SENDING if seconds is None else Submission.Status.CREATED
    batch.update(row_count=rows, sent_at=start, finished_at=end, status=status)


def test_time_left_comes_from_the_batches_that_were_answered(page: Any, checked: Checked) -> None:
    sheet = checked(distinct(6), rows_per_request=2)
    send(page, sheet, 6)
    work()
    for number in (1, 2, 3):
        sent(sheet, number, 2, None)
    assert time_left(sheet, 6_000, NOW) == ""
    sent(sheet, 1, 1, 5)
    assert time_left(sheet, 6_000, NOW) == "", "one row tells nothing"
    sent(sheet, 2, 2, None, ago=6)
    assert time_left(sheet, 6_000, NOW).startswith("Waiting for Pipelines since "), "no page is silent"
    sent(sheet, 1, 5_000, 50, ago=60)
    sent(sheet, 2, 5_000, None, ago=20)
    assert time_left(sheet, 15_000, NOW) == "About 2 min left."
    assert time_left(sheet, 5_000, NOW) == "Less than a minute left."
    sent(sheet, 2, 5_000, None, ago=101)
    slower = time_left(sheet, 15_000, NOW)
    assert slower.startswith("Waiting for Pipelines since "), "nobody knows how much slower it is"


def test_the_page_tells_it_only_while_rows_are_sent(page: Any, checked: Checked) -> None:
    sheet = checked(distinct(6), rows_per_request=2)
    send(page, sheet, 6)
    work()
    assert " left." not in text_of(page.get(address(sheet, "progress")))
    Sheet.objects.filter(pk=sheet.pk).update(
        status=Sheet.Status.SENDING, due_at=NOW, row_counts={"created": 4, "ready": 2}
    )
    words = text_of(page.get(address(sheet, "progress")))
    assert "Less than a minute left. You can leave this page." in words
