"""Imports with their rows, and what the form stores between two tasks."""

from pipelines_portal.entry.models.form import PinnedFields, Preset, TypedDraft
from pipelines_portal.entry.models.grid_layout import GridLayout
from pipelines_portal.entry.models.row import (
    Change,
    ChangedRow,
    Row,
    reasons_of,
)
from pipelines_portal.entry.models.row_error import (
    LONGEST_VALUE,
    ErrorGroup,
    ErrorGrouping,
    RowError,
    remove_errors,
    replace_errors,
)
from pipelines_portal.entry.models.row_value import RowValue
from pipelines_portal.entry.models.sheet import (
    LEASE,
    LONGEST_WAIT,
    MOST_SENT_AT_ONCE,
    RESTORABLE_FOR,
    FilePart,
    RememberedMatching,
    Sheet,
    Sheets,
)

__all__ = [
    "LEASE",
    "LONGEST_VALUE",
    "LONGEST_WAIT",
    "MOST_SENT_AT_ONCE",
    "RESTORABLE_FOR",
    "Change",
    "ChangedRow",
    "ErrorGroup",
    "ErrorGrouping",
    "FilePart",
    "GridLayout",
    "Sheet",
    "Sheets",
    "Row",
    "PinnedFields",
    "Preset",
    "RememberedMatching",
    "RowError",
    "RowValue",
    "TypedDraft",
    "reasons_of",
    "remove_errors",
    "replace_errors",
]
