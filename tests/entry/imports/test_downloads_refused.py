"""Refused downloads: a page names the reason and a remedy."""

from typing import Any

from tests.pages import text_of

from .conftest import Checked
from .making import GOOD
from .test_sending import address


def test_a_text_that_is_too_long_for_a_spreadsheet_is_reported(page: Any, checked: Checked) -> None:
    import_job = checked([["x" * 40_000, "Germn"]])
    refused = page.get(address(import_job, "rows", "to-fix", "xlsx"))
    assert refused.status_code == 422
    words = text_of(refused)
    assert "A text is too long for a spreadsheet cell" in words and "Download the rows as CSV" in words
    assert "x" * 40_000 in page.get(address(import_job, "rows", "to-fix", "csv")).getvalue().decode()


def test_an_unknown_format_of_a_download_is_refused(page: Any, checked: Checked) -> None:
    import_job = checked([GOOD])
    assert page.get(address(import_job, "rows", "to-fix", "exe")).status_code == 404
    assert page.get(address(import_job, "rows", "nothing", "csv")).status_code == 404
    assert page.get(f"/keys/{import_job.key_id}/workflows/42/import/template.exe").status_code == 404
