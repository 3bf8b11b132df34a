"""What people are about to send: imports with their rows, and what the form stores between two tasks."""

from pipelines_portal.entry.models.change import Change, ChangedRow
from pipelines_portal.entry.models.form import KeptFields, Preset, TypedDraft
from pipelines_portal.entry.models.import_job import IS_AT_WORK, FilePart, ImportJob, RememberedMatching
from pipelines_portal.entry.models.import_row import ErrorGroup, ImportRow, RowError

__all__ = [
    "IS_AT_WORK",
    "Change",
    "ChangedRow",
    "ErrorGroup",
    "FilePart",
    "ImportJob",
    "ImportRow",
    "KeptFields",
    "Preset",
    "RememberedMatching",
    "RowError",
    "TypedDraft",
]
