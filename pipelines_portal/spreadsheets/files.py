"""What may be asked of a file of rows, and what is found about it."""

from dataclasses import dataclass, field
from typing import TypedDict


class Sheet(TypedDict):
    name: str
    is_hidden: bool


@dataclass(frozen=True)
class Asked:
    """What a person chose; "" is left to be found out."""

    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""


@dataclass
class Found:
    """How a file was read. The counts, and remarks about cells, are known when it was read to its end."""

    # csv, xlsx, json or jsonl
    kind: str
    # "" where they do not apply.
    encoding: str = ""
    delimiter: str = ""
    sheet: str = ""
    sheets: list[Sheet] = field(default_factory=list)
    # Rows that are hidden in the sheet, by a filter or by hand. They are read too.
    hidden_rows: int = 0
    # Lines that hold something, headers and titles among them.
    line_count: int = 0
    # What was assumed, or is odd, in sentences.
    remarks: list[str] = field(default_factory=list)
