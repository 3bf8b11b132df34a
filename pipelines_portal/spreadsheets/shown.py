"""Numbers as a spreadsheet shows them, by their format's code: `0.0%`, `000`, `dd.mm.yyyy`, `#,##0.00 "€"`."""

import re
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from pipelines_portal.spreadsheets.cells import Cell, valued
from pipelines_portal.spreadsheets.shown_dates import date_shower, is_date_code
from pipelines_portal.spreadsheets.shown_numbers import Section

Shower = Callable[[str], Cell]
# More digits than these a spreadsheet does not keep.
DIGITS = 15
LONGEST_CODE = 300
LONGEST_NUMBER = 400
KEPT = 4096
WHOLE = re.compile("-?[0-9]+")
LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]', re.DOTALL)
PLACES = re.compile("[0#?%]")
# Shown as numbers without a format are: fractions, and what depends on a condition.
OTHERWISE = re.compile(r"General|/|\[[<>=]", re.IGNORECASE)
# By their numbers. Those that each country shows in its own way are shown in ISO 8601.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "General",
    13: "General", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd hh:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 41: "#,##0;-#,##0", 42: "#,##0;-#,##0",
    43: "#,##0.00;-#,##0.00", 44: "#,##0.00;-#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "0.0E+0",
    49: "@",
}  # fmt: skip
BUILT_IN |= dict.fromkeys((*range(27, 32), 36, *range(50, 59)), "yyyy-mm-dd")


def shower(code: str, since_1904: bool = False) -> Shower:
    """What makes a cell of a number as it stands in the file; raises ValueError for what is none."""
    code = code[:LONGEST_CODE]
    if is_date_code(code):
        return lru_cache(KEPT)(date_shower(code, since_1904))
    sections = _sections(code)
    if OTHERWISE.search(sections[0]) or not PLACES.search(LITERAL.sub("", sections[0])):
        return general
    return lru_cache(KEPT)(_shower([Section(section) for section in sections]))


def general(written: str) -> Cell:
    """A number without a format: 7.0 is 7, and 0.1 + 0.2 is 0.3."""
    if written.isascii() and written.isdigit() and len(written) <= LONGEST_NUMBER:
        return written.lstrip("0") or "0"
    number = exact(written)
    if number == number.to_integral_value() and number.adjusted() <= 20:
        return f"{number + 0:f}".partition(".")[0]
    value = float(number)
    return valued(f"{value:.{DIGITS}g}".replace("e", "E"), value)


def exact(written: str) -> Decimal:
    """A number of a file to as many digits as spreadsheets keep. Whole ones keep all that are there."""
    try:
        value = float(written)
        if len(written) > LONGEST_NUMBER or value - value != 0:
            raise ValueError("no number")
        return Decimal(written) if WHOLE.fullmatch(written) else Decimal(f"{value:.{DIGITS}g}")
    except (InvalidOperation, OverflowError):
        raise ValueError("no number") from None


def _sections(code: str) -> list[str]:
    """For positive and negative numbers, and for 0. A fourth is for texts."""
    sections = [""]
    for piece in re.findall(r'"[^"]*"?|\\.|.', code, re.DOTALL):
        if piece == ";":
            sections.append("")
        else:
            sections[-1] += piece
    return sections[:3]


def _shower(sections: list[Section]) -> Shower:
    def show(written: str) -> Cell:
        number = exact(written)
        shown = _section_shown(sections, number)
        if number != number.to_integral_value():
            return valued(shown, float(number))
        return shown if shown == str(int(number)) else valued(shown, int(number))

    return show


def _section_shown(sections: list[Section], number: Decimal) -> str:
    """In a section of their own, negative numbers have no sign but what the format gives them."""
    if number < 0 and len(sections) > 1:
        return sections[1].show(-number)
    return sections[2 if number == 0 and len(sections) > 2 else 0].show(number)
