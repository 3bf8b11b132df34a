"""The rejected rows as a file."""

import csv
import io
from datetime import UTC, datetime

from django.urls import reverse

from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import FieldTitles
from tests.factories import BAD, GOOD, Desk, send

HEAD = ["Sent (Europe/Vienna)", "Row in the file", "Field with error", "Errors in the row"]


def download(desk: Desk, submission: Submission) -> list[list[str]]:
    answer = desk.browser.get(reverse("submissions:errors", args=[submission.pk, "csv"]))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; ")
    text = answer.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_rejected_rows_with_why_and_what(desk: Desk) -> None:
    """Fields are called by their titles, and times are those of the person's clock."""
    FieldTitles.objects.create(workflow=desk.workflow, titles={"input_text": "Text", "target_language": "Language"})
    desk.browser.cookies["zone"] = "Europe/Vienna"
    row = BAD | {"input_text": "Line one\nand, two", "due": "2026-11-30T08:12:00Z"}
    sent = send(desk.draft(GOOD, row), desk.client)
    Submission.objects.filter(pk=sent.pk).update(sent_at=datetime(2026, 11, 29, 23, 30, 15, tzinfo=UTC))
    head, *rows = download(desk, sent)
    assert head == [*HEAD, "Text", "Language", "due"]
    message = "No field is called due; Language must be one of French, German, Spanish"
    assert rows == [
        ["2026-11-30 00:30:15", "2", "due", message, "Line one\nand, two", "Klingon", "2026-11-30 09:12:00"]
    ]


def test_no_cell_runs_as_a_formula(desk: Desk) -> None:
    evil = '=HYPERLINK("https://evil.example","x")'
    sent = send(desk.draft(GOOD, BAD | {"input_text": evil, "+cmd|' /C calc'!A0": "@SUM(1)"}), desk.client)
    head, row = download(desk, sent)
    assert [cell for cell in head + row if cell.startswith(("=", "+", "-", "@"))] == []
    assert f"'{evil}" in row


def test_nothing_rejected_is_a_head_alone(desk: Desk) -> None:
    assert download(desk, desk.draft()) == [[HEAD[0].replace("Europe/Vienna", "UTC"), *HEAD[1:]]]
