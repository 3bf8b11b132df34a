import ast

import pytest

from tests.baseline.mutants import mutants_of

TEXT = """
def open_rows(rows, page, limit):
    if page and not rows:
        note("“none”")
    found = rows.filter(
        is_open=True,
        page=page,
    )
    return [row for row in found if row.number < limit][:3]
"""
# What stands in the text, and what a mutant has instead.
FAULTS = {
    "if page and not rows:": "if not (page and not rows):",
    "page and not": "page or not",
    'note("“none”")': "pass",
    "        is_open=True,\n        page": "        page",
    "is_open=True": "is_open=False",
    "        page=page,\n    )": "        )",
    "if row.number < limit": "if not (row.number < limit)",
    "number < limit": "number <= limit",
    "[:3]": "[:4]",
}


def test_each_place_has_its_mutants() -> None:
    texts = {mutant.texts["views.py"] for mutant in mutants_of("views.py", TEXT)}
    assert texts == {TEXT.replace(old, new) for old, new in FAULTS.items()}
    for text in texts:
        ast.parse(text)


@pytest.mark.parametrize("before", ["", "import os\n\n\ndef other():\n    return []\n\n"])
def test_names_stay_when_lines_move(before: str) -> None:
    names = [mutant.name for mutant in mutants_of("views.py", before + TEXT)]
    assert names == [mutant.name for mutant in mutants_of("views.py", TEXT)]
    assert len(set(names)) == len(FAULTS)
    assert "mutant views.py open_rows(): connective: if page and not rows: → if page or not rows:" in names


def test_a_mutant_is_on_all_lines_of_its_statement() -> None:
    lines = {mutant.name.rpartition(": ")[2]: set(*mutant.lines.values()) for mutant in mutants_of("views.py", TEXT)}
    assert lines["is_open=True, → is_open=False,"] == {5, 6, 7, 8}
    assert lines['note("“none”") → pass'] == {4}
