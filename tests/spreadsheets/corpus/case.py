"""A file and the expected result."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipelines_portal.spreadsheets.files import ReadingOptions

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    """A file. `lines` are the texts of the cells by line number, `refused` a part of the expected refusal."""

    name: str
    data: Callable[[], bytes]
    lines: dict[int, list[str]] = field(default_factory=dict)
    options: ReadingOptions = ReadingOptions()
    # Which of the lines, from 0, heads the table.
    header: int = 0
    # What is known of the file, by the names in Found, as far as it matters.
    found: dict[str, Any] = field(default_factory=dict)
    # Values behind some cells, by line and place from 0.
    values: dict[tuple[int, int], Any] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    decimal: str | None = None
    refused: str = ""


def stored(name: str) -> Callable[[], bytes]:
    return (HERE / name).read_bytes


def text(content: str, encoding: str = "utf-8") -> Callable[[], bytes]:
    return lambda: content.encode(encoding)
