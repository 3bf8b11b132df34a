"""The limits of numbers and ratings, as their hints name them."""

import re
from functools import lru_cache

# This expression matches a text in only one way, so that a long one is refused as fast as a short one.
NUMBER = r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
# A search for numbers takes quadratic time in it.
LONGEST_HINT = 400
Bounds = tuple[float | None, float | None]


@lru_cache(maxsize=256)
def bounds(hint: str | None) -> Bounds:
    """Return the lowest and highest value of a hint such as "Number between 1 and 10"."""
    if not hint or len(hint) > LONGEST_HINT:
        return None, None
    # A word behind a number counts something else: "2-3 decimals".
    end = r"(?![\d.]*\s*[^\W\d_])"
    if both := re.search(rf"({NUMBER})(?: and | to |–|-)({NUMBER}){end}", hint):
        return float(both[1]), float(both[2])
    low = re.search(rf"at least ({NUMBER}){end}", hint)
    high = re.search(rf"at most ({NUMBER}){end}", hint)
    return (float(low[1]) if low else None), (float(high[1]) if high else None)


def is_within(limits: Bounds, number: float) -> bool:
    low, high = limits
    return (low is None or number >= low) and (high is None or number <= high)


def from_to(limits: Bounds, *, low: str, high: str, both: str = "") -> str:
    """Return the limits in words, such as "0 to 100,000"."""
    lowest, highest = limits
    if lowest is not None and highest is not None:
        return f"{both}{grouped(lowest)} to {grouped(highest)}"
    return f"{low} {grouped(lowest)}" if lowest is not None else f"{high} {grouped(highest or 0.0)}"


def grouped(number: float) -> str:
    return f"{number:,.0f}" if number.is_integer() else f"{number:,}"
