"""The table of field types. Forms, files of rows and previews all go by it; the API's judgement is held against it."""

from django import forms

from pipelines_portal.api_client import Field
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
    return TYPES.get(field.type, UNKNOWN)


def input_for(field: Field, zone: str) -> forms.Field:
    """Its form field; a time is of the clocks of `zone`."""
    made = type_of(field).form_field(field)
    if isinstance(made, LocalTimeField):
        made.be_in(zone)
    return made
