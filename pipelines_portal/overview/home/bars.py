"""Small charts of Home: bars by hour or by day.

All numbers of the SVG are text, so that Django does not localize them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

WIDTH, HEIGHT, LONGEST, SMALLEST = 260, 50, 44, 3
# The share of a place that its bar takes.
SHARE = 0.72
# At least so many hours are shown, so that the chart of an early morning is not one wide bar.
MOST_HOURS, FIRST_HOUR = 10, 8


@dataclass(frozen=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    is_empty: bool


@dataclass(frozen=True)
class Label:
    x: str
    text: str


@dataclass(frozen=True)
class Bars:
    """A chart. `summary` describes it for screen readers."""

    summary: str
    bars: tuple[Bar, ...]
    labels: tuple[Label, ...]


def hour_bars(created: Mapping[int, int], now_hour: int) -> Bars:
    """Return a bar for each hour of the working day."""
    first = min([FIRST_HOUR, *created])
    last = max(first + MOST_HOURS - 1, now_hour, *created, 0)
    last = min(last, 23)
    hours = range(first, last + 1)
    known = ", ".join(f"{created[hour]:,} from {hour}" for hour in hours if created.get(hour))
    labels = {place: str(hour) for place, hour in enumerate(hours) if place % 3 == 0}
    return _bars(f"Created by hour: {known or 'none'}", [created.get(hour, 0) for hour in hours], labels)


def day_bars(created: Mapping[date, int]) -> Bars:
    """Return a bar for each day, the oldest first."""
    days = sorted(created)
    known = ", ".join(f"{created[day]:,} on {day.day} {day:%b}" for day in days)
    labels = {place: str(day.day) for place, day in enumerate(days) if day.weekday() == 0 or place == len(days) - 1}
    return _bars(f"Created by day: {known}", [created[day] for day in days], labels)


def _bars(summary: str, values: list[int], labels: dict[int, str]) -> Bars:
    step, most = WIDTH / len(values), max(values) or 1
    bars = []
    for place, value in enumerate(values):
        height = max(LONGEST * value / most, SMALLEST)
        x = step * (place + (1 - SHARE) / 2)
        bars.append(Bar(f"{x:.1f}", f"{HEIGHT - height:.1f}", f"{step * SHARE:.1f}", f"{height:.1f}", value == 0))
    texts = tuple(Label(f"{step * (place + 0.5):.1f}", text) for place, text in labels.items())
    return Bars(summary, tuple(bars), texts)
