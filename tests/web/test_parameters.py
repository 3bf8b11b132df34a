"""What addresses and forms may hold where a number or an id belongs."""

from uuid import uuid4

import pytest

from pipelines_portal.web.parameters import number_in, uuid_in


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("0042", 42), (str(2**63 - 1), 2**63 - 1), (str(2**63), None), ("9" * 5000, None), ("", None),
     ("-1", None), (" 1", None), ("1.0", None), ("²", None), ("٣", None)],
)  # fmt: skip
def test_plain_digits_that_a_database_counts_to_are_a_number(text: str, number: int | None) -> None:
    assert number_in(text) == number


def test_a_bound_of_ones_own() -> None:
    assert (number_in("99", 99), number_in("100", 99)) == (99, None)


def test_what_is_no_id_is_none() -> None:
    known = uuid4()
    assert (uuid_in(str(known)), uuid_in("5"), uuid_in("")) == (known, None, None)
