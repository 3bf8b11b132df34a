"""File names from outside, as pages show them: shortened, and without characters that reorder the text."""

import re
import unicodedata

# Characters that reorder the text around them, break the line, or are invisible.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = ("R", "AL", "AN")
REPLACEMENT = "\ufffd"
LONGEST_SHOWN = 72
# No path in an archive may be longer.
LONGEST_FULL = 1024


def full_name(name: str) -> str:
    """Return `name` with a visible replacement for each invisible character."""
    return _UNSEEN.sub(REPLACEMENT, name[:LONGEST_FULL]) + ("…" if len(name) > LONGEST_FULL else "")


def short_name(name: str) -> str:
    """Return the full name, without its middle if it is long: the beginning and the end of a path identify it."""
    name = name if len(name) <= LONGEST_SHOWN else f"{name[: LONGEST_SHOWN // 2]}…{name[1 - LONGEST_SHOWN // 2 :]}"
    return full_name(name)


def in_sentence(name: str) -> str:
    """Return a short name for use in a sentence. Right-to-left letters in it do not reorder the other words."""
    shown = short_name(name)
    runs_back = any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in shown)
    return f"\u2068{shown}\u2069" if runs_back else shown
