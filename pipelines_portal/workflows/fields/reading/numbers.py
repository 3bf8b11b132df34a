"""Parse numbers as people write them: 1.234,50 and 1,234.50 are the same number."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from pipelines_portal.core.unicode_forms import without_invisible

LONGEST = 60
# Of a number in plain ASCII. The expression matches a text in only one way, so that a long one costs no more.
LONGEST_NUMBER = 400
PERCENT = re.compile("[%٪％]")
NUMERAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
EXACT_DIGITS = 15
CURRENCIES = "EUR|USD|GBP|CHF|JPY|CNY|SEK|NOK|DKK|PLN|CZK|HUF|RON|BRL|CAD|AUD|INR|Fr|kr|zł|Kč|Ft"
SPACES = " \u00a0\u202f\u2009\u2007"
# Separators of thousands with any decimal mark.
BETWEEN = f"{SPACES}'’"
CURRENCY = re.compile(rf"(?:{CURRENCIES})\.?", re.IGNORECASE)
MINUS = "-\u2212\u2013"
# In place of the decimals of a round amount: 5,- and 1.000,- and 5.\u2014
NO_DECIMALS = re.compile(rf"(?<=[0-9])([,.])[{MINUS}\u2014]{{1,2}}\Z")
MARKS = {",": ".", ".": ","}


def suggest_decimal(texts: Iterable[str]) -> str:
    """Return the decimal mark of most texts, "," or ".", or "" if none of them shows it."""
    marks = Counter(mark for text in texts if (mark := _certain_mark(text)))
    if not marks or marks[","] == marks["."]:
        return ""
    return marks.most_common(1)[0][0]


def number_text(text: str, decimal: str) -> str:
    """Return a number in plain ASCII; return any other text unchanged. A percentage is a part of 1: 12 % is 0.12.

    If the decimal mark is not known, `decimal` is "". Then a point is one, and a comma separates nothing.
    """
    sign, digits, is_percent = _bare(text)
    thousands = MARKS.get(decimal, "")
    plain = _plain(digits, decimal, thousands)
    if not plain:
        return text
    return sign + (_hundredth(plain) if is_percent else plain)


def number_readings(text: str, decimal: str = "") -> list[str]:
    """Return the numbers that a text can mean, in plain ASCII: two for 1.240 if the decimal mark is not known."""
    read = {mark: number_text(text.strip(), mark) for mark in MARKS}
    found = [number for number in read.values() if len(number) <= LONGEST_NUMBER and NUMERAL.fullmatch(number)]
    numbers = list({Decimal(number): number for number in found}.values())
    return [read[decimal]] if decimal and len(numbers) > 1 else numbers


def json_number(number: str) -> int | float | str:
    """Return a number in plain ASCII as JSON's own type, or its text if that would change its value.

    JSON's readers agree on numbers of at most 15 digits.
    """
    exact = Decimal(number)
    digits = "".join(map(str, exact.as_tuple().digits)).strip("0")
    if len(digits) > EXACT_DIGITS or not -EXACT_DIGITS <= exact.adjusted() < EXACT_DIGITS:
        return number.lstrip("+")
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def as_decimal(value: object) -> Decimal | None:
    """Return a number as it is sent: of JSON, or a text in plain ASCII."""
    text = str(value)
    is_number = not isinstance(value, bool) and len(text) <= LONGEST_NUMBER and NUMERAL.fullmatch(text)
    return Decimal(text) if is_number else None


def plain_number(number: str) -> str:
    """Return a number in plain ASCII without needless zeros: 1.240 is 1.24."""
    exact = Decimal(number)
    return f"{exact:f}".rstrip("0").rstrip(".") if "." in f"{exact:f}" else f"{exact:f}"


def clear_number(number: str, decimal: str = "") -> str:
    """Return a number in plain ASCII as a text with one meaning: 1.245 could be read as 1245, and 1.2450 could not."""
    if decimal == ",":
        return number.replace(".", ",")
    return f"{number}0" if len(number_readings(number)) > 1 else number


def number_meanings(text: str, decimal: str) -> list[str]:
    """Return the numbers that a text can mean, the longest first. 12 % can be 12 or a part of 1."""
    numbers = number_readings(text, decimal)
    if numbers and is_percentage(text):
        numbers += number_readings(PERCENT.sub("", text), decimal)
    elif len(numbers) == 1:
        return numbers
    return sorted(dict.fromkeys(map(plain_number, numbers)), key=len, reverse=True)


def is_percentage(text: str) -> bool:
    return _bare(text)[2]


def _plain(digits: str, decimal: str, thousands: str) -> str:
    """Return digits and a point, or "" if it is no number or its groups are not of three."""
    mark = re.escape(decimal or ".")
    found = re.fullmatch(rf"([0-9][0-9{BETWEEN}{re.escape(thousands)}]*)?(?:{mark}([0-9]*))?", digits)
    if not found or not (found[1] or found[2]):
        return ""
    whole = found[1] or "0"
    between = re.sub("[0-9]", "", whole)
    groups = re.split(f"[{re.escape(between[0])}]", whole) if between else [whole]
    if between and (len(set(between)) > 1 or not _are_groups(groups, between[0])):
        return ""
    return "".join(groups) + (f".{found[2]}" if found[2] else "")


def _are_groups(groups: list[str], mark: str) -> bool:
    """Return whether groups have three digits, or as in India two except for the last, with commas between them."""
    inner = {len(group) for group in groups[1:-1]}
    is_first = 1 <= len(groups[0]) <= 3 and not groups[0].startswith("0")
    return is_first and len(groups[-1]) == 3 and (inner <= {3} or (inner == {2} and mark == ","))


def _bare(text: str) -> tuple[str, str, bool]:
    """Return the sign, the number without currency and percent sign, and whether it is a percentage."""
    bare = without_invisible(text).strip() if len(text) <= LONGEST else ""
    is_negative = bool(re.fullmatch(r"\(.*\)", bare))
    bare = bare[1:-1] if is_negative else bare
    bare, is_percent = _without_percent(_without_currency(bare))
    if found := NO_DECIMALS.search(bare):
        # Other marks are separators then: the last one shows which is the decimal mark.
        bare = bare[: found.start()] + (found[1] if re.search("[,.]", bare[: found.start()]) else "")
    for edge in (0, -1):
        if bare and bare[edge] in MINUS and not is_negative:
            is_negative, bare = True, bare[1:] if edge == 0 else bare[:-1]
    bare = _without_currency(bare.removeprefix("+").strip(SPACES))
    return "-" if is_negative else "", bare.strip(SPACES), is_percent


def _without_currency(text: str) -> str:
    text = re.sub(
        rf"\A{CURRENCY.pattern}\s*(?=[-+\d])|(?<=[-\d])\s*{CURRENCY.pattern}\Z", "", text, flags=re.IGNORECASE
    )
    signs = "".join(letter for letter in set(text) if unicodedata.category(letter) == "Sc")
    return text.strip(signs + SPACES) if signs else text


def _without_percent(text: str) -> tuple[str, bool]:
    return (text[:-1].rstrip(SPACES), True) if text.endswith(("%", "٪", "％")) else (text, False)


def _hundredth(plain: str) -> str:
    whole, _, fraction = plain.partition(".")
    whole = whole.zfill(3)
    return f"{whole[:-2].lstrip('0') or '0'}.{whole[-2:]}{fraction}".rstrip("0").rstrip(".")


def _certain_mark(text: str) -> str:
    """Return the decimal mark that a text must have, or "" if it could be either or is no number."""
    _, digits, _ = _bare(text)
    digits = re.sub(f"(?<=[0-9])[{BETWEEN}](?=[0-9]{{3}})", "", digits)
    can = [mark for mark in MARKS if ("," in digits or "." in digits) and _plain(digits, mark, MARKS[mark])]
    return can[0] if len(can) == 1 else ""
