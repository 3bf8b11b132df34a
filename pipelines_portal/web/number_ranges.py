"""Numbers as people write many of them: "1201–1320, 1325"."""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable

LONGEST = 100_000
_RANGE = re.compile(r"([0-9]{1,18})(?:\s*+[-–]\s*+([0-9]{1,18}))?")


def ranges_of(numbers: Iterable[int]) -> str:
    """Return ascending numbers as ranges."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}–{last}" if first < last else str(first) for first, last in runs)


def read_ranges(text: str) -> Callable[[int], bool]:
    """Return a function that says whether a number is within the ranges of the text. Other signs are ignored."""
    ranges: list[tuple[int, int]] = []
    for first, last in sorted((int(first), int(last or first)) for first, last in _RANGE.findall(text[:LONGEST])):
        if ranges and first <= ranges[-1][1]:
            ranges[-1] = (ranges[-1][0], max(last, ranges[-1][1]))
        else:
            ranges.append((first, last))
    starts = [first for first, _ in ranges]

    def is_named(number: int) -> bool:
        place = bisect_right(starts, number) - 1
        return place >= 0 and number <= ranges[place][1]

    return is_named
