"""Cells of a file: the text that is shown, and the value behind it. They are stored as JSON.

A `str` is a text; "" is an empty cell. A dict has a text and more:
`{"t": "12%", "v": 0.12}` a value of a spreadsheet; `{"t": "#N/A", "e": "error"}` an error;
`{"t": "", "e": "formula"}` a formula that was never calculated.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines_portal.api_client import Field

Cell = str | dict[str, Any]
Line = tuple[int, list[Cell]]
Lines = list[Line]

# For fields of these types the value counts, and not the text that a spreadsheet shows.
VALUED_TYPES = frozenset({"numeric", "rating", "datetime", "boolean", "ranking"})


def valued(shown: str, value: Any) -> Cell:
    """Return a cell of a spreadsheet with a value."""
    return {"t": shown, "v": value}


def error(shown: str) -> Cell:
    return {"t": shown, "e": "error"}


UNCALCULATED: Cell = {"t": "", "e": "formula"}


def text_of(cell: Cell) -> str:
    """Return the text of the cell as it is shown."""
    return cell if isinstance(cell, str) else str(cell.get("t", ""))


def value_of(cell: Cell) -> Any:
    """Return the value of the cell, or its text if it has no other value."""
    return cell if isinstance(cell, str) else cell.get("v", cell.get("t", ""))


def value_for(cell: Cell, field: "Field") -> Any:
    """Return what a reader of the field takes: the text or the value of a cell, by the type."""
    if isinstance(cell, str):
        return cell
    return value_of(cell) if field.type in VALUED_TYPES else text_of(cell)


def field_error_of(cell: Cell) -> str:
    """Return what is wrong with a cell in any field, as the middle of a sentence, or ""."""
    kind = "" if isinstance(cell, str) else cell.get("e", "")
    if kind == "error":
        return f"has the error {text_of(cell)}"
    return "has a formula without a stored value" if kind else ""


def is_empty(cells: list[Cell]) -> bool:
    """Return whether all cells are empty or only whitespace."""
    return not any(cell.strip() if isinstance(cell, str) else cell for cell in cells)
