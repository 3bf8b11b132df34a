"""The texts with which new rows of the grid begin."""

from typing import Any

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.entry.form.presets import pinned_names
from pipelines_portal.entry.models import PinnedFields
from pipelines_portal.entry.rows.saving import Cell, PostedRow
from pipelines_portal.workflows.models import OpenedWorkflow


def pinned_texts(person: User, workflow: OpenedWorkflow, schema: Schema) -> dict[str, str]:
    """Return the pinned texts by field. They are the person's own."""
    stored = PinnedFields.objects.filter(owner=person, key=workflow.key_id, workflow_id=workflow.workflow_id).first()
    names = set(stored.names) & {known.name for known in schema.fields} if stored else set()
    return {name: text for name, text in (stored.texts if stored else {}).items() if name in names}


def pin_text(person: User, workflow: OpenedWorkflow, schema: Schema, name: str, text: str) -> bool:
    """Pin the text of a field, or unpin the field if it has this text already. Return whether it is pinned now."""
    texts, names = pinned_texts(person, workflow, schema), pinned_names(person, workflow, schema)
    is_pinned = texts.get(name) != text and bool(text)
    texts, names = {**texts, name: text}, names | {name}
    if not is_pinned:
        texts.pop(name)
        names.discard(name)
    place: dict[str, Any] = {"owner": person, "key": workflow.key, "workflow_id": workflow.workflow_id}
    PinnedFields.objects.update_or_create(**place, defaults={"texts": texts, "names": sorted(names)})
    return is_pinned


def add_pins(person: User, workflow: OpenedWorkflow, schema: Schema, posted: list[PostedRow]) -> None:
    """Put the pinned texts into new rows, where nothing was typed."""
    new = [row for row in posted if row.is_new and any(cell.after for cell in row.cells.values())]
    pinned = pinned_texts(person, workflow, schema) if new else {}
    for row in new:
        row.cells.update({name: Cell("", text) for name, text in pinned.items() if name not in row.cells})
