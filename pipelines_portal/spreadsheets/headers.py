"""Find the line that names the columns."""

from collections.abc import Sequence

from pipelines_portal.spreadsheets.cells import Cell, text_of
from pipelines_portal.spreadsheets.limits import MAX_HEADER_LINES


def likely_header(lines: Sequence[tuple[int, list[Cell]]]) -> int:
    """Return the index of the line that names the columns, or 0 if no line looks like it.

    Titles above it are narrow. If there are several header lines, the last one names each column.
    """
    looked_at = [cells for _, cells in lines[:MAX_HEADER_LINES]]
    widths = [sum(1 for cell in cells if text_of(cell).strip()) for cells in looked_at]
    if not widths:
        return 0
    usual = sorted(widths)[len(widths) // 2]
    first = next((at for at, width in enumerate(widths) if width >= max(usual, 1) * 0.6), 0)
    return max(_headed(looked_at, widths, first), 0)


def _headed(lines: list[list[Cell]], widths: list[int], first: int) -> int:
    """Return the header line: from `first` on, move down while the next line is a better header."""
    at = first
    while at + 1 < len(lines) - 1 and _looks_like_names(lines[at]) and _is_better(lines, widths, at):
        at += 1
    return at


def _is_better(lines: list[list[Cell]], widths: list[int], at: int) -> bool:
    """Return whether the next line names the columns rather than this one, which is narrower and has gaps."""
    if not _looks_like_names(lines[at + 1]) or widths[at + 1] < widths[at]:
        return False
    return widths[at + 1] > widths[at] and _has_gaps(lines[at])


def _has_gaps(cells: list[Cell]) -> bool:
    texts = [text_of(cell).strip() for cell in cells]
    return "" in texts or len(set(texts)) < len(texts)


def _looks_like_names(cells: list[Cell]) -> bool:
    """Return whether most cells are short texts that do not begin with a digit."""
    texts = [text_of(cell).strip() for cell in cells if text_of(cell).strip()]
    plain = [text for text in texts if not any(letter.isdigit() for letter in text[:1]) and len(text) <= 100]
    return bool(texts) and len(plain) >= 0.8 * len(texts) and all(isinstance(cell, str) for cell in cells)
