"""Everything that was sent, and the files it is exported to."""

from pipelines_portal.submissions.models.acceptance import Acceptance
from pipelines_portal.submissions.models.export import Export, ExportPart
from pipelines_portal.submissions.models.field_value import FieldValue, RecordedField, ValuesUsed
from pipelines_portal.submissions.models.rows import CHUNK, JSON_TEXT, NewRow, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.models.submission import (
    BATCH,
    WITH_ACCEPTED,
    Submission,
    Submissions,
    SubmissionTeam,
    count_rows,
    place_of,
)
from pipelines_portal.submissions.models.typed_count import LONGEST_FIELD, LONGEST_VALUE, TypedCount

__all__ = [
    "BATCH",
    "CHUNK",
    "JSON_TEXT",
    "LONGEST_FIELD",
    "LONGEST_VALUE",
    "WITH_ACCEPTED",
    "Acceptance",
    "Export",
    "ExportPart",
    "FieldValue",
    "NewRow",
    "RecordedField",
    "Submission",
    "SubmissionRow",
    "SubmissionTeam",
    "Submissions",
    "TypedCount",
    "UnattributedTask",
    "ValuesUsed",
    "count_rows",
    "place_of",
]
