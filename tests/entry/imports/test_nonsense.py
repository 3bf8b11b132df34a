"""Invalid responses to each call of an import cause a message, never a 500 or a second request."""

from typing import Any

import pytest
from django.utils import timezone

from pipelines_portal.entry.models import Sheet
from tests.each_case import each_case
from tests.fake_api import FakeApi, answer, error, hang_up
from tests.pages import text_of

from .conftest import Checked, work
from .making import distinct, statuses
from .test_sending import address, begin

NONSENSE = {
    "hung up": hang_up,
    "no JSON": answer(200, text="<html>Gateway</html>"),
    "nothing": answer(200, text=""),
    "null": answer(200, None),
    "a list": answer(200, []),
    "a number": answer(200, 7),
    "deep": answer(200, text="[" * 100_000),
    "other keys": answer(200, {"tasks": "x", "fields": 3, "task_ids": {}, "success_count": "two"}),
    "not found": error(404, "not_found", "No such workflow."),
    "moved": answer(302, None, Location="http://127.0.0.1:1/"),
    "server error": answer(500, text="Traceback (most recent call last)"),
}
# The API client treats the others like one of these.
SHORT = ("hung up", "no JSON", "other keys", "not found", "server error")
COUNTS = {
    "too few": {"success_count": 1, "error_count": 0, "task_ids": [1], "errors": []},
    "too many": {"success_count": 4, "error_count": 0, "task_ids": [1, 2, 3, 4], "errors": []},
    "ids twice": {"success_count": 3, "error_count": 0, "task_ids": [1, 1, 2], "errors": []},
    "ids below": {"success_count": 3, "error_count": 0, "task_ids": [-1, -2, -3], "errors": []},
    "ids wide": {"success_count": 3, "error_count": 0, "task_ids": [2**63, 2**64, 10**30], "errors": []},
    "errors beyond": {
        "success_count": 2, "error_count": 1, "task_ids": [1, 2],
        "errors": [{"index": index, "field_name": None, "message": "No"} for index in (7, -1, 10**12)],
    },
    "error of all rows": {
        "success_count": 2, "error_count": 1, "task_ids": [1, 2],
        "errors": [{"index": index, "field_name": "x" * 3000, "message": "No" * 9000} for index in (0, 1, 2, 1)],
    },
}  # fmt: skip


def play(sheet: Sheet, api: FakeApi) -> Sheet:
    work()
    sheet.refresh_from_db()
    assert len([each for each in api.requests if each.method == "POST"]) <= 1
    return sheet


@pytest.mark.parametrize(
    "case", [*SHORT, *(pytest.param(case, marks=pytest.mark.full) for case in NONSENSE if case not in SHORT)]
)
@each_case("call", ["/schema", "GET", "POST"])
def test_no_row_is_sent_twice_after_any_response(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi, call: str, case: str
) -> None:
    """The calls are the fields, the newest task, the request, and the evidence after a lost response."""
    sheet = checked(distinct(3))
    begin(sheet, person)
    scripted_api.routes[call] = NONSENSE[case]
    sheet = play(sheet, scripted_api)
    assert sheet.status in (Sheet.Status.PAUSED, Sheet.Status.UNCONFIRMED) or (
        sheet.status == Sheet.Status.SENDING and sheet.due_at > timezone.now()
    )
    assert sheet.problem
    assert not set(statuses(sheet).values()) & {"created", "rejected"}
    scripted_api.routes["GET"] = NONSENSE[case]
    shown = page.get(address(sheet, "detail"), follow=True)
    assert shown.status_code == 200 and "Traceback" not in text_of(shown)


@each_case("case", COUNTS)
def test_counts_that_disagree_need_a_decision(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi, case: str
) -> None:
    sheet = checked(distinct(3))
    begin(sheet, person)
    scripted_api.routes["POST"] = answer(200, COUNTS[case])
    sheet = play(sheet, scripted_api)
    assert page.get(address(sheet, "detail"), follow=True).status_code == 200
    counts = sorted(statuses(sheet).values())
    assert "ready" not in counts and "requested" not in counts
    assert sheet.status == Sheet.Status.UNCONFIRMED or sheet.status == Sheet.Status.CHECKED
    if sheet.status == Sheet.Status.CHECKED:
        assert case.startswith("error")


def test_a_field_that_comes_back_is_sent_again(
    page: Any, checked: Checked, person: Any, settings: Any, scripted_api: FakeApi, before_api: FakeApi
) -> None:
    sheet = checked(distinct(3))
    begin(sheet, person)
    known = scripted_api.routes["/schema"]
    scripted_api.routes["/schema"] = answer(
        200, {"workflow_id": 42, "fields": [{"name": "other", "type": "short_text"}]}
    )
    sheet = play(sheet, scripted_api)
    assert set(statuses(sheet).values()) == {"to_fix"}
    settings.PIPELINES_API_URL = before_api.url
    scripted_api.routes["/schema"] = known
    begin(sheet, person)
    work()
    assert set(statuses(sheet).values()) == {"ready"}
    begin(sheet, person)
    work()
    assert set(statuses(sheet).values()) == {"created"}


@each_case("fields", [[], [{"name": "other", "type": "short_text"}], [{"name": "", "type": ""}], None])
def test_removed_fields_leave_rows_to_fix(
    page: Any, checked: Checked, person: Any, scripted_api: FakeApi, fields: Any
) -> None:
    sheet = checked(distinct(3))
    begin(sheet, person)
    scripted_api.routes["/schema"] = answer(200, {"workflow_id": 42, "fields": fields})
    sheet = play(sheet, scripted_api)
    assert not [each for each in scripted_api.requests if each.method == "POST"]
    for name in ("page", "detail"):
        assert page.get(address(sheet, name), follow=True).status_code == 200
    assert sheet.status in (Sheet.Status.PAUSED, Sheet.Status.CHECKED), sheet.problem
