"""The field by whose value people know a task."""

from pipelines_portal.api_client import Schema
from pipelines_portal.workflows.fields.types import type_of


def telling_field(schema: Schema) -> str:
    """The name of its first required text, else of its first text; "" where no field is text."""
    texts = [field for field in schema.fields if type_of(field).tells_rows_apart]
    return next((field.name for field in [*(text for text in texts if text.required), *texts]), "")
