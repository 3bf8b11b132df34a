"""What people call a workflow's fields, also where the API is not asked: pages about what was sent."""

from django.db.models import BigIntegerField, QuerySet

from pipelines_portal.api_client import Schema
from pipelines_portal.shared.prepared import Given, prepared

from .models import FieldTitles, OpenedWorkflow


def remember_titles(workflow: OpenedWorkflow, schema: Schema) -> None:
    """Titles of fields that are gone stay: what was sent to them is still shown. Writes only what is new."""
    known = titles_of(workflow.key_id, workflow.workflow_id)
    titles = known | {field.name: field.label for field in schema.fields}
    if titles != known:
        FieldTitles.objects.update_or_create(workflow=workflow, defaults={"titles": titles})


def titles_of(key_id: int | None, workflow_id: int) -> dict[str, str]:
    """By the fields' names; empty where nobody saw the fields yet, or the key is gone."""
    found = _titles.first(key=key_id, workflow=workflow_id) if key_id else None
    return dict(found or {})


@prepared(key=BigIntegerField(), workflow=BigIntegerField())
def _titles(key: Given, workflow: Given) -> QuerySet[FieldTitles, dict[str, str]]:
    found = FieldTitles.objects.filter(workflow__key=key, workflow__workflow_id=workflow).order_by()
    return found.values_list("titles", flat=True)
