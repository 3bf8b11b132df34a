"""Cells that are copied from a spreadsheet and pasted into the grid."""

import re

from pipelines_portal.entry.rows.cells import plain_line_ends, plain_text

# A copied cell and what ends it. Quotes around all of it are not its own, and those inside are doubled then.
_COPIED = re.compile(r'(?:"((?:[^"]|"")*+)"|([^\t\n]*))([\t\n])')


def pasted_cells(text: str) -> list[list[str]]:
    """Return the cells of copied spreadsheet cells: separated by tabs, with quotes around those that hold line ends."""
    text = plain_line_ends(text).removesuffix("\n")
    lines, line = list[list[str]](), list[str]()
    for found in _COPIED.finditer(text if not text or text.endswith("\n") else f"{text}\n"):
        quoted, plain, end = found[1], found[2], found[3]
        line.append(plain_text(plain if quoted is None else quoted.replace('""', '"')))
        if end == "\n":
            lines.append([] if len(line) == 1 and plain == "" else line)
            line = []
    return lines
