"""Everything that was sent, and the files it is exported to."""

from pipelines_portal.submissions.models.export import Export, ExportPart
from pipelines_portal.submissions.models.rows import CHUNK, JSON_TEXT, NewRow, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.models.submission import (
    BATCH,
    Submission,
    Submissions,
    SubmissionTeam,
    count_rows,
    place_of,
)

__all__ = [
    "BATCH",
    "CHUNK",
    "JSON_TEXT",
    "Export",
    "ExportPart",
    "NewRow",
    "Submission",
    "SubmissionRow",
    "SubmissionTeam",
    "Submissions",
    "UnattributedTask",
    "count_rows",
    "place_of",
]
