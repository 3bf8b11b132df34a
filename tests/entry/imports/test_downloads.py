"""Downloads of rows: a file can be imported again, and a page says why there is none."""

from typing import Any
from uuid import uuid4

import pytest

from pipelines_portal.entry.models import Sheet
from pipelines_portal.matching.columns import Matching
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.factories import GOOD as SENT
from tests.pages import text_of

from .conftest import Checked
from .making import GOOD, NAMES
from .test_choose import upload
from .test_sending import address

FORMS = pytest.mark.parametrize("form", ["csv", "xlsx"])


def imported_again(page: Any, url: str, form: str) -> Matching:
    """Download the file, and return what the columns of an import of it mean."""
    workflow = OpenedWorkflow.objects.get()
    upload(page, workflow, page.get(url).getvalue(), f"rows.{form}")
    return Matching.load(Sheet.objects.latest("created_at").matching)


@FORMS
def test_the_columns_of_a_download_are_known_again(page: Any, checked: Checked, form: str) -> None:
    """Of rows to fix, of all, and of rows that the API rejected."""
    sheet = checked([GOOD, ["Hello", "Germn"]])
    sent = Submission.objects.draft(sheet.owner, OpenedWorkflow.objects.get(), [SENT], uuid4(), "form")
    sent.rows.update(status="rejected")
    urls = {
        address(sheet, "rows", "to-fix", form): ["Germn"],
        address(sheet, "rows", "all", form): ["French", "Germn"],
        f"/submissions/{sent.pk}/errors.{form}": ["French"],
    }
    for url, languages in urls.items():
        matching = imported_again(page, url, form)
        assert [column.field for column in matching.imported] == NAMES
        assert matching.left_out == [] or "errors" in url
        rows = Sheet.objects.latest("created_at").rows.all()
        assert all(language in row.cells for row, language in zip(rows, languages, strict=True))


def test_a_text_that_is_too_long_for_a_spreadsheet_is_reported(page: Any, checked: Checked) -> None:
    sheet = checked([["x" * 40_000, "Germn"]])
    refused = page.get(address(sheet, "rows", "to-fix", "xlsx"))
    assert refused.status_code == 422
    words = text_of(refused)
    assert "A text is too long for a spreadsheet cell" in words and "Download the rows as CSV" in words
    assert "x" * 40_000 in page.get(address(sheet, "rows", "to-fix", "csv")).getvalue().decode()


def test_an_unknown_format_of_a_download_is_refused(page: Any, checked: Checked) -> None:
    sheet = checked([GOOD])
    csv = address(sheet, "rows", "to-fix", "csv")
    assert page.get(csv.replace(".csv", ".exe")).status_code == 404
    assert page.get(address(sheet, "rows", "nothing", "csv")).status_code == 404
    assert page.get(f"/keys/{sheet.key_id}/workflows/42/import/template.exe").status_code == 404
