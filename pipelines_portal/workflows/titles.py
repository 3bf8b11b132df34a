"""What people call a workflow's fields, also where the API is not asked: pages about what was sent."""

from pipelines_portal.api_client import Schema
from pipelines_portal.workflows.models import FieldTitles, OpenedWorkflow


def remember_titles(workflow: OpenedWorkflow, schema: Schema) -> None:
    """Titles of fields that are gone stay: what was sent to them is still shown. Writes only what is new."""
    known = titles_of(workflow.key_id, workflow.workflow_id)
    titles = known | {field.name: field.label for field in schema.fields}
    if titles != known:
        FieldTitles.objects.update_or_create(workflow=workflow, defaults={"titles": titles})


def titles_of(key_id: int | None, workflow_id: int) -> dict[str, str]:
    """By the fields' names; empty where nobody saw the fields yet, or the key is gone."""
    found = FieldTitles.objects.filter(workflow__key=key_id, workflow__workflow_id=workflow_id)
    return dict(found.values_list("titles", flat=True).first() or {}) if key_id else {}
