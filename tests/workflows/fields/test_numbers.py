"""Numbers of any length are read or refused within a short time."""

import pytest

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.workflows.schema_form import SchemaForm


def form(kind: str, typed: str, hint: str = "") -> SchemaForm:
    return SchemaForm(Schema(fields=[Field(name="n", type=kind, format_hint=hint)]), {"field-n": typed})


@pytest.mark.timeout(30)
@pytest.mark.parametrize("kind", ["rating", "numeric"])
@pytest.mark.parametrize("typed", ["9" * 5000, "9" * 5000 + "x", "9" * 200_000 + "x"])
def test_a_number_with_too_many_digits_is_refused(kind: str, typed: str) -> None:
    assert "Enter a " in str(form(kind, typed).errors)


@pytest.mark.timeout(30)
@pytest.mark.parametrize("hint", ["9" * 2000, "9" * 1000 + " and " + "9" * 900, "1e999 to 1e999", "." * 2000])
def test_the_digits_of_a_hint_limit_nothing(hint: str) -> None:
    assert form("numeric", "5", hint).fields["field-n"].label == "n"


@pytest.mark.parametrize("typed", ["5", "-.5", "5.", "1e3", "+2.50"])
def test_ordinary_numbers_are_accepted(typed: str) -> None:
    assert form("numeric", typed).is_valid()
