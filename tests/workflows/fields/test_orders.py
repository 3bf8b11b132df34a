"""Orders of items, with one line or one input for each item."""

import pytest
from django.http import QueryDict

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.checking import check_row
from pipelines_portal.workflows.fields.ranking import Ranking, moved
from pipelines_portal.workflows.schema_form import SchemaForm

HINT = "Each once, first is highest: Billing, Delivery, Defect"


def ranking(*, required: bool = False) -> Field:
    return Field(name="topics", type="ranking", format_hint=HINT, required=required)


def posted(required: bool, *items: str, **more: str) -> SchemaForm:
    data = QueryDict(mutable=True)
    data.setlist("field-topics", list(items))
    data.update(more)
    return SchemaForm(Schema(fields=[ranking(required=required)]), data)


@pytest.mark.parametrize("cell", ["", "  ", "\n"])
def test_an_empty_cell_contains_no_order(cell: str) -> None:
    """A row of an import may omit an optional order, and not a required one."""
    assert check_row([ranking()], {"topics": cell}, Notation(), "UTC", None).problems == []
    (missing,) = check_row([ranking(required=True)], {"topics": cell}, Notation(), "UTC", None).problems
    assert missing.is_missing


def test_the_inputs_of_a_form_are_one_order() -> None:
    form = posted(True, "Defect", "Billing", "Delivery", **{"listed-field-topics": "1", "send-field-topics": "1"})
    assert form.is_valid(), form.errors
    assert form.payload() == {"topics": ["Defect", "Billing", "Delivery"]}


def test_a_required_order_without_a_choice_is_refused() -> None:
    form = posted(True, "Billing", "Delivery", "Defect", **{"listed-field-topics": "1"})
    assert form.errors["field-topics"] == ["topics is missing: put its items in order."]


def test_an_optional_order_is_sent_if_it_was_chosen() -> None:
    listed = {"listed-field-topics": "1"}
    order = ("Defect", "Billing", "Delivery")
    left = posted(False, *order, **listed)
    assert left.is_valid()
    assert left.payload() == {}
    sent = posted(False, *order, **listed, **{"send-field-topics": "1"})
    assert sent.is_valid()
    assert sent.payload() == {"topics": list(order)}


def test_lines_of_text_are_an_order() -> None:
    form = posted(False, "Defect\r\nBilling\r\nDelivery")
    assert form.is_valid(), form.errors
    assert form.payload() == {"topics": ["Defect", "Billing", "Delivery"]}


def test_the_list_shows_every_item_once() -> None:
    assert Ranking(ranking()).in_order("Defect\nGone\nDefect") == ["Defect", "Billing", "Delivery"]
    assert Ranking(ranking()).in_order("") == ["Billing", "Delivery", "Defect"]


@pytest.mark.parametrize(
    ("place", "by", "result"),
    [(1, -1, "bac"), (0, 1, "bac"), (2, -1, "acb"), (0, -1, "abc"), (2, 1, "abc"), (9, 1, "abc")],
)
def test_an_item_moves_by_one_place(place: int, by: int, result: str) -> None:
    assert "".join(moved(list("abc"), place, by)) == result
