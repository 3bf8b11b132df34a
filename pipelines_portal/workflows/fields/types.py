"""The table of field types. A contract test compares it with the API."""

from pipelines_portal.api_client import Field
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.boolean import Boolean
from pipelines_portal.workflows.fields.date_time import DateTime
from pipelines_portal.workflows.fields.file_path import FilePath
from pipelines_portal.workflows.fields.numeric import Numeric
from pipelines_portal.workflows.fields.ranking import Ranking
from pipelines_portal.workflows.fields.rating import Rating
from pipelines_portal.workflows.fields.select import Select
from pipelines_portal.workflows.fields.texts import Code, Criteria, LongText, Pairwise, ShortText
from pipelines_portal.workflows.fields.unknown import Unknown

TYPES: dict[str, type[FieldType]] = {
    each.api_name: each
    for each in (
        ShortText, LongText, Code, Boolean, Numeric, DateTime, Select, Rating, Ranking, Pairwise, Criteria, FilePath,
    )
}  # fmt: skip


def type_of(field: Field) -> FieldType:
    """Return what the portal knows of a field by its type."""
    return TYPES.get(field.type, Unknown)(field)
