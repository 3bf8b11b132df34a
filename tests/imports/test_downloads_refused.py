"""Rows that cannot be taken away as asked for: a page says why, and what helps."""

from typing import Any

import pytest
from cryptography.fernet import Fernet

from pipelines_portal.imports.models import Import, LineBlock, RowState, State
from tests.pages import text_of

from .conftest import Checked, work
from .making import GOOD, distinct
from .test_sending import address, begin


def test_a_text_too_long_for_a_spreadsheet_is_said(page: Any, checked: Checked) -> None:
    of = checked([["x" * 40_000, "Germn"]])
    refused = page.get(address(of, "rows", "to-fix", "xlsx"))
    assert refused.status_code == 422
    words = text_of(refused)
    assert "A text is too long for a cell of a spreadsheet" in words and "Take the rows as CSV" in words
    assert "x" * 40_000 in page.get(address(of, "rows", "to-fix", "csv")).getvalue().decode()


def test_rows_come_as_what_is_known_and_as_nothing_else(page: Any, checked: Checked) -> None:
    of = checked([GOOD])
    assert page.get(address(of, "rows", "to-fix", "exe")).status_code == 404
    assert page.get(address(of, "rows", "nothing", "csv")).status_code == 404
    assert page.get(f"/keys/{of.key_id}/workflows/42/import/template.exe").status_code == 404


SEALED_PAGES = [("rows", "to-fix", "csv"), ("rows", "to-fix", "xlsx"), ("check",), ("match",)]


def seal_for_good() -> None:
    for block in LineBlock.objects.all():
        LineBlock.objects.filter(pk=block.pk).update(data=Fernet(Fernet.generate_key()).encrypt(b"{}"))


@pytest.mark.parametrize("name", SEALED_PAGES)
def test_rows_that_cannot_be_opened_are_told_as_that(
    page: Any, checked: Checked, person: Any, name: tuple[str, ...]
) -> None:
    of = checked([*distinct(2), ["Hello", "Germn"]])
    begin(of, person)
    work()
    assert of.rows.filter(state=RowState.CREATED).update(state=RowState.REJECTED) == 2
    seal_for_good()
    if name == ("match",):
        Import.objects.update(state=State.MATCHING)
    answer = page.get(address(of, *name))
    assert answer.status_code == 503
    assert "The rows cannot be opened" in text_of(answer)


def test_what_was_sent_is_told_when_the_rows_cannot_be_opened(page: Any, checked: Checked, person: Any) -> None:
    of = checked(distinct(2))
    begin(of, person)
    work()
    of.rows.filter(number=2).update(state=RowState.REJECTED)
    seal_for_good()
    assert page.get(address(of, "progress")).status_code == 200
