"""How a text has to look, as a mask: `A-######`.

`#` is a digit, `@` a letter, anything else itself, also after a backslash. `?` stands before what may be missing.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import groupby
from typing import Any

LONGEST_TEXT = 200
# An expression tries each way to leave signs out: ten of them take 0.1 ms at worst.
MOST_MISSING = 10
DIGIT, LETTER = "digit", "letter"
_SIGN = re.compile(r"(?P<missing>\?)?(?:\\(?P<itself>.)|(?P<sign>.))", re.DOTALL)
_KINDS = {"#": DIGIT, "@": LETTER}
_EXPRESSIONS = {DIGIT: "[0-9]", LETTER: r"[^\W\d_]"}
# A sign of a mask: its kind or "", what it is, and whether it may be missing.
Sign = tuple[str, str, bool]
# A part of a mask: its kind or "", the text that it is, and how many signs it has at least and at most.
Part = tuple[str, str, int, int]


def mask_of(example: str) -> str:
    """Return the mask of texts like the example: its digits may be others, everything else is itself."""
    signs = (f"\\{each}" if each in "#@?\\" else "#" if each in "0123456789" else each for each in example)
    return "".join(signs)


def looking_like(example: str) -> dict[str, Any]:
    """Return the value of a rule by which texts look like the example, as its form proposes it."""
    return {"example": example, "mask": mask_of(example), "ignores_case": False}


def fits(mask: str, text: str, *, ignores_case: bool = False) -> bool:
    return len(text) <= LONGEST_TEXT and _expression(mask, ignores_case=ignores_case).fullmatch(text) is not None


def count_missing(mask: str) -> int:
    """Return how many of its signs may be missing."""
    return sum(may_be_missing for *_, may_be_missing in _signs_of(mask))


def words_of(mask: str) -> str:
    """Return the mask in words, such as "“A-”, 6 digits"."""
    return ", ".join(_described(*part) for part in _parts_of(mask))


def _signs_of(mask: str) -> Iterator[Sign]:
    for found in _SIGN.finditer(mask):
        kind = _KINDS.get(found["sign"] or "", "")
        yield kind, found["itself"] or found["sign"], bool(found["missing"])


def _parts_of(mask: str) -> Iterator[Part]:
    """Yield the parts. Signs of one kind that follow each other are one, so that an expression tries few ways."""
    for kind, of_kind in groupby(_signs_of(mask), key=lambda sign: sign[0]):
        signs = list(of_kind)
        if kind:
            yield kind, "", sum(not may_be_missing for *_, may_be_missing in signs), len(signs)
            continue
        for may_be_missing, alike in groupby(signs, key=lambda sign: sign[2]):
            texts = [text for _, text, _ in alike]
            yield from ((kind, text, 0, 1) for text in texts) if may_be_missing else [(kind, "".join(texts), 1, 1)]


def _described(kind: str, text: str, least: int, most: int) -> str:
    if not kind:
        return f"“{text}”" if least else f"“{text}” or nothing"
    if least == most:
        return f"a {kind}" if most == 1 else f"{most} {kind}s"
    return f"{least} to {most} {kind}s" if least else f"up to {most} {kind}s" if most > 1 else f"a {kind} or nothing"


@lru_cache(256)
def _expression(mask: str, *, ignores_case: bool) -> re.Pattern[str]:
    parts = [
        f"{_EXPRESSIONS[kind]}{{{least},{most}}}" if kind else re.escape(text) + "?" * (not least)
        for kind, text, least, most in _parts_of(mask)
    ]
    return re.compile("".join(parts), re.IGNORECASE if ignores_case else 0)
