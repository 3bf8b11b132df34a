"""A row is judged once more before it is sent. If it means something else now, no task is created of it."""

from typing import Any

from pipelines_portal.entry import texts
from pipelines_portal.entry.models import Sheet
from pipelines_portal.submissions.models import Submission
from tests.entry.grid.conftest import TypedGrid, end_wait
from tests.factories import open_workflow
from tests.pages import text_of

from .conftest import Checked, work

# As an earlier version stored it: the digest of other values.
EARLIER = "0" * 64


def test_rows_of_a_file_are_shown_again(page: Any, checked: Checked) -> None:
    sheet = checked([["Hello", "French"], ["Bye", "German"]])
    sheet.rows.filter(number=3).update(digest=EARLIER)
    assert sheet.start_sending(sheet.owner, 2)
    work()
    sheet.refresh_from_db()
    assert (sheet.status, sheet.problem) == (Sheet.Status.CHECKED, texts.READ_DIFFERENTLY)
    assert texts.READ_DIFFERENTLY in text_of(page.get(sheet.get_absolute_url(), follow=True))
    assert not Submission.objects.exists()
    assert set(sheet.rows.values_list("status", flat=True)) == {"ready"}
    assert not sheet.rows.filter(digest=EARLIER).exists()
    assert sheet.start_sending(sheet.owner, 2)
    work()
    sheet.refresh_from_db()
    assert sheet.counts().created == 2


def test_typed_rows_are_shown_again(page: Any, saved_key: Any) -> None:
    grid = TypedGrid(page, open_workflow(saved_key), saved_key.owner)
    grid.fill(2)
    grid.job.rows.filter(number=2).update(digest=EARLIER)
    answer = grid.create(2)
    assert texts.READ_DIFFERENTLY in text_of(answer)
    assert not Submission.objects.exists()
    work()
    assert grid.statuses() == {1: "ready", 2: "ready"}
    grid.create(2)
    end_wait()
    work()
    assert grid.statuses() == {1: "created", 2: "created"}
