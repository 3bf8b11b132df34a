"""The cells of rows, out of the blocks that the file was read into."""

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import islice

from django.db.models import QuerySet

from pipelines_portal.rows.cells import Cell
from pipelines_portal.rows.reading import lines_in
from pipelines_portal.shared.together import together

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


def batches_of(rows: QuerySet[ImportRow], states: Iterable[str], at_once: int) -> Iterator[list[ImportRow]]:
    """Those of these states, in the order of the file: of one state they come so out of the index, of several at once
    SQLite would go through all rows. No reading stands open in between: nobody could write there meanwhile.
    """
    last, states = 0, tuple(states)
    while True:
        ahead = together(*(rows.filter(state=one, number__gt=last).order_by("number")[:at_once] for one in states))
        batch = list(islice(merge(*ahead, key=lambda row: row.number), at_once))
        if batch:
            yield batch
        if len(batch) < at_once:
            return
        last = batch[-1].number
