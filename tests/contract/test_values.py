"""The form, a file of rows and the API judge a value alike."""

import json
from typing import Any

import pytest

from pipelines_portal.api_client import Field, PipelinesClient, Schema, Transport
from pipelines_portal.workflows.schema_form import PREFIX, SchemaForm
from tests import samples
from tests.client_calls import create_rows
from tests.fake_api import FakeApi
from tests.uploads.reading import read_rows
from tests.workflows.fields.written import CASES, NATIVE, Doubt
from tests.workflows.fields.written import FIELDS as WRITTEN_FIELDS

WORKFLOW = 7001
FIELDS: dict[str, dict[str, Any]] = {
    "text": {"type": "short_text"},
    "code": {"type": "code"},
    "sure": {"type": "boolean"},
    "amount": {"type": "numeric"},
    "bounded": {"type": "numeric", "min": 1, "max": 10},
    "least": {"type": "numeric", "min": -5},
    "stars": {"type": "rating", "min": 1, "max": 5},
    "marks": {"type": "rating", "min": 0, "max": 100},
    "due": {"type": "datetime"},
    "colour": {"type": "select", "options": ["red", "7"]},
    "order": {"type": "ranking"},
    "places": {"type": "ranking", "options": ["gold", "silver"]},
}
# What people type, in a form or in a cell. Not what no form can post: words for its buttons, for example.
TYPED: list[tuple[str, str, bool]] = [
    *(("text", text, True) for text in ("a", "1", "true", "Grüße 👋")),
    *(
        ("amount", text, True)
        for text in ("7", "-1.5", " 3 ", "1e3", ".5", "+2", "12345678901234567890", "2.50", "007", "1 000")
    ),
    *(("amount", text, False) for text in ("1_000", "٧", "nan", "inf", "1e999", "0x10", "1,5,5", "four", "７")),
    *(("bounded", text, True) for text in ("1", "10", "10.0", "9.99")),
    *(("bounded", text, False) for text in ("0", "11", "10.01", "99", "1e2")),
    *(("least", text, True) for text in ("-5", "0", "1e9")),
    *(("least", text, False) for text in ("-5.5", "-6")),
    *(("stars", text, True) for text in ("1", "5")),
    *(("stars", text, False) for text in ("0", "6", "9", "x")),
    *(("marks", text, True) for text in ("0", "100", "50.0", "1e1")),
    *(("marks", text, False) for text in ("101", "-1", "5.5", "5_0", "٧")),
    *(("due", text, True) for text in ("2026-03-30T12:00:00Z", "2026-03-30 12:00", "2026-03-30", "20260330T120000")),
    *(("due", text, True) for text in ("2026-03-30T12:00:00.123+02:00", " 2026-03-30 ", "2026-03-30T12:00 ")),
    ("due", "30/03/2026", True),
    *(
        ("due", text, False)
        for text in (
            "soon",
            "2026-02-30",
            "2026-03-30T24:01",
            "2026-13-01T00:00:00Z",
            "3/4/2026",
            "2026-03-30T25:00:00Z",
        )
    ),  # fmt: skip
    *(("colour", text, True) for text in ("red", "7", "Red")),
    ("colour", "blue", False),
    *(("sure", text, True) for text in ("true", "false", "x", "Ja", "off")),
    ("order", "a", True),
    *(("places", text, False) for text in ("gold", "bronze")),
    *(("sure", text, False) for text in ("maybe", "2")),
]
# What JSON can say, and people cannot type.


class Judge:
    """The API with a workflow that has a field of each type, and a client."""

    def __init__(self, api: FakeApi) -> None:
        fields = [samples.field(name, **{"required": False} | config) for name, config in FIELDS.items()]
        anchor = samples.field("anchor", required=False)
        api.load(samples.organization("Values", samples.workflow(WORKFLOW, fields=[anchor, *fields])))
        self.client = PipelinesClient(Transport(api.url, 60), api.new_key("Values"))
        self.schema = self.client.schema(WORKFLOW)

    def accepts(self, name: str, value: Any) -> bool:
        good, judged = {"anchor": "x"}, {name: value}
        return not create_rows(self.client, WORKFLOW, [good, judged]).errors


def from_file(schema: Schema, data: str, name: str) -> tuple[Any, bool]:
    """Return the value that a file of one row sends, and True if the row has no error."""
    row = read_rows("rows", data.encode(), schema).given[0]
    return row.values.get(name), not row.errors


def from_form(schema: Schema, name: str, text: str) -> tuple[Any, bool]:
    form = SchemaForm(schema, {PREFIX + name: text})
    return (form.payload()[name], True) if form.is_valid() else (text, False)


@pytest.mark.parametrize(("name", "text", "is_good"), TYPED)
def test_a_typed_value_is_judged_alike_by_form_file_and_api(api: FakeApi, name: str, text: str, is_good: bool) -> None:
    """S124, S132: what form and file accept, the API accepts. A file may also write it in another way."""
    judge = Judge(api)
    schema = judge.schema
    cell, cell_is_good = from_file(schema, f'anchor,{name}\nx,"{text}"\n', name)
    typed, form_is_good = from_form(schema, name, text)
    assert (cell_is_good or not is_good, form_is_good) == (True, is_good)
    assert judge.accepts(name, typed) == is_good
    assert judge.accepts(name, cell) or not cell_is_good


def test_the_api_takes_each_written_value(api: FakeApi) -> None:
    """The values that form, grid and files send for the texts of tests/workflows/fields/written.py."""
    fields = list(WRITTEN_FIELDS.values())
    api.load(samples.organization("Written", samples.workflow(WORKFLOW, fields=fields)))
    client = PipelinesClient(Transport(api.url, 60), api.new_key("Written"))
    rows = [{case.field: case.means} for case in (*CASES, *NATIVE) if not isinstance(case.means, Doubt)]
    assert create_rows(client, WORKFLOW, rows).errors == []
    assert [json.dumps(task.fields) for task in api.tasks.values()] == [json.dumps(row) for row in rows]


def test_a_decimal_comma_is_read_and_sent_as_a_point(api: FakeApi) -> None:
    """S132: the API refuses a decimal comma, which many countries use."""
    judge = Judge(api)
    schema = judge.schema
    assert from_file(schema, 'anchor,amount\nx,"1,5"\n', "amount") == (1.5, True)
    assert from_form(schema, "amount", "1,5") == (1.5, True)
    assert [judge.accepts("amount", value) for value in (1.5, "1,5")] == [True, False]


@pytest.mark.parametrize("text", ["1,234", "12,345", "-1,234"])
def test_a_comma_that_may_separate_thousands_is_asked_about(api: FakeApi, text: str) -> None:
    schema = Judge(api).schema
    assert from_form(schema, "amount", text) == (text, False)


RANKING = Field(name="order", type="ranking", format_hint="Each once, first is highest: a, b")


@pytest.mark.parametrize(
    ("ranked", "is_good"),
    [(["b", "a"], True), (["a"], False), (["a", "a"], False), (["a", "c"], False), (["a", 1], False), ("b, a", True)],
)
def test_a_ranking_must_name_all_items_of_its_hint(ranked: Any, is_good: bool) -> None:
    schema = Schema(fields=[RANKING, Field(name="anchor")])
    if isinstance(ranked, str):
        assert from_file(schema, f'anchor,order\nx,"{ranked}"\n', "order")[1] is is_good
    if isinstance(ranked, list) and all(isinstance(item, str) for item in ranked):
        assert from_form(schema, "order", "\n".join(ranked))[1] is is_good


def test_an_item_with_a_comma_is_left_to_the_api() -> None:
    schema = Schema(fields=[Field(name="order", type="ranking", format_hint="Each once, first is highest: a, b, c")])
    assert from_file(schema, 'order\n"[""b, c"", ""a""]"\n', "order")[1]


@pytest.mark.parametrize("text", ["9" * 5000, "0" * 5000 + "1", "1e400"])
def test_a_number_with_too_many_digits_is_refused_by_the_form(text: str) -> None:
    for kind in ("rating", "numeric"):
        assert from_form(Schema(fields=[Field(name="n", type=kind)]), "n", text) == (text, False)
