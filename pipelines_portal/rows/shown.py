"""Numbers as a spreadsheet shows them, by their format's code: `0.0%`, `000`, `dd.mm.yyyy`, `#,##0.00 "€"`."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from functools import lru_cache

from .cells import Cell, valued
from .shown_dates import date_shower, is_date_code

Shower = Callable[[str], Cell]
# More digits than these a spreadsheet does not keep.
DIGITS = 15
LONGEST_CODE = 300
# Digits of a number, and of those that a format asks for.
LONGEST = 400
# Quoted, escaped, a gap as wide as a letter, a filling letter, in brackets, an exponent; or one sign.
PIECE = re.compile(r'"([^"]*)"?|\\(.)|_(.)|\*(.)|\[([^\]]*)\]|([eE][+-]0+)|(.)', re.DOTALL)
SECTION_END = re.compile(r'((?:"[^"]*"?|\\.|_.|\*.|\[[^\]]*\]|[^;])*)(?:;|\Z)', re.DOTALL)
# Code numbers that each country shows in its own way, and those of countries that write otherwise.
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
    """What makes a cell of a number as it stands in the file."""
    if is_date_code(code):
        return lru_cache(maxsize=4096)(date_shower(code, since_1904))
    sections = [found[1] for found in SECTION_END.finditer(code[:LONGEST_CODE])][:3]
    if "General" in code or not any(sign in sections[0] for sign in "0#?%") or "/" in sections[0]:
        return general
    return lru_cache(maxsize=4096)(_Formatted([section for section in sections if section is not None]))


def general(written: str) -> Cell:
    """A number without a format: 7.0 is 7, and 0.1 + 0.2 is 0.3."""
    if written.isascii() and written.isdigit():
        return written.lstrip("0") or "0"
    number = exact(written)
    if number == number.to_integral_value() and abs(number.adjusted()) <= 20:
        return str(number.to_integral_value() + 0)
    value = float(number)
    return valued(f"{value:.{DIGITS}g}".replace("e", "E"), value)


def exact(written: str) -> Decimal:
    """A number of a file to as many digits as spreadsheets keep. Whole ones keep all that are there."""
    try:
        number = Decimal(written)
        value = float(number)
    except (InvalidOperation, OverflowError):
        raise ValueError("no number") from None
    if value - value != 0 or len(written) > LONGEST:
        raise ValueError("no number")
    if re.fullmatch(r"-?\d+", written, re.ASCII):
        return number
    return Context(prec=DIGITS, rounding=ROUND_HALF_UP).create_decimal(Decimal(repr(value)))


class _Formatted:
    """Numbers of one format: sections for positive and negative ones, and for 0."""

    def __init__(self, sections: list[str]) -> None:
        self.sections = [_Section(section) for section in sections]

    def __call__(self, written: str) -> Cell:
        number = exact(written)
        section, number_shown = self._section_for(number)
        shown = section.show(number_shown)
        whole = number == number.to_integral_value()
        value = int(number) if whole else float(number)
        return shown if whole and shown == str(value) else valued(shown, value)

    def _section_for(self, number: Decimal) -> "tuple[_Section, Decimal]":
        """Of a negative number's own section, the sign is left to the format."""
        if number < 0 and len(self.sections) > 1:
            return self.sections[1], -number
        if number == 0 and len(self.sections) > 2:
            return self.sections[2], number
        return self.sections[0], number


class _Section:
    """Literals and places for digits, in order."""

    def __init__(self, code: str) -> None:
        self.whole: list[str] = []
        self.fraction: list[str] = []
        self.tail: list[str] = []
        self.exponent = self.percents = self.thousands = 0
        self.groups = False
        self._read(code)

    def _read(self, code: str) -> None:
        part, commas = self.whole, 0
        for found in PIECE.finditer(code):
            sign, exponent = found[7] or "", found[6] or ""
            if sign and sign in "0#?":
                self.groups, commas = self.groups or bool(commas and part is self.whole), 0
                part.append(sign)
            elif sign == "," and any(is_place(place) for place in part):
                commas += 1
            elif sign == "." and part is self.whole:
                part = self.fraction
            elif exponent:
                self.exponent, part = len(exponent) - 2, self.tail
            else:
                self.percents += sign == "%"
                part.append(f"'{_literal(found)}")
        self.thousands = commas

    def show(self, number: Decimal) -> str:
        number = number.scaleb(2 * self.percents - 3 * self.thousands)
        power = number.adjusted() if self.exponent and number else 0
        places = sum(map(is_place, self.fraction))
        rounded = _rounded(number.scaleb(-power), places)
        digits = f"{abs(rounded):f}"
        whole, _, fraction = digits.partition(".")
        shown = self._whole(whole) + self._fraction(fraction) + self._exponent(power) + _texts(self.tail)
        return ("-" if rounded < 0 else "") + shown

    def _whole(self, digits: str) -> str:
        """From the right: each place takes a digit, and the first one all that are left."""
        left = "" if digits == "0" else digits
        places, shown, taken = sum(map(is_place, self.whole)), list[str](), 0
        for place in reversed(self.whole):
            if not is_place(place):
                shown.append(place[1:])
                continue
            places -= 1
            mine, left = (left, "") if places == 0 else (left[-1:], left[:-1])
            for digit in reversed(mine or ("0" if place == "0" else "")):
                shown.append("," if self.groups and taken and taken % 3 == 0 else "")
                shown.append(digit)
                taken += 1
        return "".join(reversed(shown)) if sum(map(is_place, self.whole)) else _texts(self.whole) + left

    def _fraction(self, digits: str) -> str:
        """Optional places at the end show no 0."""
        left, shown, places = list(digits), list[str](), [place for place in self.fraction if is_place(place)]
        least = max((number for number, place in enumerate(places, 1) if place == "0"), default=0)
        kept = max(len(digits.rstrip("0")), least)
        position = 0
        for place in self.fraction:
            if is_place(place):
                position += 1
                shown.append((left[position - 1 : position] or ["0"])[0] if position <= kept else "")
            else:
                shown.append(place[1:])
        return ("." if kept else "") + "".join(shown)

    def _exponent(self, power: int) -> str:
        return f"E{'-' if power < 0 else '+'}{abs(power):0{self.exponent}d}" if self.exponent else ""


def is_place(place: str) -> bool:
    return not place.startswith("'")


def _texts(places: list[str]) -> str:
    return "".join(place[1:] for place in places if not is_place(place))


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP, Context(prec=LONGEST + LONGEST_CODE))


def _literal(found: re.Match[str]) -> str:
    """Of what is in brackets, a currency; of a gap, a space."""
    quoted, escaped, gap, filling, brackets, _, sign = found.groups()
    if brackets is not None:
        return brackets[1:].partition("-")[0] if brackets.startswith("$") else ""
    if gap is not None:
        return " "
    if filling is not None:
        return ""
    return quoted if quoted is not None else escaped or sign or ""
