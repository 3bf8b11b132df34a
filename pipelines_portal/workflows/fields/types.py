"""The table of field types. Forms, imports and previews use it, and a contract test compares it with the API."""

from django import forms

from pipelines_portal.api_client import Field
from pipelines_portal.core.notation import Notation
from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.choices import Boolean, Select
from pipelines_portal.workflows.fields.dates import DateTime, LocalTimeField
from pipelines_portal.workflows.fields.numbers import Numeric, Rating
from pipelines_portal.workflows.fields.rankings import Ranking
from pipelines_portal.workflows.fields.text import Code, FilePath, LongText, ShortText, Unknown

FILE_UPLOAD = "file_upload"
TYPES: dict[str, FieldType] = {
    "short_text": ShortText(),
    "long_text": LongText(),
    "code": Code(),
    "boolean": Boolean(),
    "numeric": Numeric(),
    "datetime": DateTime(),
    "select": Select(),
    "rating": Rating(),
    "ranking": Ranking(),
    "pairwise": LongText(),
    "criteria": LongText(),
    FILE_UPLOAD: FilePath(),
}
UNKNOWN = Unknown()


def type_of(field: Field) -> FieldType:
    """Return the type of a field, or UNKNOWN."""
    return TYPES.get(field.type, UNKNOWN)


def input_for(field: Field, zone: str, typed_in: Notation) -> forms.Field:
    """Return the form field of a field. Times are local times in `zone`, written in the notation `typed_in`."""
    form_field = type_of(field).form_field(field)
    if isinstance(form_field, LocalTimeField):
        form_field.set_zone(zone)
        form_field.widget.typed_in = typed_in
    return form_field
