"""The formats that a person chose decide what has two meanings; a later choice changes nothing that was typed."""

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.core import notation
from pipelines_portal.core.notation import Notation
from pipelines_portal.entry.rows.cells import stored_text
from pipelines_portal.matching.columns import AS_TYPED
from pipelines_portal.submissions.shown_values import shown_values
from pipelines_portal.workflows.fields.numeric import Numeric
from pipelines_portal.workflows.fields.reading.numbers import json_number, number_readings, suggest_decimal
from pipelines_portal.workflows.fields.reading.times import readings
from tests.conftest import EVERY_TYPE
from tests.factories import open_workflow
from tests.pages import text_of

from .test_roads import in_form, in_row

NUMBER, TIME = Field(name="n", type="numeric"), Field(name="n", type="datetime")
COMMA, POINT = Notation(","), Notation(".")


@pytest.mark.parametrize(
    ("chosen", "text", "value"),
    [
        (COMMA, "1.240", 1240), (COMMA, "1,240", 1.24), (POINT, "1.240", 1.24), (POINT, "1,240", 1240),
        (POINT, "1.245", 1.245), (COMMA, "1.245", 1245), (COMMA, "1,245", 1.245), (COMMA, "12.500", 12500),
        (COMMA, "1.5", 1.5), (POINT, "1,5", 1.5), (COMMA, "1,234.50", 1234.5), (POINT, "1.234,50", 1234.5),
    ],
)  # fmt: skip
def test_a_chosen_number_format_settles_a_number(chosen: Notation, text: str, value: Any) -> None:
    """What has one meaning keeps it, however it is written."""
    with notation.override(chosen):
        assert in_form(NUMBER, text) == value
        stored = stored_text(NUMBER, text)
    assert in_form(NUMBER, stored) == value, "it means the same for everybody"


@pytest.mark.parametrize("chosen", [COMMA, POINT, Notation()])
@pytest.mark.parametrize("value", [1.245, 1245, 0.125, -12.5, 1240.5, "1234567890.1234567890"])
def test_a_value_that_is_shown_again_is_read_as_itself(chosen: Notation, value: Any) -> None:
    """A form that starts from a task, a corrected copy and a preset show values to people with other formats."""
    shown = Numeric(NUMBER).as_text(value)
    with notation.override(chosen):
        assert in_form(NUMBER, shown) == value
        assert in_row(NUMBER, stored_text(NUMBER, shown), AS_TYPED) == value


@pytest.mark.parametrize("text", ["12 %", "12.500 %", "1,250%"])
@pytest.mark.parametrize("chosen", [COMMA, POINT, Notation()])
def test_a_percentage_is_never_read_without_a_question(chosen: Notation, text: str) -> None:
    with notation.override(chosen):
        assert in_form(NUMBER, text) in ("asked", "wrong")
        assert in_row(NUMBER, stored_text(NUMBER, text), AS_TYPED) in ("asked", "wrong")


@pytest.mark.parametrize(("is_day_first", "value"), [(True, "2026-05-02T22:00:00Z"), (False, "2026-03-04T23:00:00Z")])
def test_a_chosen_date_format_settles_a_day(settings: Any, is_day_first: bool, value: str) -> None:
    settings.TIME_ZONE = "Europe/Vienna"
    with notation.override(Notation(is_day_first=is_day_first)):
        assert [in_form(TIME, "3/5/2026"), stored_text(TIME, "3/5/2026")] == [value, value]
        assert in_form(TIME, "3/5/2026 9am") == value.replace("22:00", "07:00").replace("23:00", "08:00").replace(
            "-02T", "-03T"
        ).replace("-04T", "-05T")
        assert stored_text(TIME, "3.5.2026 0:00") == "2026-05-02T22:00:00Z"


@pytest.mark.parametrize(
    ("text", "clock"),
    [("13/5/2026", datetime(2026, 5, 13)), ("5/13/2026", datetime(2026, 5, 13)),
     ("5/13/2026 12:30 pm", datetime(2026, 5, 13, 12, 30)), ("5/13/2026 12:15 am", datetime(2026, 5, 13, 0, 15))],
)  # fmt: skip
def test_a_time_with_one_meaning_needs_no_format(text: str, clock: datetime) -> None:
    assert readings(text, None, True) == readings(text, None, False) == [clock]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [("1000 %", ["10"]), ("5 %", ["0.05"]), ("12,34,567", ["1234567"]), ("1'2.3", []), ("1,2345,678", []),
     ("1.23.456", []), ("1.2345.678", [])],
)  # fmt: skip
def test_separators_and_percentages_are_read_exactly(text: str, numbers: list[str]) -> None:
    assert number_readings(text) == numbers


@pytest.mark.parametrize(("text", "mark"), [("0,125", ","), (".125", "."), ("1,125", ""), ("1,5", ","), ("10,125", "")])
def test_a_decimal_mark_is_shown_by_digits_around_it(text: str, mark: str) -> None:
    assert suggest_decimal([text]) == mark


@pytest.mark.parametrize(
    ("number", "sent"),
    [("1e-15", 1e-15), ("1e-16", "1e-16"), ("1e14", 10**14), ("1e15", "1e15"), ("123456789012345", 123456789012345),
     ("1234567890123456", "1234567890123456")],
)  # fmt: skip
def test_readers_of_json_agree_on_fifteen_digits(number: str, sent: Any) -> None:
    assert (json_number(number), type(json_number(number))) == (sent, type(sent))


@pytest.mark.parametrize(("is_day_first", "day"), [(True, datetime(2026, 5, 12)), (False, datetime(2026, 12, 5))])
def test_twelve_may_be_a_day_or_a_month(is_day_first: bool, day: datetime) -> None:
    assert readings("12/5/2026", None, is_day_first) == [day]


def test_formats_are_chosen_in_the_account(page: Any, person: User, saved_key: Any, api: Any) -> None:
    address = reverse("accounts:preference")
    page.post(address, {"name": "number_format", "value": ","})
    page.post(address, {"name": "date_format", "value": "day"})
    page.post(address, {"name": "number_format", "value": "x"})
    person.refresh_from_db()
    assert (person.number_format, person.date_format) == (",", "day")
    assert "Number format" in text_of(page.get(reverse("accounts:account")))
    workflow = open_workflow(saved_key, EVERY_TYPE)
    form = {"field-short": "A", "field-sure": "true", "field-amount": "1.000", "token": uuid4()}
    answered = page.post(reverse("new_task:create", args=[workflow.key_id, workflow.workflow_id]), form)
    assert "Enter a number from 1 to 10." in text_of(answered), "1.000 is a thousand"


@pytest.mark.parametrize(("chosen", "text"), [(Notation(), "1240.5"), (POINT, "1240.5"), (COMMA, "1240,5")])
def test_a_value_of_a_task_is_shown_in_the_persons_format(chosen: Notation, text: str) -> None:
    with notation.override(chosen):
        assert [shown.text for shown in shown_values({"n": 1240.5}, {})] == [text]
