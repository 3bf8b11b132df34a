"""JSON that people type or that a cell holds."""

import json
import math
from typing import Any


def json_in(text: str) -> Any:
    """Return what a text says in JSON, or None. With a number that JSON does not know, such as NaN, it says nothing."""
    try:
        return json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except (ValueError, RecursionError):
        return None


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is no JSON.")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("The number is too large.")
    return number
