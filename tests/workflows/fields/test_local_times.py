"""Times in the time zone of a person. An ambiguous time is asked about."""

from typing import Any

import pytest
from django.http import QueryDict

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.workflows.row_forms import payloads, row_forms
from pipelines_portal.workflows.schema_form import SchemaForm

SCHEMA = Schema(fields=[Field(name="due", type="datetime", title="Due")])


def typed(text: str, zone: str = "Europe/Vienna", **more: str) -> SchemaForm:
    data = QueryDict(mutable=True)
    data.update({"field-due": text, "zone": zone} | more)
    return SchemaForm(SCHEMA, data)


def shown(value: Any, zone: str) -> str:
    return str(SchemaForm(SCHEMA, values={"due": value}, zone=zone)["field-due"].value())


@pytest.mark.parametrize(
    ("text", "zone", "sent"),
    [
        ("2026-11-24T10:30", "Europe/Vienna", "2026-11-24T09:30:00Z"),
        ("2026-07-24T10:30", "Europe/Vienna", "2026-07-24T08:30:00Z"),
        ("2026-11-24T05:00", "Asia/Tokyo", "2026-11-23T20:00:00Z"),
        ("2026-11-24T10:30", "UTC", "2026-11-24T10:30:00Z"),
        ("2026-11-24T10:30", "", "2026-11-24T10:30:00Z"),
        ("2026-11-24T10:30", "../../etc/passwd", "2026-11-24T10:30:00Z"),
        ("2026-11-24T10:30:00+05:00", "Europe/Vienna", "2026-11-24T10:30:00+05:00"),
        ("2026-11-24T10:30:00Z", "Europe/Vienna", "2026-11-24T10:30:00Z"),
    ],
)
def test_a_local_time_is_sent_in_utc(text: str, zone: str, sent: str) -> None:
    form = typed(text, zone)
    assert form.is_valid(), form.errors
    assert form.payload() == {"due": sent}


def test_rows_of_an_archive_use_the_same_time_zone() -> None:
    data = QueryDict(mutable=True)
    data.update({"row-1-due": "2026-11-24T10:30", "row-2-due": "2026-10-25T02:30", "offset-row-2-due": "+02:00"})
    typed_rows = row_forms(SCHEMA, 2, data, zone="Europe/Vienna")
    assert payloads(typed_rows) == [{"due": "2026-11-24T09:30:00Z"}, {"due": "2026-10-25T00:30:00Z"}]


def test_a_time_that_the_clock_change_skips_is_refused() -> None:
    form = typed("2026-03-29T02:30")
    assert form.errors["field-due"] == [
        "02:30 on 29 March 2026 never came in Vienna: the clocks were put forward. "
        "Write 2026-03-29 01:30 or 2026-03-29 03:30."
    ]


def test_an_ambiguous_time_is_asked_about() -> None:
    form = typed("2026-10-25T02:30")
    assert "came twice in Vienna" in form.errors["field-due"][0]


@pytest.mark.parametrize(("offset", "utc"), [("+02:00", "00:30"), ("+01:00", "01:30")])
def test_the_answer_selects_one_of_the_two_times(offset: str, utc: str) -> None:
    form = typed("2026-10-25T02:30", **{"offset-field-due": offset})
    assert form.is_valid(), form.errors
    assert form.payload() == {"due": f"2026-10-25T{utc}:00Z"}
    assert shown(f"2026-10-25T{utc}:00Z", "Europe/Vienna") == f"2026-10-25T02:30{offset}"


@pytest.mark.parametrize("offset", ["+07:00", "Z", "<b>"])
def test_an_answer_that_is_neither_of_the_two_times_is_ignored(offset: str) -> None:
    assert "came twice" in str(typed("2026-10-25T02:30", **{"offset-field-due": offset}).errors)


def test_an_answer_to_another_time_is_discarded() -> None:
    form = typed("2026-10-26T02:30", **{"offset-field-due": "+02:00"})
    assert form.is_valid(), form.errors
    assert form.payload() == {"due": "2026-10-26T01:30:00Z"}


@pytest.mark.parametrize(
    ("value", "zone", "text"),
    [
        ("2026-11-24T09:30:00Z", "Europe/Vienna", "2026-11-24T10:30"),
        ("2026-11-24T09:30:05Z", "Europe/Vienna", "2026-11-24T10:30:05"),
        ("2026-11-24T09:30:00Z", "UTC", "2026-11-24T09:30"),
        ("2026-11-24T09:30:00+05:00", "Asia/Tokyo", "2026-11-24T13:30"),
        ("when it rains", "Asia/Tokyo", "when it rains"),
    ],
)
def test_a_sent_time_is_shown_in_the_time_zone_of_the_person(value: str, zone: str, text: str) -> None:
    assert shown(value, zone) == text


@pytest.mark.parametrize("text", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_the_first_and_the_last_time_cause_no_error(text: str) -> None:
    for zone in ("Asia/Tokyo", "America/New_York", "UTC"):
        form = typed(text, zone)
        assert form.is_valid() or form.errors["field-due"]
