"""An import on its way: a file of many rows from the choice to the last answer, kept here so that nothing needs a tab.

What a file holds is kept encrypted, as it was read, in blocks of lines. A row each says where one of them stands; it is
made anew by every check (a generation), and only what people decided about a row is carried over.
"""

from .changes import Change, ChangedRow
from .rows import ErrorGroup, ImportRequest, ImportRow, RowError, RowState, ranges_of
from .whole import (
    AT_WORK,
    IS_AT_WORK,
    LARGEST_REQUEST,
    ROWS_SEALED,
    WAITS_FOR_KEY,
    CheckedBlock,
    FilePart,
    Import,
    Lacks,
    LineBlock,
    RememberedMatching,
    State,
)

__all__ = [
    "Change",
    "ChangedRow",
    "ErrorGroup",
    "ImportRequest",
    "ImportRow",
    "RowError",
    "RowState",
    "ranges_of",
    "AT_WORK",
    "IS_AT_WORK",
    "LARGEST_REQUEST",
    "ROWS_SEALED",
    "WAITS_FOR_KEY",
    "CheckedBlock",
    "FilePart",
    "Import",
    "Lacks",
    "LineBlock",
    "RememberedMatching",
    "State",
]
