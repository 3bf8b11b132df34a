"""Shares of a whole as parts of one bar, for a template to draw."""

from dataclasses import dataclass

from django.utils.dateparse import parse_datetime

from pipelines_portal.web.templatetags.portal import TASK_STATUS_WORDS

from .counts import Counts
from .models import Import

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


@dataclass(frozen=True)
class Bar:
    parts: list[Part]
    total: int
    as_of: object = None

    @property
    def words(self) -> str:
        return ", ".join(f"{part.count:,} {part.word.lower()}" for part in self.parts)


def row_bar(counts: Counts) -> Bar:
    """Of the rows that are sent, or are to be."""
    shares = [
        ("finished", "Created", counts.created), ("failed", "Rejected", counts.rejected),
        ("quarantined", "Unknown", counts.unknown), ("pending", "Not sent", counts.not_sent),
    ]  # fmt: skip
    return _bar(shares)


def task_bar(of: Import, counts: Counts) -> Bar | None:
    """Of the tasks that were created, by the last walk along the list; None before the first one is through."""
    by_status = of.task_counts.get("by_status")
    if not by_status or not counts.created:
        return None
    shares = [(status, word, by_status.get(status, 0)) for status, word in TASK_STATUS_WORDS.items()]
    others = counts.created - sum(count for _, _, count in shares)
    bar = _bar([*shares, ("pending", "Not found, or of another status", max(others, 0))])
    return Bar(bar.parts, counts.created, parse_datetime(of.task_counts.get("as_of", "")))


def _bar(shares: list[tuple[str, str, int]]) -> Bar:
    shares = [share for share in shares if share[2]]
    total = sum(count for _, _, count in shares)
    widths = [max(round(WIDTH * count / total), NARROWEST) for _, _, count in shares]
    if widths:
        widest = widths.index(max(widths))
        widths[widest] -= sum(widths) - WIDTH
    starts = [sum(widths[:place]) for place in range(len(widths))]
    parts = [
        Part(status, word, count, str(start), str(width))
        for (status, word, count), start, width in zip(shares, starts, widths, strict=True)
    ]
    return Bar(parts, total)
