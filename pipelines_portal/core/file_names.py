"""Names that strangers gave to files, as a page shows them: bounded, and without signs that turn the text around."""

import re
import unicodedata

# What turns the text around it, breaks its line, or is not seen at all.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = ("R", "AL", "AN")
REPLACEMENT = "\ufffd"
LONGEST_SHOWN = 72
# Longer than any path in an archive may be; what is longer is no name.
LONGEST_FULL = 1024


def full_name(name: str) -> str:
    """`name` with a sign that is seen in the place of each that is not."""
    return _UNSEEN.sub(REPLACEMENT, name[:LONGEST_FULL]) + ("…" if len(name) > LONGEST_FULL else "")


def short_name(name: str) -> str:
    """As full_name, a long one without its middle: how a path begins and how it ends tells it from others."""
    name = name if len(name) <= LONGEST_SHOWN else f"{name[: LONGEST_SHOWN // 2]}…{name[1 - LONGEST_SHOWN // 2 :]}"
    return full_name(name)


def in_sentence(name: str) -> str:
    """A short name that leaves the words beside it where they are, whichever way its own letters run."""
    shown = short_name(name)
    runs_back = any(unicodedata.bidirectional(letter) in _RIGHT_TO_LEFT for letter in shown)
    return f"\u2068{shown}\u2069" if runs_back else shown
