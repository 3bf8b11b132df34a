"""The cells of rows, out of the blocks that the file was read into."""

from collections.abc import Iterable

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
