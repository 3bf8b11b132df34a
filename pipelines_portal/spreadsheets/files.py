"""Options for reading a file of rows, and what was found out about it."""

from dataclasses import dataclass, field
from typing import TypedDict


class Sheet(TypedDict):
    name: str
    is_hidden: bool


@dataclass(frozen=True)
class ReadingOptions:
    """The options that a person chose. "" means automatic."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


@dataclass
class ReadingResult:
    """How a file was read. Counts and remarks about cells are complete at its end."""

    # csv or xlsx
    kind: str
    # "" if they do not apply.
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[Sheet] = field(default_factory=list)
    # Rows that are hidden in the sheet. They are read, too.
    hidden_rows: int = 0
    # Lines that are not empty, including headers and titles.
    line_count: int = 0
    # Sentences about assumptions and oddities.
    remarks: list[str] = field(default_factory=list)
