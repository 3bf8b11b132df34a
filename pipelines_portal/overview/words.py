"""Spans of time as people say them."""

MINUTE, HOUR, DAY = 60, 3600, 86400


def duration(seconds: float) -> str:
    """ "42 s", "12 min", "1 h 52 min", "46 h", "5 d 3 h": never finer than people count in."""
    whole = int(seconds)
    if whole < MINUTE:
        return f"{max(whole, 0)} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min"
    if whole < 10 * HOUR:
        return _two(whole // HOUR, "h", whole % HOUR // MINUTE, "min")
    if whole < 3 * DAY:
        return f"{whole // HOUR} h"
    return _two(whole // DAY, "d", whole % DAY // HOUR, "h") if whole < 30 * DAY else f"{whole // DAY:,} d"


def _two(large: int, unit: str, small: int, smaller_unit: str) -> str:
    return f"{large} {unit} {small} {smaller_unit}" if small else f"{large} {unit}"
