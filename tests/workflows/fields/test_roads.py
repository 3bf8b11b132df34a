"""The same typed text has the same value or the same doubt in a form, in a cell of the grid and in a file."""

from typing import Any

import pytest

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.rows.cells import stored_text
from pipelines_portal.matching.columns import AS_TYPED, NO_HEADER, Column, Matching
from pipelines_portal.matching.row_values import RowReader
from pipelines_portal.workflows.fields.verdicts import OF_FILE, Verdict
from pipelines_portal.workflows.schema_form import PREFIX, SchemaForm

VIENNA = "Europe/Vienna"
ASKED, WRONG = "asked", "wrong"
NUMBERS: dict[str, Any] = {
    "5": 5, " 7 ": 7, "0": 0, "007": 7, "-5": -5, "+5": 5, "\u22125": -5, "\u20135": -5, "5-": -5, "(5)": -5,
    "5.5": 5.5, "5,5": 5.5, ".5": 0.5, "5.": 5, "1240.50": 1240.5, "1240,50": 1240.5, "12.0": 12, "0.125": 0.125,
    "0,125": 0.125, "1.240": ASKED, "1,240": ASKED, "12.345": ASKED, "-1,234": ASKED, "1.234,50": 1234.5,
    "1,234.50": 1234.5, "1.234.567": 1234567, "1,234,567": 1234567, "1 234": 1234, "1\u202f234,5": 1234.5,
    "1'234": 1234, "1'234.50": 1234.5, "\u20ac 12": 12, "12 \u20ac": 12, "84,90 \u20ac": 84.9, "$1,234.00": 1234,
    "EUR 12": 12, "CHF 1'200.50": 1200.5, "3 EUR": 3, "5,-": 5, "5.\u2014": 5, "1.000,- \u20ac": 1000, "1e3": 1000,
    "2.5e-3": 0.0025, "12 %": ASKED, "5%": ASKED, "123456789012345": 123456789012345,
    "1234567890123456789": "1234567890123456789", "0.1234567890123456": "0.1234567890123456", "four": WRONG,
    "1_0": WRONG, "0x5": WRONG, "\u0663": WRONG, "NaN": WRONG, "inf": WRONG, "1,2,3": WRONG, "1..2": WRONG,
    "--5": WRONG, "5 kg": WRONG, "1 23": WRONG, "=5": WRONG, "1e999": WRONG, "9" * 500: WRONG,
}  # fmt: skip
RANKED = Field(name="n", type="ranking", format_hint="Each once, first is highest: Billing, Delivery, Claims, App")
RANKINGS: dict[str, Any] = {
    "2134": ["Delivery", "Billing", "Claims", "App"], "dbac": ["Delivery", "Billing", "App", "Claims"],
    "D B A C": ["Delivery", "Billing", "App", "Claims"], "d > b > c > a": ["Delivery", "Billing", "Claims", "App"],
    "app, claims, billing, delivery": ["App", "Claims", "Billing", "Delivery"],
    "Delivery > Billing > Claims > App": ["Delivery", "Billing", "Claims", "App"],
    "213": WRONG, "2133": WRONG, "dbax": WRONG, "Delivery > Billing": WRONG, "1 2 3 5": WRONG,
}  # fmt: skip
MIDNIGHT = "2026-03-29T22:00:00Z"
TIMES: dict[str, Any] = {
    "2026-03-30": MIDNIGHT, "30.3.2026": MIDNIGHT, "30.03.2026": MIDNIGHT, "30.3.26": MIDNIGHT, "30/3/2026": MIDNIGHT,
    "3/30/2026": MIDNIGHT, "2026/03/30": MIDNIGHT, "20260330": MIDNIGHT, "30-03-2026": MIDNIGHT,
    "3 \u017fep 2026": WRONG,
    "30-Mar-2026": MIDNIGHT, "30 Mar 2026": MIDNIGHT, "March 30, 2026": MIDNIGHT, "03.04.2026": "2026-04-02T22:00:00Z",
    "3-4-2026": ASKED, "3.5.26 9:00": "2026-05-03T07:00:00Z", "30.3.2026 10:15": "2026-03-30T08:15:00Z",
    "30.3.2026 10:15 Uhr": "2026-03-30T08:15:00Z", "2026-03-30 10:15": "2026-03-30T08:15:00Z",
    "2026-03-30T10:15:00Z": "2026-03-30T10:15:00Z", "3/4/2026": ASKED, "03/04/26": ASKED, "2026-10-25 02:30": WRONG,
    "2026-03-29 02:30": WRONG, "2026-02-30": WRONG, "31.2.2026": WRONG, "soon": WRONG, "2026-13-01": WRONG,
}  # fmt: skip


def shown(verdict: Verdict, name: str) -> Any:
    if not verdict.problems:
        return verdict.values.get(name)
    return ASKED if verdict.problems[0].kind in OF_FILE else WRONG


def in_form(known: Field, text: str) -> Any:
    form = SchemaForm(Schema(fields=[known]), {PREFIX + known.name: text, "zone": VIENNA})
    assert form.is_valid() is not bool(form.verdict.problems)
    return shown(form.verdict, known.name)


def in_row(known: Field, text: str, decimal: str) -> Any:
    matching = Matching(NO_HEADER, [Column("", known.name)], decimal=decimal, zone=VIENNA)
    return shown(RowReader(Schema(fields=[known]), matching).read([], {known.name: text}), known.name)


@pytest.mark.parametrize("text", NUMBERS)
def test_a_number_means_the_same_on_each_road(text: str) -> None:
    known = Field(name="n", type="numeric")
    read = [in_form(known, text), in_row(known, text, AS_TYPED), in_row(known, text, "")]
    assert [(value, type(value)) for value in read] == [(NUMBERS[text], type(NUMBERS[text]))] * 3


@pytest.mark.parametrize("text", RANKINGS)
def test_a_ranking_is_written_in_short(text: str) -> None:
    cell = stored_text(RANKED, text)
    assert [in_row(RANKED, cell, AS_TYPED), in_row(RANKED, text, "")] == [RANKINGS[text]] * 2


@pytest.mark.parametrize("text", TIMES)
def test_a_time_means_the_same_on_each_road(text: str, settings: Any) -> None:
    settings.TIME_ZONE = VIENNA
    known = Field(name="n", type="datetime")
    cell = stored_text(known, text)
    assert [in_form(known, text), in_row(known, cell, AS_TYPED), in_row(known, text, "")] == [TIMES[text]] * 3
