"""Format numbers as a spreadsheet shows them, by the code of their format: `0.0%`, `000`, `#,##0.00 "€"`."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

from pipelines_portal.spreadsheets.cells import Cell, valued
from pipelines_portal.spreadsheets.date_formats import date_shower, is_date_code

Shower = Callable[[str], Cell]
# The most digits that a spreadsheet stores.
DIGITS = 15
LONGEST_CODE = 300
LONGEST_NUMBER = 400
CACHED = 4096
WHOLE = re.compile("-?[0-9]+")
LITERAL = re.compile(r'"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]', re.DOTALL)
PLACES = re.compile("[0#?%]")
# Fractions and conditional formats are shown like numbers without a format.
OTHERWISE = re.compile(r"General|/|\[[<>=]", re.IGNORECASE)
# Built-in formats by number. Those that depend on a country are shown in ISO 8601.
BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "General",
    13: "General", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
    20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd hh:mm", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)",
    39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)", 41: "#,##0;-#,##0", 42: "#,##0;-#,##0",
    43: "#,##0.00;-#,##0.00", 44: "#,##0.00;-#,##0.00", 45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "0.0E+0",
    49: "@",
}  # fmt: skip
BUILT_IN |= dict.fromkeys((*range(27, 32), 36, *range(50, 59)), "yyyy-mm-dd")


# Quoted text, escaped character, gap, fill character, text in brackets, exponent, or any character.
SECTION_PIECE = re.compile(r'"([^"]*)"?|\\(.)|_(.)|\*(.)|\[([^\]]*)\]|([eE][+-]0+)|(.)', re.DOTALL)
PRECISE = Context(prec=800, rounding=ROUND_HALF_UP)


class Section:
    """A section of a number format. Digits are `0`, `#`, `?`; texts between them are stored with a `'` in front."""

    def __init__(self, code: str) -> None:
        pieces = [_piece(found) for found in SECTION_PIECE.finditer(code)]
        exponents = [piece for piece in pieces if piece[0] in "eE"]
        self.exponent = len(exponents[0]) - 2 if exponents else 0
        pieces = [piece for piece in pieces if piece[0] not in "eE"]
        places = [at for at, piece in enumerate(pieces) if piece in "0#?"] or [len(pieces), len(pieces) - 1]
        first, last = places[0], places[-1] + 1
        self.before, self.after = _texts(pieces[:first]), _texts(pieces[last:])
        self.power = 2 * pieces.count("'%") - 3 * pieces[last:].count(",")
        point = pieces.index(".", first, last) if "." in pieces[first:last] else last
        self._read(pieces[first:point], pieces[point + 1 : last])

    def _read(self, whole: list[str], fraction: list[str]) -> None:
        """Store the places of the integer and of the fraction. Trailing `#` of a fraction show no 0."""
        self.whole, self.least, groups = whole, whole.count("0"), "," in whole
        places = "".join(piece for piece in fraction if piece in "0#?")
        self.places, self.least_places = len(places), len(places.rstrip("#?"))
        width = self.least + (self.least - 1) // 3 if groups and self.least else self.least
        self.form = f"{{:0{max(width, 1)}{',' if groups else ''}f}}"
        self.has_texts = any(piece[0] == "'" for piece in whole)

    def show(self, number: Decimal) -> str:
        number = number.scaleb(self.power)
        power = number.adjusted() if self.exponent and number else 0
        rounded = number.scaleb(-power).quantize(Decimal(1).scaleb(-self.places), context=PRECISE)
        digits = self._digits(abs(rounded))
        exponent = f"E{power:+0{self.exponent + 1}d}" if self.exponent else ""
        return (("-" if rounded < 0 else "") + self.before + digits + exponent + self.after).strip()

    def _digits(self, number: Decimal) -> str:
        whole, _, fraction = f"{number:f}".partition(".")
        whole = self._filled(whole) if self.has_texts else self.form.format(Decimal(whole))
        fraction = fraction[: self.least_places] + fraction[self.least_places :].rstrip("0")
        whole = "" if whole == "0" and not self.least else whole
        return f"{whole}.{fraction}" if fraction else whole

    def _filled(self, digits: str) -> str:
        """Fill the places with digits from the right. The first place takes all that are left."""
        left, shown = list(digits.zfill(self.least)), list[str]()
        for piece in reversed(self.whole):
            shown.append(piece[1:] if piece[0] == "'" else left.pop() if left and piece != "," else "")
        return "".join(left) + "".join(reversed(shown))


def _piece(found: re.Match[str]) -> str:
    """Return a piece of the format. Brackets become their currency, a gap becomes a space."""
    quoted, escaped, gap, filling, brackets, exponent, sign = found.groups()
    if exponent or (sign and sign in "0#?,."):
        return exponent or sign
    if brackets is not None:
        return "'" + (brackets[1:].partition("-")[0] if brackets.startswith("$") else "")
    return "'" + (" " if gap else "" if filling else quoted or escaped or sign or "")


def _texts(pieces: list[str]) -> str:
    return "".join(piece[1:] for piece in pieces if piece[0] == "'")


def shower(code: str, since_1904: bool = False) -> Shower:
    """Return a function that makes the cell of a number. It raises ValueError for what is no number."""
    code = code[:LONGEST_CODE]
    if is_date_code(code):
        return lru_cache(CACHED)(date_shower(code, since_1904))
    sections = _sections(code)
    if OTHERWISE.search(sections[0]) or not PLACES.search(LITERAL.sub("", sections[0])):
        return general
    return lru_cache(CACHED)(_number_shower([Section(section) for section in sections]))


def general(written: str) -> Cell:
    """Return the cell of a number without a format: 7.0 is shown as 7, and 0.1 + 0.2 as 0.3."""
    if written.isascii() and written.isdigit() and len(written) <= LONGEST_NUMBER:
        return written.lstrip("0") or "0"
    number = exact(written)
    if number == number.to_integral_value() and number.adjusted() <= 20:
        return f"{number + 0:f}".partition(".")[0]
    value = float(number)
    return valued(f"{value:.{DIGITS}g}".replace("e", "E"), value)


def exact(written: str) -> Decimal:
    """Return the number with as many digits as spreadsheets store. Integers keep all digits."""
    try:
        value = float(written)
        if len(written) > LONGEST_NUMBER or value - value != 0:
            raise ValueError("no number")
        return Decimal(written) if WHOLE.fullmatch(written) else Decimal(f"{value:.{DIGITS}g}")
    except (InvalidOperation, OverflowError):
        raise ValueError("no number") from None


def _sections(code: str) -> list[str]:
    """Return the sections for positive numbers, negative numbers and 0, without the one for texts."""
    sections = [""]
    for piece in re.findall(r'"[^"]*"?|\\.|.', code, re.DOTALL):
        if piece == ";":
            sections.append("")
        else:
            sections[-1] += piece
    return sections[:3]


def _number_shower(sections: list[Section]) -> Shower:
    def show(written: str) -> Cell:
        number = exact(written)
        shown = _section_shown(sections, number)
        if number != number.to_integral_value():
            return valued(shown, float(number))
        return shown if shown == str(int(number)) else valued(shown, int(number))

    return show


def _section_shown(sections: list[Section], number: Decimal) -> str:
    """Format a number by its section. A section for negative numbers has a sign of its own, if any."""
    if number < 0 and len(sections) > 1:
        return sections[1].show(-number)
    return sections[2 if number == 0 and len(sections) > 2 else 0].show(number)
