"""An import on its way: a file of many rows from the choice to the last answer, stored: it needs no tab.

Every line of the file is a row. Its values are checked in place, and a row that is sent points to its submission.
"""

from pipelines_portal.entry.models.changes import Change, ChangedRow
from pipelines_portal.entry.models.form import KeptFields, Preset, TypedDraft
from pipelines_portal.entry.models.rows import ErrorGroup, ImportRow, RowError, RowState
from pipelines_portal.entry.models.whole import (
    AT_WORK,
    IS_AT_WORK,
    LARGEST_REQUEST,
    FilePart,
    Import,
    RememberedMatching,
    State,
)

__all__ = [
    "Change",
    "ChangedRow",
    "ErrorGroup",
    "ImportRow",
    "RowError",
    "RowState",
    "AT_WORK",
    "IS_AT_WORK",
    "LARGEST_REQUEST",
    "FilePart",
    "Import",
    "KeptFields",
    "Preset",
    "TypedDraft",
    "RememberedMatching",
    "State",
]
