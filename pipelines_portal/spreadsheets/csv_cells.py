"""Cells of CSV files that no spreadsheet runs as formulas."""

import re

from pipelines_portal.core.unicode_forms import normalize

GUARD = "'"
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_STARTS_A_FORMULA = ("=", "+", "-", "@")
# Spaces, and marks and control characters without a width: byte order mark, zero-width space, text direction.
_UNSEEN = "".join(map(chr, [*range(33), 0x7F, 0xA0, 0xAD, 0x180E, *range(0x2000, 0x2010), *range(0x2028, 0x2030)]))
_UNSEEN += "".join(map(chr, [0x205F, *range(0x2060, 0x2070), 0x3000, 0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB]))


# Spreadsheets with a semicolon as list separator start a new cell after each of these, even within quotes.
_INNER_CELL = re.compile(r"(?<=[;\t\r\n])[^;\t\r\n]+")
# The guard inside a text: an apostrophe and an invisible word joiner. People's files do not contain the two, so reading
# a file changes only what the portal wrote.
INNER_GUARD = f"{GUARD}\u2060"


def safe_cell(text: str) -> str:
    """Return the text for a CSV cell. What would start a formula gets an apostrophe in front.

    So does a text that has apostrophes in front already: `bare_cell` removes just one of them.
    """
    text = f"{GUARD}{text}" if _is_guarded(text) else text
    return _INNER_CELL.sub(lambda found: f"{INNER_GUARD}{found[0]}" if _is_guarded_inside(found[0]) else found[0], text)


def bare_cell(text: str) -> str:
    """Undo `safe_cell`."""
    if INNER_GUARD in text:
        text = _INNER_CELL.sub(lambda found: found[0].removeprefix(INNER_GUARD), text)
    return text[1:] if text.startswith(GUARD) and _is_guarded(text[1:]) else text


def _is_guarded_inside(text: str) -> bool:
    """Such a cell may start with one of the text's quotes. A cell that already has a guard gets another one."""
    if text.startswith(INNER_GUARD):
        return True
    bare = text.lstrip('"')
    return _may_run(bare) and not _NUMBER.fullmatch(bare)


def _is_guarded(text: str) -> bool:
    bare = text.lstrip(GUARD)
    return _may_run(bare) and not _NUMBER.fullmatch(bare)


def _may_run(text: str) -> bool:
    """Spreadsheets skip invisible characters before a formula, and treat full-width signs like plain ones."""
    if text.startswith(("\t", "\r", "\n")):
        return True
    seen = text.lstrip(_UNSEEN)
    return normalize("NFKC", seen[:1]).startswith(_STARTS_A_FORMULA)
