"""How the columns of a file become the fields of a workflow."""

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass
class Column:
    """Of the file, in its order. It becomes a field, is set aside on purpose, or blocks: neither."""

    header: str
    field: str = ""
    is_aside: bool = False
    # Why it was matched, in words for people; "" when a person did it.
    how: str = ""
    # Set aside since the workflow lost this field: it is taken again should the field come back.
    gone: str = ""

    @property
    def is_settled(self) -> bool:
        return bool(self.field) or self.is_aside


@dataclass
class Matching:
    """`header_line` is the place among the file's lines of the one that heads the table; rows are those below it."""

    header_line: int = 0
    columns: list[Column] = field(default_factory=list)
    # The same value for every row, by field, as typed.
    constants: dict[str, str] = field(default_factory=dict)
    # What words in the file mean, by field: folded word to choice.
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    decimal: str = "."
    day_first: bool = True
    # In which dates without an offset are.
    zone: str = "UTC"

    @classmethod
    def of(cls, kept: dict[str, Any]) -> "Matching":
        """As it is stored in Import.matching."""
        columns = [Column(**column) for column in kept.get("columns", [])]
        return cls(**{**kept, "columns": columns})

    def kept(self) -> dict[str, Any]:
        return asdict(self)

    def places(self) -> dict[str, int]:
        """Where each field's cell is, for the fields that have a column."""
        return {column.field: place for place, column in enumerate(self.columns) if column.field}


def folded(word: str) -> str:
    """Words that differ in case and outer spaces only are the same word."""
    return " ".join(word.split()).casefold()
