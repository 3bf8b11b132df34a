"""Which line heads the table, where nobody says it."""

from collections.abc import Sequence

from pipelines_portal.spreadsheets.cells import Cell, text_of
from pipelines_portal.spreadsheets.limits import MAX_HEADER_LINES


def likely_header(lines: Sequence[tuple[int, list[Cell]]]) -> int:
    """The index of the line that names the columns; 0 where no line looks like it.

    Titles stand above it and are narrow; where several lines head the table, the last one names each column.
    """
    looked_at = [cells for _, cells in lines[:MAX_HEADER_LINES]]
    widths = [sum(1 for cell in cells if text_of(cell).strip()) for cells in looked_at]
    if not widths:
        return 0
    usual = sorted(widths)[len(widths) // 2]
    first = next((at for at, width in enumerate(widths) if width >= max(usual, 1) * 0.6), 0)
    return max(_headed(looked_at, widths, first), 0)


def _headed(lines: list[list[Cell]], widths: list[int], first: int) -> int:
    """The last line from `first` on that still looks like names, and is no narrower than the one before."""
    at = first
    while at + 1 < len(lines) - 1 and _looks_like_names(lines[at]) and _is_better(lines, widths, at):
        at += 1
    return at


def _is_better(lines: list[list[Cell]], widths: list[int], at: int) -> bool:
    """Whether the next line names the columns rather than this one, which is narrower and repeats or has gaps."""
    if not _looks_like_names(lines[at + 1]) or widths[at + 1] < widths[at]:
        return False
    return widths[at + 1] > widths[at] and _has_gaps(lines[at])


def _has_gaps(cells: list[Cell]) -> bool:
    texts = [text_of(cell).strip() for cell in cells]
    return "" in texts or len(set(texts)) < len(texts)


def _looks_like_names(cells: list[Cell]) -> bool:
    """Texts, each once, none of them a number or long."""
    texts = [text_of(cell).strip() for cell in cells if text_of(cell).strip()]
    plain = [text for text in texts if not any(letter.isdigit() for letter in text[:1]) and len(text) <= 100]
    return bool(texts) and len(plain) >= 0.8 * len(texts) and all(isinstance(cell, str) for cell in cells)
