"""Texts that a spreadsheet would run: guarded on the way out, and bare again on the way in."""

import json
import re
import unicodedata
from typing import Any

GUARD = "'"
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_STARTS_A_FORMULA = ("=", "+", "-", "@")
# Spaces, marks and controls that take no room: a byte order mark, a zero-width space, a direction.
_UNSEEN = "".join(map(chr, [*range(33), 0x7F, 0xA0, 0xAD, 0x180E, *range(0x2000, 0x2010), *range(0x2028, 0x2030)]))
_UNSEEN += "".join(map(chr, [0x205F, *range(0x2060, 0x2070), 0x3000, 0xFEFF, 0xFFF9, 0xFFFA, 0xFFFB]))


def safe_cell(value: Any) -> Any:
    """`value` for a CSV cell. A text that would start a formula gets an apostrophe in front; numbers stay numbers.

    So does one that has apostrophes in front already: `bare_cell` takes just one of them off.
    """
    if value is None or (isinstance(value, (int, float)) and not isinstance(value, bool)):
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{GUARD}{text}" if _is_guarded(text) else text


def bare_cell(text: str) -> str:
    """What `safe_cell` made of a text, undone."""
    return text[1:] if text.startswith(GUARD) and _is_guarded(text[1:]) else text


def _is_guarded(text: str) -> bool:
    bare = text.lstrip(GUARD)
    return _may_run(bare) and not _NUMBER.fullmatch(bare)


def _may_run(text: str) -> bool:
    """Spreadsheets skip what is not seen in front of a formula, and take its full-width signs for the plain ones."""
    if text.startswith(("\t", "\r", "\n")):
        return True
    seen = text.lstrip(_UNSEEN)
    return unicodedata.normalize("NFKC", seen[:1]).startswith(_STARTS_A_FORMULA)
