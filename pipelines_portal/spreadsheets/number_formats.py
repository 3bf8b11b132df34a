"""Cells of numbers, by the code of their format: leading zeros, decimals, thousands, percent, and days in ISO 8601.

What other formats add, such as a currency, is not read: numbers count by their value, and fields of text say so.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

from pipelines_portal.spreadsheets.cells import Cell, duration, formatted, valued

Shower = Callable[[str], Cell]
# The most digits that a spreadsheet stores.
DIGITS = 15
LONGEST_CODE = 300
LONGEST_NUMBER = 400
CACHED = 4096
WHOLE = re.compile("-?[0-9]+")
PRECISE = Context(prec=800, rounding=ROUND_HALF_UP)
# Texts, escaped characters, gaps, fill characters, and what is in brackets, but for elapsed time.
LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[(?!\[?[hms]+\])[^\]]*\]|General', re.IGNORECASE | re.DOTALL)
# Colors and gaps, which change no text.
UNSEEN = re.compile(r"\[(?:Black|Blue|Cyan|Green|Magenta|Red|White|Yellow|Color ?[0-9]+)\]|_.|\*.", re.IGNORECASE)
PLAIN = re.compile(r"(?P<groups>#,##)?(?P<whole>0+|#)(?:\.(?P<fraction>0+))?(?P<percent>%)?")
# Built-in formats by number. Those that depend on a country are shown in ISO 8601.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
    13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd hh:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 41: "#,##0;-#,##0", 42: "#,##0;-#,##0",
    43: "#,##0.00;-#,##0.00", 44: "#,##0.00;-#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "0.0E+0",
    49: "@",
}  # fmt: skip
BUILT_IN |= dict.fromkeys((*range(27, 32), 36, *range(50, 59)), "yyyy-mm-dd")
SECONDS = 86_400
LAST_DAY = 2_958_466


def shower(code: str, since_1904: bool = False) -> Shower:
    """Return a function that makes the cell of a number. It raises ValueError for what is no number."""
    first, *others = _sections(code[:LONGEST_CODE])
    letters = set(LITERAL.sub("", first).lower()) & set("dmhys")
    if letters and re.search(r"\[[hms]+\]", first, re.IGNORECASE):
        return lambda written: duration(general_text(exact(written)))
    if letters:
        return lru_cache(CACHED)(lambda written: _day(written, since_1904, letters))
    if UNSEEN.sub("", first).lower() in ("", "@", "general"):
        return general
    return lru_cache(CACHED)(_number_shower(first, others))


def general(written: str) -> Cell:
    """Return the cell of a number without a format: 7.0 is shown as 7, and 0.1 + 0.2 as 0.3."""
    if written.isascii() and written.isdigit() and len(written) <= LONGEST_NUMBER:
        return written.lstrip("0") or "0"
    number = exact(written)
    text = general_text(number)
    return text if _is_whole(number) else valued(text, float(number))


def general_text(number: Decimal) -> str:
    if _is_whole(number):
        return f"{number + 0:f}".partition(".")[0]
    return f"{float(number):.{DIGITS}g}".replace("e", "E")


def exact(written: str) -> Decimal:
    """Return the number with as many digits as spreadsheets store. Integers keep all digits."""
    try:
        value = float(written)
        if len(written) > LONGEST_NUMBER or value - value != 0:
            raise ValueError("no number")
        return Decimal(written) if WHOLE.fullmatch(written) else Decimal(f"{value:.{DIGITS}g}")
    except (InvalidOperation, OverflowError):
        raise ValueError("no number") from None


def timestamp_of(days: float, since_1904: bool) -> datetime:
    """Return the moment of a number of days. Spreadsheets count 29 February 1900, which never existed."""
    if not 0 <= days < LAST_DAY:
        raise ValueError("no day")
    start = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 31) if days < 60 else datetime(1899, 12, 30)
    timestamp = start + timedelta(milliseconds=round(days * SECONDS * 1000))
    # A fraction of a second is a rounding error.
    return timestamp + timedelta(seconds=0.5) if timestamp.microsecond in (999_000, 1_000) else timestamp


def _is_whole(number: Decimal) -> bool:
    return number == number.to_integral_value() and number.adjusted() <= 20


def _sections(code: str) -> list[str]:
    """Return the sections for positive numbers, negative numbers and 0, without the one for texts."""
    sections = [""]
    for piece in re.findall(r'"[^"]*"?|\\.|.', code, re.DOTALL):
        if piece == ";":
            sections.append("")
        else:
            sections[-1] += piece
    return sections[:3]


def _day(written: str, since_1904: bool, letters: set[str]) -> Cell:
    """Return the cell of a number of days: a day, a time of a day, or both, as its format says."""
    days = float(written)
    at = timestamp_of(days, since_1904).replace(microsecond=0)
    if not letters & set("yd") and days < 1:
        value = at.time().isoformat()
    else:
        is_day = not letters & set("hs") and at.time() == datetime.min.time()
        value = at.date().isoformat() if is_day else at.isoformat()
    shown = value.replace("T", " ")
    return valued(shown if "s" in letters else shown.removesuffix(":00"), value)


def _number_shower(first: str, others: list[str]) -> Shower:
    """Negative numbers and 0 may have a section of their own, which is read if it adds no more than a sign."""
    code = UNSEEN.sub("", first)
    plain = PLAIN.fullmatch(code)
    is_read = [UNSEEN.sub("", other) in (code, f"-{code}") for other in others]

    def show(written: str) -> Cell:
        number = exact(written)
        section = 0 if number < 0 else 1 if number == 0 else None
        if plain is None or (section is not None and not all(is_read[section : section + 1])):
            return _formatted(written)
        shown = _plain(number, plain)
        if number != number.to_integral_value():
            return valued(shown, float(number))
        return shown if shown == str(int(number)) else valued(shown, int(number))

    return show


def _formatted(written: str) -> Cell:
    number = exact(written)
    return formatted(general_text(number), int(number) if _is_whole(number) else float(number))


def _plain(number: Decimal, code: re.Match[str]) -> str:
    """Return a number with its decimals, leading zeros, separators of thousands and the sign of a percentage."""
    number = number.scaleb(2) if code["percent"] else number
    rounded = number.quantize(Decimal(1).scaleb(-len(code["fraction"] or "")), context=PRECISE)
    sign, digits = "-" if rounded < 0 else "", f"{abs(rounded):{',' if code['groups'] else ''}f}"
    whole, point, fraction = digits.partition(".")
    whole = whole.zfill(code["whole"].count("0"))
    return f"{sign}{whole}{point}{fraction}{code['percent'] or ''}"
