"""No cell of a CSV runs as a formula, whatever stands unseen in front of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines_portal.spreadsheets.csv_cells import bare_cell, safe_cell


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"), ("  =1+1", "'  =1+1"), ("\t=1", "'\t'\u2060=1"),
        ("+49 30 1234", "'+49 30 1234"), ("-5", "-5"),
        ("-5e3", "-5e3"), ("+1.5", "+1.5"), ("plain", "plain"),
        ("-1+1", "'-1+1"), ("\ufeff=1", "'\ufeff=1"), ("\u00a0=1", "'\u00a0=1"), ("＝1+1", "'＝1+1"),
        (" \u200b\u3000＠SUM(1)", "' \u200b\u3000＠SUM(1)"), ("－2+3", "'－2+3"), ("﹢1", "'﹢1"),
        ("\x00\x1f=1", "'\x00\x1f=1"),
        ("\u202e=1", "'\u202e=1"), ("a=1", "a=1"), ("", ""), ("\u00a0", "\u00a0"),
    ],
)  # fmt: skip
def test_cells(value: str, cell: str) -> None:
    assert safe_cell(value) == cell


INSIDE = "'\u2060"


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("x;=cmd|' /C calc'!A0;y", f"x;{INSIDE}=cmd|' /C calc'!A0;y"), ("x\t=1+1", f"x\t{INSIDE}=1+1"),
        ("x\r\n@SUM(1)", f"x\r\n{INSIDE}@SUM(1)"), ('x;"=1+1', f'x;{INSIDE}"=1+1'), ("x; =1+1", f"x;{INSIDE} =1+1"),
        ("x;-5;y", "x;-5;y"), ("a;b\nc", "a;b\nc"), ("=1;=2", f"'=1;{INSIDE}=2"), ("x;'=1", "x;'=1"),
        ("list:\n- one\n- two", f"list:\n{INSIDE}- one\n{INSIDE}- two"),
    ],
)  # fmt: skip
def test_no_formula_starts_within_a_text(text: str, cell: str) -> None:
    """With a semicolon as list separator, spreadsheets look for quotes at a cell's beginning only."""
    assert safe_cell(text) == cell
    assert bare_cell(cell) == text


@pytest.mark.parametrize("text", ["a = ';' + b", "row.join(';'+sep)", "list:\n'- one", "'quoted';'-'", "x\t'@y"])
def test_what_somebody_else_wrote_is_read_as_it_is(text: str) -> None:
    assert bare_cell(text) == text


@given(st.text("'\"=+-@;\t\n\u2060 1a"))
def test_a_guarded_text_is_read_back_as_it_was(text: str) -> None:
    assert bare_cell(safe_cell(text)) == text
