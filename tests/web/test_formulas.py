"""No cell of a CSV runs as a formula, whatever stands unseen in front of it."""

import pytest

from pipelines_portal.web.formulas import safe_cell


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
