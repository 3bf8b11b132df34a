"""A cell of a file: text as shown, and what stands behind it. Kept as JSON, and read by a program without Django.

A `str` is the text as shown, "" an empty cell. A dict is more than its text:
`{"t": "12%", "v": 0.12}` a spreadsheet's value; `{"t": "5", "v": 5, "typed": true}` a value of JSON, which has types;
`{"t": "#N/A", "e": "error"}` an error; `{"t": "", "e": "formula"}` a formula that was never calculated.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipelines_portal.api_client import Field

Cell = str | dict[str, Any]
Line = tuple[int, list[Cell]]
Lines = list[Line]

# Their values are more than texts: of these, the value counts and not how a spreadsheet shows it.
VALUED_TYPES = frozenset({"numeric", "rating", "datetime", "boolean", "ranking"})


def valued(shown: str, value: Any) -> Cell:
    return {"t": shown, "v": value}


def typed(shown: str, value: Any) -> Cell:
    return {"t": shown, "v": value, "typed": True}


def error(shown: str) -> Cell:
    return {"t": shown, "e": "error"}


UNCALCULATED: Cell = {"t": "", "e": "formula"}


def text_of(cell: Cell) -> str:
    """As shown."""
    return cell if isinstance(cell, str) else str(cell.get("t", ""))


def value_of(cell: Cell) -> Any:
    """What stands behind it; the text where nothing else does."""
    return cell if isinstance(cell, str) else cell.get("v", cell.get("t", ""))


def value_for(cell: Cell, field: "Field") -> Any:
    """What `type_of(field).read_cell` is to read: a value of JSON as it is, a spreadsheet's by the field's type."""
    if isinstance(cell, str):
        return cell
    return value_of(cell) if cell.get("typed") or field.type in VALUED_TYPES else text_of(cell)


def fault_of(cell: Cell) -> str:
    """What is wrong with a cell, whatever its field; the middle of a sentence, "" when nothing is."""
    kind = "" if isinstance(cell, str) else cell.get("e", "")
    if kind == "error":
        return f"holds the error {text_of(cell)}"
    return "holds a formula that was never calculated: open the file, save it again" if kind else ""


def is_empty(cells: list[Cell]) -> bool:
    """Whether no cell holds anything but space."""
    return not any(cell.strip() if isinstance(cell, str) else cell for cell in cells)
