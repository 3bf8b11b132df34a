"""Stored titles of fields, for pages that do not call the API."""

from collections.abc import Iterable

from pipelines_portal.api_client import Schema
from pipelines_portal.workflows.models import FieldTitles, OpenedWorkflow


def remember_titles(workflow: OpenedWorkflow, schema: Schema) -> None:
    """Store the titles of the schema. Titles of removed fields stay, because old values are still shown."""
    known = titles_of(workflow.key_id, workflow.workflow_id)
    titles = known | {field.name: field.label for field in schema.fields}
    if titles != known:
        FieldTitles.objects.update_or_create(workflow=workflow, defaults={"titles": titles})


def titles_of_workflows(pks: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return the titles of several workflows, by their primary keys."""
    return dict(FieldTitles.objects.filter(workflow__in=pks).values_list("workflow", "titles"))


def titles_of(key_id: int | None, workflow_id: int) -> dict[str, str]:
    """Return the titles by the names of the fields, or {} if none are stored."""
    found = FieldTitles.objects.filter(workflow__key=key_id, workflow__workflow_id=workflow_id)
    return dict(found.values_list("titles", flat=True).first() or {}) if key_id else {}
