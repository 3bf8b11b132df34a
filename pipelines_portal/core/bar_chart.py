"""Shares of a whole as parts of one bar, for a template to draw."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipelines_portal.api_client import TaskStatus

WIDTH = 1000
# Less could not be seen; the words carry the true number.
NARROWEST = 12


@dataclass(frozen=True)
class Part:
    """`x` and `width` in thousandths of the bar, as text: no number of an SVG is to be localized."""

    status: str
    word: str
    count: int
    x: str
    width: str
    # Whether there are more than were counted.
    is_cut: bool = False

    @property
    def has_list(self) -> bool:
        """Whether the API lists tasks by this status."""
        return TaskStatus.known(self.status) is not None

    @property
    def number(self) -> str:
        return f"{self.count:,}{'+' if self.is_cut else ''}"


@dataclass(frozen=True)
class Bar:
    parts: list[Part]
    total: int
    as_of: object = None

    @property
    def words(self) -> str:
        return ", ".join(f"{part.number} {part.word.lower()}" for part in self.parts)


def task_shares(by_status: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Return status, label and count of the documented statuses, in their order."""
    return [(status.value, status.label, by_status.get(status, 0)) for status in TaskStatus]


def build_bar(shares: list[tuple[str, str, int]], cut: frozenset[str] = frozenset()) -> Bar:
    """Of status, word and count of each share; those of none are left out. Of `cut` there are more than counted."""
    shares = [share for share in shares if share[2] > 0]
    total = sum(count for _, _, count in shares)
    widths = [max(round(WIDTH * count / total), NARROWEST) for _, _, count in shares]
    if widths:
        widest = widths.index(max(widths))
        widths[widest] -= sum(widths) - WIDTH
    starts = [sum(widths[:place]) for place in range(len(widths))]
    parts = [
        Part(status, word, count, str(start), str(width), status in cut)
        for (status, word, count), start, width in zip(shares, starts, widths, strict=True)
    ]
    return Bar(parts, total)
