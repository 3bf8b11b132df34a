"""A bar whose parts are shares of a whole, for templates."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate

from pipelines_portal.api_client import TaskStatus

WIDTH = 1000
# Narrower parts could not be seen. The words have the true numbers.
NARROWEST = 12


@dataclass(frozen=True)
class BarPart:
    """A part of a bar. `x` and `width` are thousandths of it, as text: numbers in an SVG must not be localized."""

    status: str
    word: str
    count: int
    x: str
    width: str
    # True if there are more than were counted.
    is_cut: bool = False

    @property
    def has_list(self) -> bool:
        """True if the API can list tasks by this status."""
        return TaskStatus.known(self.status) is not None

    @property
    def number(self) -> str:
        return f"{self.count:,}{'+' if self.is_cut else ''}"


@dataclass(frozen=True)
class StackedBar:
    parts: list[BarPart]
    total: int
    as_of: object = None
    # Tasks that are left out, because they are mistakes or were replaced.
    mistakes: int = 0

    @property
    def words(self) -> str:
        return ", ".join(f"{part.number} {part.word.lower()}" for part in self.parts)


def task_shares(by_status: Mapping[str, int]) -> list[tuple[str, str, int]]:
    """Return status, label and count of the documented statuses: first those that need attention, failed before all."""
    ordered = sorted(TaskStatus, key=lambda status: not status.needs_attention)
    return [(status.value, status.label, by_status.get(status, 0)) for status in ordered]


def build_bar(shares: list[tuple[str, str, int]], cut: frozenset[str] = frozenset()) -> StackedBar:
    """Build a bar from the status, word and count of each share. `cut` has the statuses that are not fully counted."""
    shares = [share for share in shares if share[2] > 0]
    total = sum(count for _, _, count in shares)
    widths = [max(round(WIDTH * count / total), NARROWEST) for _, _, count in shares]
    if widths:
        widest = widths.index(max(widths))
        widths[widest] -= sum(widths) - WIDTH
    starts = accumulate(widths[:-1], initial=0)
    parts = [
        BarPart(status, word, count, str(start), str(width), status in cut)
        for (status, word, count), start, width in zip(shares, starts, widths, strict=False)
    ]
    return StackedBar(parts, total)
