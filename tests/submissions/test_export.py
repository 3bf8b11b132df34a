"""The rejected rows as a file."""

import csv
import io

import pytest
from django.urls import reverse

from pipelines_portal.submissions.export import safe_cell
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import send

from .conftest import BAD, GOOD, Desk


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
    message = "Invalid value for target_language: must be one of French, German, Spanish"
    assert rows == [["2", "target_language", message, "Line one\nand, two", "Klingon"]]


def test_no_cell_runs_as_a_formula(desk: Desk) -> None:
    evil = '=HYPERLINK("https://evil.example","x")'
    sent = send(desk.draft(GOOD, BAD | {"input_text": evil, "+cmd|' /C calc'!A0": "@SUM(1)"}), desk.client)
    head, row = download(desk, sent)
    assert [cell for cell in head + row if cell.startswith(("=", "+", "-", "@"))] == []
    assert f"'{evil}" in row


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("  =1+1", "'  =1+1"), ("\t=1", "'\t=1"), ("+49 30 1234", "'+49 30 1234"), ("-5", "-5"),
        ("-5e3", "-5e3"), ("+1.5", "+1.5"), ("plain", "plain"), (-5, -5), (True, "true"), (None, None),
        (["a"], '["a"]'), ("-1+1", "'-1+1"), ("\ufeff=1", "'\ufeff=1"), ("\u00a0=1", "'\u00a0=1"), ("＝1+1", "'＝1+1"),
        (" \u200b\u3000＠SUM(1)", "' \u200b\u3000＠SUM(1)"), ("－2+3", "'－2+3"), ("﹢1", "'﹢1"),
        ("\x00\x1f=1", "'\x00\x1f=1"),
        ("\u202e=1", "'\u202e=1"), ("a=1", "a=1"), ("", ""), ("\u00a0", "\u00a0"),
    ],
)  # fmt: skip
def test_cells(value: object, cell: object) -> None:
    assert safe_cell(value) == cell


def test_nothing_rejected_is_a_head_alone(desk: Desk) -> None:
    assert download(desk, desk.draft()) == [["row", "field", "message"]]
