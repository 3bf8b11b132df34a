"""After a change of the fields nothing is sent, and the page names the changes."""

from typing import Any

import pytest

from pipelines_portal.api_client import Schema
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rows.schema_changes import changes_between
from pipelines_portal.entry.statuses import SheetStep
from pipelines_portal.matching.columns import Matching
from tests import samples
from tests.fake_api import answer, fake_api, task_list
from tests.pages import text_of

from .conftest import Checked, work
from .making import GOOD, statuses
from .test_sending import address

TEXT, LANGUAGE, NOTES = samples.TRANSLATION_FIELDS


def schema(*fields: dict[str, Any]) -> Schema:
    return Schema.model_validate({"workflow_id": 42, "fields": fields})


@pytest.mark.parametrize(
    ("before", "now", "what"),
    [
        ([TEXT], [TEXT, NOTES], "Notes: new"),
        ([TEXT], [TEXT, NOTES | {"required": True}], "Notes: new and required"),
        ([TEXT, NOTES], [TEXT], "Notes: removed"),
        ([NOTES], [NOTES | {"required": True}], "Notes: now required"),
        ([TEXT], [TEXT | {"required": False, "title": "Text"}], "Text: was called Text to translate; "
         "now optional"),
        ([NOTES], [NOTES | {"type": "numeric"}], "Notes: type changed from short_text to numeric"),
        ([LANGUAGE], [LANGUAGE | {"options": ["French", "Dutch"]}],
         "Target language: options removed: German, Spanish; options added: Dutch"),
        ([TEXT, NOTES], [NOTES, TEXT], "Fields: new order or description"),
    ],
)  # fmt: skip
def test_each_change_is_described(before: Any, now: Any, what: str) -> None:
    changes = changes_between(schema(*before), schema(*now))
    assert [f"{change['label']}: {change['what']}" for change in changes] == [what]


def test_sending_stops_and_names_the_changes(page: Any, checked: Checked, person: Any, settings: Any) -> None:
    """A column whose field is gone is set aside, and says why; what was good may be to be fixed now."""
    sheet = checked([GOOD, ["Hola", "Spanish"]])
    fields = [LANGUAGE | {"options": ["French"]}, samples.field("domain")]
    with fake_api(task_list()) as api:
        settings.PIPELINES_API_URL = api.url
        api.routes["/schema"] = answer(200, {"workflow_id": 42, "fields": fields})
        assert sheet.start_sending(person, 2, one_row_first=False)
        work()
        sheet.refresh_from_db()
        assert sheet.status == Sheet.Status.CHECKED and statuses(sheet) == {2: "ready", 3: "to_fix"}
        assert not any(request.method == "POST" for request in api.requests)
        words = text_of(page.get(address(sheet, "page")))
        assert "This workflow’s fields changed" in words
        assert "options removed: German, Spanish" in words
        assert "removed" in words
        assert "new" in words
        column = Matching.load(sheet.matching).columns[0]
        assert column.is_aside and column.how == "the workflow no longer has this field"
        assert sheet.start_sending(person, 1, one_row_first=False)
        sheet.refresh_from_db()
        assert sheet.schema_changes == []


def test_the_page_of_the_sending_is_replaced_by_the_check(page: Any, checked: Checked, person: Any) -> None:
    """Before a request was made: the check takes its place whole, not in the middle of it."""
    sheet = checked([GOOD])
    sheet.start_sending(person, 1, one_row_first=False)
    assert sheet.take_step(SheetStep.RECHECK, Sheet.Status.CHECKING)
    headers = {"HX-Request": "true", "HX-Target": "progress"}
    polled = page.get(address(sheet, "progress"), headers=headers)
    assert (polled["HX-Redirect"], polled.content) == (address(sheet, "detail"), b"")
