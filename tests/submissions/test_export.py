"""The rejected rows as a file."""

import csv
import io

from django.urls import reverse

from pipelines_portal.submissions.models import Submission
from tests.factories import BAD, GOOD, Desk, send


def download(desk: Desk, submission: Submission) -> list[list[str]]:
    answer = desk.browser.get(reverse("submissions:errors", args=[submission.pk]))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"].startswith("attachment; ")
    text = answer.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_rejected_rows_with_why_and_what(desk: Desk) -> None:
    sent = send(desk.draft(GOOD, BAD | {"input_text": "Line one\nand, two"}), desk.client)
    head, *rows = download(desk, sent)
    assert head == ["row", "field", "message", "input_text", "target_language"]
    message = "target_language must be one of French, German, Spanish"
    assert rows == [["2", "target_language", message, "Line one\nand, two", "Klingon"]]


def test_no_cell_runs_as_a_formula(desk: Desk) -> None:
    evil = '=HYPERLINK("https://evil.example","x")'
    sent = send(desk.draft(GOOD, BAD | {"input_text": evil, "+cmd|' /C calc'!A0": "@SUM(1)"}), desk.client)
    head, row = download(desk, sent)
    assert [cell for cell in head + row if cell.startswith(("=", "+", "-", "@"))] == []
    assert f"'{evil}" in row


def test_nothing_rejected_is_a_head_alone(desk: Desk) -> None:
    assert download(desk, desk.draft()) == [["row", "field", "message"]]
