"""One section of a number's format: texts, and places for digits."""

import re
from decimal import ROUND_HALF_UP, Context, Decimal

# Quoted, escaped, a gap as wide as a letter, a filling letter, in brackets, an exponent; or one sign.
PIECE = re.compile(r'"([^"]*)"?|\\(.)|_(.)|\*(.)|\[([^\]]*)\]|([eE][+-]0+)|(.)', re.DOTALL)
PRECISE = Context(prec=800, rounding=ROUND_HALF_UP)


class Section:
    """Places are `0`, `#`, `?`; between them may stand `,`, `.`, and texts, which are kept with a `'` in front."""

    def __init__(self, code: str) -> None:
        pieces = [_piece(found) for found in PIECE.finditer(code)]
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
        """Of a fraction, places that end in `#` show no 0."""
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
        """From the right: each place takes a digit, and the first one all that are left."""
        left, shown = list(digits.zfill(self.least)), list[str]()
        for piece in reversed(self.whole):
            shown.append(piece[1:] if piece[0] == "'" else left.pop() if left and piece != "," else "")
        return "".join(left) + "".join(reversed(shown))


def _piece(found: re.Match[str]) -> str:
    """Of what is in brackets, a currency; of a gap, a space."""
    quoted, escaped, gap, filling, brackets, exponent, sign = found.groups()
    if exponent or (sign and sign in "0#?,."):
        return exponent or sign
    if brackets is not None:
        return "'" + (brackets[1:].partition("-")[0] if brackets.startswith("$") else "")
    return "'" + (" " if gap else "" if filling else quoted or escaped or sign or "")


def _texts(pieces: list[str]) -> str:
    return "".join(piece[1:] for piece in pieces if piece[0] == "'")
