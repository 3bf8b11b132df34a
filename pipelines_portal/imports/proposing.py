"""A first proposal of how the columns of a file are meant."""

from pipelines_portal.api_client import Schema
from pipelines_portal.rows.cells import Cell, text_of

from .matching import Column, Matching, folded
from .models import Import


def propose(of: Import, schema: Schema, lines: list[tuple[int, list[Cell]]]) -> tuple[Matching, bool]:
    """And whether it is certain: every column is exactly a field's name or title, and nothing is left to ask."""
    names = {folded(known.name): known.name for known in schema.fields}
    names |= {folded(known.title): known.name for known in schema.fields if known.title}
    columns = [Column(text_of(cell), names.get(folded(text_of(cell)), "")) for cell in lines[0][1]]
    return Matching(0, columns), all(column.field for column in columns)
