"""A change is computed while others may write, and compares the rows before it is stored."""

from typing import Any

import pytest

from pipelines_portal.entry.models import Row
from pipelines_portal.entry.rows import fixing
from pipelines_portal.entry.rows.fixing import change_rows, edit_row

from .conftest import Checked
from .making import distinct, statuses
from .test_races import first_call


def test_rows_that_change_during_a_change_are_read_again(
    checked: Checked, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = checked(distinct(3))

    def type_into_second() -> None:
        change_rows(sheet, person, "Edit rows", [3], lambda row: edit_row(row, {"input_text": "Mine"}))

    first_call(monkeypatch, fixing, "_plan", type_into_second)
    german = {"target_language": "German"}
    change_rows(sheet, person, "Edit rows", [2, 3], lambda row: edit_row(row, german))
    row = sheet.rows.get(number=3)
    assert row.edits == {"input_text": "Mine", "target_language": "German"}
    assert [change.rows.count() for change in sheet.changes.order_by("number")] == [1, 2]


def test_rows_that_become_tasks_during_a_change_are_not_changed(
    checked: Checked, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A late response created their tasks, so nobody may change them."""
    sheet = checked(distinct(3))

    def found() -> None:
        sheet.rows.filter(number=3).update(status=Row.Status.CREATED)

    first_call(monkeypatch, fixing, "_plan", found)
    outcome = change_rows(sheet, person, "Skip rows", [2, 3], fixing.skip_row)
    assert (outcome.changed, outcome.sent) == ([2], 1)
    assert statuses(sheet) == {2: "set_aside", 3: "created", 4: "ready"}
