"""Titles of fields: those of columns in files, and stored ones for pages that do not call the API; stored schemas."""

from collections import Counter
from collections.abc import Iterable, Mapping

from pipelines_portal.api_client import Schema
from pipelines_portal.workflows.models import FieldTitles, OpenedWorkflow


def remember_schema(workflow: OpenedWorkflow, schema: Schema) -> None:
    """Store the schema and its titles. Titles of removed fields stay, because old values are still shown."""
    known = FieldTitles.objects.filter(workflow=workflow).first() or FieldTitles()
    titles = known.titles | {field.name: field.label for field in schema.fields}
    values = {"titles": titles, "schema": schema.model_dump(mode="json")}
    if (known.titles, known.schema) != (titles, values["schema"]):
        FieldTitles.objects.update_or_create(workflow=workflow, defaults=values)


def known_schema(workflow: OpenedWorkflow) -> Schema | None:
    """Return the schema as it was read last, or None if none is stored."""
    stored = FieldTitles.objects.filter(workflow=workflow).values_list("schema", flat=True).first()
    return None if stored is None else Schema.model_validate(stored)


def column_titles(titles: Mapping[str, str]) -> dict[str, str]:
    """Return what heads the column of each field, by its name: its title, unless that could mean another field too."""
    words = [{_folded(name), _folded(title)} for name, title in titles.items()]
    taken = Counter(word for of_field in words for word in of_field)
    return {name: title if title.strip() and taken[_folded(title)] == 1 else name for name, title in titles.items()}


def _folded(word: str) -> str:
    return word.strip().casefold()


def titles_of_workflows(pks: Iterable[int]) -> dict[int, dict[str, str]]:
    """Return the titles of several workflows, by their primary keys."""
    return dict(FieldTitles.objects.filter(workflow__in=pks).values_list("workflow", "titles"))


def titles_of(key_id: int | None, workflow_id: int) -> dict[str, str]:
    """Return the titles by the names of the fields, or {} if none are stored."""
    found = FieldTitles.objects.filter(workflow__key=key_id, workflow__workflow_id=workflow_id)
    return dict(found.values_list("titles", flat=True).first() or {}) if key_id else {}


def titles_of_many(places: Iterable[tuple[int | None, int]]) -> dict[tuple[int | None, int], dict[str, str]]:
    """Return the stored titles by the ID of the key and that of the workflow."""
    keys, workflow_ids = {key for key, _ in places}, {workflow_id for _, workflow_id in places}
    found = FieldTitles.objects.filter(workflow__key__in=keys, workflow__workflow_id__in=workflow_ids)
    rows = found.values_list("workflow__key", "workflow__workflow_id", "titles")
    return {(key, workflow_id): titles for key, workflow_id, titles in rows}
