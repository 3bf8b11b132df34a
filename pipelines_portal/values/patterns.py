"""How a text has to look, as pieces: "A-" and six digits. They are stored as data, and checked without expressions."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

LONGEST_TEXT, MOST_PIECES, MOST_TIMES = 200, 20, 99
EXACTLY, CAPITAL, LETTER, DIGIT, LETTER_OR_DIGIT = "exactly", "capital", "letter", "digit", "any"
_WORDS = {
    CAPITAL: ("a capital letter", "capital letters"),
    LETTER: ("a letter", "letters"),
    DIGIT: ("a digit", "digits"),
    LETTER_OR_DIGIT: ("a letter or digit", "letters or digits"),
}
_SIGNS = {"-": "a hyphen", " ": "a space", ".": "a dot", "/": "a slash", "_": "an underscore"}


@dataclass(frozen=True)
class Piece:
    """A part of a text: exactly `text`, or from `least` to `most` characters of a kind. It may be missing."""

    kind: str
    text: str = ""
    least: int = 1
    most: int = 1
    may_be_missing: bool = False

    def takes(self, character: str) -> bool:
        if self.kind == DIGIT:
            return character.isascii() and character.isdigit()
        if self.kind == CAPITAL:
            return character.isalpha() and character == character.upper() != character.lower()
        if self.kind == LETTER:
            return character.isalpha()
        return character.isalpha() or (character.isascii() and character.isdigit())

    def places_in(self, text: str) -> int:
        """Return where the exact text begins, or which characters are of the kind: bit 0 for the first."""
        if self.kind == EXACTLY:
            is_place = [text.startswith(self.text, place) for place in range(len(text))]
        else:
            is_place = [self.takes(character) for character in text]
        # Read as one number, which takes linear time.
        return int("".join("01"[each] for each in reversed(is_place)) or "0", 2)

    def ends(self, starts: int, places: int) -> int:
        """Return where the piece can end if it begins at one of `starts`, as bits. `places`: see places_in."""
        if self.kind == EXACTLY:
            return (starts & places) << len(self.text)
        ends = starts
        for _ in range(self.least):
            ends = (ends & places) << 1
        for _ in range(self.most - self.least):
            more = ends | (ends & places) << 1
            if more == ends:
                break
            ends = more
        return ends

    @property
    def words(self) -> str:
        """The piece in words, such as "6 digits"."""
        words = f"“{self.text}”" if self.kind == EXACTLY else self._counted
        if self.kind == EXACTLY and self.text in _SIGNS:
            words = _SIGNS[self.text]
        return f"{words} or nothing" if self.may_be_missing else words

    @property
    def _counted(self) -> str:
        one, many = _WORDS[self.kind]
        if self.least == self.most:
            return one if self.least == 1 else f"{self.least} {many}"
        return f"{self.least} or more {many}" if self.most == MOST_TIMES else f"{self.least} to {self.most} {many}"

    @property
    def example(self) -> str:
        if self.kind == EXACTLY:
            return self.text
        signs = "1234567890" if self.kind == DIGIT else "ABCDEFGHIJ"
        return (signs * self.least)[: self.least]


def pieces_of(example: str) -> list[Piece]:
    """Cut an example where the kind of character changes: its digits may be others, everything else is exact."""
    runs = [(is_digit, "".join(run)) for is_digit, run in groupby(example, lambda each: each in "0123456789")]
    cut: list[Piece] = []
    for is_digit, run in runs:
        if is_digit:
            cut.append(Piece(DIGIT, least=len(run), most=len(run)))
        else:
            parts = ["".join(part) for _, part in groupby(run, str.isalnum)]
            cut += [Piece(EXACTLY, part) for part in parts]
    return cut


def looking_like(example: str) -> dict[str, Any]:
    """Return the value of a rule by which texts look like the example, as its form proposes it."""
    return {"example": example, "pieces": [asdict(piece) for piece in pieces_of(example)], "ignores_case": False}


def shape_of(text: str) -> str:
    """Return the text with # for each digit and L for each letter, but the letters at its beginning."""
    head = len(text) - len(text.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
    rest = "".join("#" if each in "0123456789" else "L" if each.isalpha() else each for each in text[head:])
    return text[:head] + rest


def example_of(pieces: Sequence[Piece]) -> str:
    return "".join(piece.example for piece in pieces)


def words_of(pieces: Sequence[Piece]) -> str:
    return ", ".join(piece.words for piece in pieces)


def mismatch(pieces: Sequence[Piece], text: str, *, ignores_case: bool = False) -> str:
    """Return why the text does not look so, as "5 digits instead of 6 digits", or "" if it does.

    All ways to take the pieces are followed at once, as the bits of one number, so that a hostile text takes no longer.
    """
    if len(text) > LONGEST_TEXT:
        return f"more than {LONGEST_TEXT} characters"
    if ignores_case:
        text = text.upper()
        pieces = [_capital(piece) for piece in pieces]
    starts, places = 1, dict[tuple[str, str], int]()
    for piece in pieces:
        like = piece.kind, piece.text
        if like not in places:
            places[like] = piece.places_in(text)
        ends = piece.ends(starts, places[like])
        if not ends and not piece.may_be_missing:
            return _why(piece, text, starts.bit_length() - 1)
        starts = ends | starts if piece.may_be_missing else ends
    last_start = starts.bit_length() - 1
    if last_start == len(text):
        return ""
    rest = text[last_start:]
    if rest.isdigit() and pieces and pieces[-1].kind == DIGIT:
        taken = len(text) - len(text.rstrip("0123456789"))
        return f"{taken} digits instead of {pieces[-1].words}"
    return f"“{rest[:20]}” at the end is too much"


def _why(piece: Piece, text: str, start: int) -> str:
    found = text[start:]
    if not found:
        return f"{piece.words} is missing at the end"
    if piece.kind == EXACTLY:
        return f"“{found[: len(piece.text)]}” instead of {piece.words}"
    run = 0
    while run < len(found) and piece.takes(found[run]):
        run += 1
    if run:
        one, many = _WORDS[piece.kind]
        return f"{run} {one.removeprefix('a ') if run == 1 else many} instead of {piece.words}"
    return f"“{found[0]}” instead of {piece.words}"


def _capital(piece: Piece) -> Piece:
    kind = LETTER if piece.kind == CAPITAL else piece.kind
    return Piece(kind, piece.text.upper(), piece.least, piece.most, piece.may_be_missing)
