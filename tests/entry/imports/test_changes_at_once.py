"""A change is made out while others may write: what moved meanwhile is looked at again before it is written."""

from typing import Any

import pytest

from pipelines_portal.entry.imports import fixing
from pipelines_portal.entry.imports.fixing import change_rows, edit_row
from pipelines_portal.entry.models import ImportRow

from .conftest import Checked
from .making import distinct, statuses
from .test_races import first_call


def test_rows_that_somebody_else_changes_while_a_change_is_made_out_are_looked_at_again(
    checked: Checked, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_job = checked(distinct(3))

    def type_into_second() -> None:
        change_rows(import_job, person, "changed {}", lambda: [3], lambda row: edit_row(row, {"input_text": "Mine"}))

    first_call(monkeypatch, fixing, "_plan", type_into_second)
    german = {"target_language": "German"}
    change_rows(import_job, person, "changed {}", lambda: [2, 3], lambda row: edit_row(row, german))
    row = import_job.rows.get(number=3)
    assert row.edits == {"input_text": "Mine", "target_language": "German"}
    assert [change.rows.count() for change in import_job.changes.order_by("number")] == [1, 2]


def test_rows_that_are_found_to_be_tasks_while_a_change_is_made_out_stay(
    checked: Checked, person: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer came late: they are no longer anybody's to change."""
    import_job = checked(distinct(3))

    def found() -> None:
        import_job.rows.filter(number=3).update(status=ImportRow.Status.CREATED)

    first_call(monkeypatch, fixing, "_plan", found)
    outcome = change_rows(import_job, person, "set {} aside", lambda: [2, 3], fixing.set_aside)
    assert (outcome.changed, outcome.sent) == ([2], 1)
    assert statuses(import_job) == {2: "set_aside", 3: "created", 4: "ready"}
