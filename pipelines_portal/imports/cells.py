"""The cells of rows, out of the blocks that the file was read into."""

from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from pipelines_portal.rows.cells import Cell
from pipelines_portal.rows.reading import lines_in

from .models import Import, ImportRow


def cells_of(of: Import, rows: Iterable[ImportRow]) -> dict[int, list[Cell]]:
    """The cells of these rows, by number. Raises Undecryptable."""
    places = {(row.block, row.position): row.number for row in rows}
    blocks = of.blocks.filter(number__in={block for block, _ in places})
    return {
        places[block.number, position]: cells
        for block in blocks.iterator(4)
        for position, (_, cells) in enumerate(lines_in(block.unpacked()))
        if (block.number, position) in places
    }


def batches_of(rows: QuerySet[ImportRow], at_once: int) -> Iterator[list[ImportRow]]:
    """In the order of the file. No reading stands open in between: SQLite lets nobody write there while others do."""
    last = 0
    while batch := list(rows.filter(number__gt=last).order_by("number")[:at_once]):
        yield batch
        last = batch[-1].number
