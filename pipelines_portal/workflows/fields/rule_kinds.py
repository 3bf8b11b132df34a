"""The kinds of rules that a team can have."""

from enum import StrEnum


class Kind(StrEnum):
    PATTERN = "pattern"  # looks like
    COMPARE = "compare"
    ONE_OF = "one of"
    ONCE = "once"  # is used once
    FILLED = "filled"
    LISTED = "listed"  # agrees with the entry of a list whose code stands in another field
