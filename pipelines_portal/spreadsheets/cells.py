"""Cells of a file: the text that is shown, and the value behind it. They are stored as JSON.

A `str` is a text; "" is an empty cell. A dict has a text and more:
`{"t": "12%", "v": 0.12}` a value of a spreadsheet; `{"t": "#N/A", "e": "error"}` an error;
`{"t": "5", "v": 5, "f": true}` a value whose format shows more than is read;
`{"t": "1.5", "e": "duration"}` a duration; `{"t": "", "e": "formula"}` a formula that was never calculated.
"""

from typing import Any

Cell = str | dict[str, Any]
Line = tuple[int, list[Cell]]
Lines = list[Line]

FORMAT_AS_TEXT = "type it as text, or save the file as CSV"


def valued(shown: str, value: Any) -> Cell:
    """Return a cell of a spreadsheet with a value."""
    return {"t": shown, "v": value}


def formatted(plain: str, value: Any) -> Cell:
    """Return a cell of which a person sees more than its number, such as a currency."""
    return {"t": plain, "v": value, "f": True}


def duration(days: str) -> Cell:
    return {"t": days, "e": "duration"}


def error(shown: str) -> Cell:
    return {"t": shown, "e": "error"}


UNCALCULATED: Cell = {"t": "", "e": "formula"}


def text_of(cell: Cell) -> str:
    """Return the text of the cell as it is shown."""
    return cell if isinstance(cell, str) else str(cell.get("t", ""))


def value_of(cell: Cell) -> Any:
    """Return the value of the cell, or its text if it has no other value."""
    return cell if isinstance(cell, str) else cell.get("v", cell.get("t", ""))


def field_error_of(cell: Cell, *, takes_values: bool = True) -> str:
    """Return what is wrong with a cell in a field that takes its value or else its text, as the middle of a sentence.

    Return "" if nothing is.
    """
    if isinstance(cell, str):
        return ""
    if not takes_values and cell.get("f"):
        return f"has a number format that the portal doesn’t read: {FORMAT_AS_TEXT}"
    said = {
        "error": f"has the error {text_of(cell)}",
        "formula": "has a formula without a stored value",
        "duration": f"has a duration: {FORMAT_AS_TEXT}",
    }
    return said.get(cell.get("e", ""), "")


def is_empty(cells: list[Cell]) -> bool:
    """Return whether all cells are empty or only whitespace."""
    return not any(cell.strip() if isinstance(cell, str) else cell for cell in cells)
