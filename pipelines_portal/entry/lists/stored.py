"""Add, replace, rename and delete reference lists. Open drafts and imports are checked again afterwards."""

from dataclasses import dataclass, field
from functools import cached_property

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.json_text import json_text
from pipelines_portal.core.sql import insert_many
from pipelines_portal.core.unicode_forms import visible_text
from pipelines_portal.entry.lists.files import ListLines, codes_of
from pipelines_portal.entry.rules.stored import check_open_rows_again
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.list_words import keys_of
from pipelines_portal.workflows.lists import MOST_LISTS, lists_of
from pipelines_portal.workflows.models import LONGEST_LABEL, ListEntry, ListWord, OpenedWorkflow, ReferenceList
from pipelines_portal.workflows.rules.stored import WorkflowRule

# If more entries go, it is faster to store all of them again.
MOST_DELETED = 5_000
MOST_NAMED = 5


class NotStored(Exception):
    """Nothing was stored. The message is shown to the person."""


@dataclass
class NewEntry:
    code: str
    label: str
    cells: list[str]

    @cached_property
    def words(self) -> set[bytes]:
        """Return the texts by whose beginnings a search finds it: its code, and its name from each word on."""
        return keys_of(self.code, self.label)


@dataclass
class Changes:
    """What a file changes in a list, by code: the name of an entry that is new or gone, or what is different."""

    new: dict[str, str] = field(default_factory=dict)
    changed: dict[str, str] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        return not (self.new or self.changed or self.gone)


def stored_list(key: SavedKey, pk: int) -> ReferenceList:
    """Return a list of the key, or raise Http404."""
    found = lists_of(key).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def rules_using(reference_list: ReferenceList) -> list[WorkflowRule]:
    """Return the rules of all workflows that use the list, also those that are off."""
    return list(reference_list.rules.order_by("workflow_id", "position"))


def workflow_names(rules: list[WorkflowRule]) -> dict[int, str]:
    """Return the workflows of the rules of one key, by name. One that nobody has in their list has its ID."""
    numbers = {rule.workflow_id: f"Workflow {rule.workflow_id}" for rule in rules}
    opened = OpenedWorkflow.objects.filter(key__in={rule.key_id for rule in rules}, workflow_id__in=numbers)
    return numbers | dict(opened.values_list("workflow_id", "name"))


def entries_of(lines: ListLines, code_column: int, name_column: int | None) -> list[NewEntry]:
    return [
        NewEntry(code, "" if name_column is None else visible_text(cells[name_column])[:LONGEST_LABEL], cells)
        for code, (_, cells) in zip(codes_of(lines, code_column), lines.lines, strict=True)
    ]


def changes_in(reference_list: ReferenceList, columns: list[str], entries: list[NewEntry]) -> Changes:
    """Compare the entries of a file with those of the list."""
    before = {code: (label, cells) for code, label, cells in _stored(reference_list)}
    changes = Changes()
    for entry in entries:
        if entry.code not in before:
            changes.new[entry.code] = entry.label
            continue
        label, cells = before.pop(entry.code)
        if said := _difference(dict(zip(reference_list.columns, cells, strict=False)), label, columns, entry):
            changes.changed[entry.code] = said
    changes.gone = {code: label for code, (label, _) in before.items()}
    return changes


def _stored(reference_list: ReferenceList) -> list[tuple[str, str, list[str]]]:
    return list(reference_list.entries.values_list("code", "label", "cells"))


def _difference(before: dict[str, str], label: str, columns: list[str], entry: NewEntry) -> str:
    """Return in a few words what is different, or ""."""
    if label != entry.label:
        return f"{label or '–'} → {entry.label or '–'}"
    after = dict(zip(columns, entry.cells, strict=True))
    for name in dict.fromkeys([*before, *after]):
        if before.get(name, "") != after.get(name, ""):
            return f"{name}: {before.get(name) or '–'} → {after.get(name) or '–'}"
    return ""


def missing_columns(reference_list: ReferenceList, columns: list[str]) -> list[str]:
    """Return the columns from which rules fill fields, and which a file does not have."""
    filling = {name for rule in reference_list.rules.all() for name in rule.value.get("fills", {}).values()}
    return sorted(filling - set(columns))


def add_list(
    key: SavedKey, name: str, lines: ListLines, code_column: int, name_column: int | None, by: User
) -> ReferenceList:
    """Add a list with the entries of a file. Raise NotStored."""
    if lists_of(key).count() >= MOST_LISTS:
        raise NotStored(f"A key has at most {MOST_LISTS} lists. Delete one first.")
    added = ReferenceList(key=key, name=name, version=0)
    _require_free_name(added)
    entries = _prepared(lines, code_column, name_column)
    with transaction.atomic():
        _save_name(added)
        _store(added, lines.columns, entries, code_column, name_column, by)
        _record(added, by, "added", f"{added.entry_count:,} entries")
    return added


def replace_list(
    stored: ReferenceList, seen: int, lines: ListLines, code_column: int, name_column: int | None, by: User
) -> Changes:
    """Replace the entries by those of a file, in one transaction. Raise NotStored.

    `seen`: the version whose changes the person saw.
    """
    entries = _prepared(lines, code_column, name_column)
    with transaction.atomic():
        locked = _locked(stored)
        if locked.version != seen:
            raise NotStored("Someone else replaced this list. Look at what changes now.")
        changes = _store(locked, lines.columns, entries, code_column, name_column, by)
        counts = f"{len(changes.new):,} new, {len(changes.changed):,} changed, {len(changes.gone):,} gone"
        _record(locked, by, "replaced", counts)
        _check_again(locked)
    return changes


@transaction.atomic
def rename_list(stored: ReferenceList, name: str, by: User) -> None:
    """Raise NotStored if another list of the key has the name."""
    locked = _locked(stored)
    before, locked.name = locked.name, name
    _require_free_name(locked)
    _save_name(locked)
    _record(locked, by, "renamed", f"before: {before}")
    _check_again(locked)  # what they say names the list


@transaction.atomic
def delete_list(stored: ReferenceList, by: User) -> None:
    """Delete a list that no rule uses. Raise NotStored."""
    locked = _locked(stored)
    if rules := rules_using(locked):
        names = ", ".join(sorted(set(workflow_names(rules).values())))
        raise NotStored(f"Rules use this list: {names}. Change them first.")
    _record(locked, by, "deleted", f"{locked.entry_count:,} entries")
    locked.delete()


def _locked(stored: ReferenceList) -> ReferenceList:
    """Lock the list until the transaction ends. Raise Http404 if somebody has deleted it."""
    locked = ReferenceList.objects.select_for_update().filter(pk=stored.pk).first()
    if locked is None:
        raise Http404
    return locked


def _require_free_name(named: ReferenceList) -> None:
    if lists_of(named.key_id).filter(name=named.name).exclude(pk=named.pk).exists():
        raise NotStored(_name_taken(named.name))


def _save_name(named: ReferenceList) -> None:
    """Save a new list, or one with a new name. Raise NotStored if another request took the name first."""
    try:
        with transaction.atomic():
            named.save(update_fields=["name"] if named.pk else None)
    except IntegrityError:
        _require_free_name(named)
        raise


def _name_taken(name: str) -> str:
    return f"There is a list {name} already. Open it and replace its entries, or choose another name."


def _prepared(lines: ListLines, code_column: int, name_column: int | None) -> list[NewEntry]:
    """Return the entries with their words, so that the transaction is short."""
    entries = entries_of(lines, code_column, name_column)
    for entry in entries:
        _ = entry.words
    return entries


def _store(
    stored: ReferenceList, columns: list[str], entries: list[NewEntry], code: int, name: int | None, by: User
) -> Changes:
    """Delete the entries that changed or are gone, and insert the others. The rest stays as it is."""
    changes = changes_in(stored, columns, entries)
    new, deleted = entries, [*changes.changed, *changes.gone]
    if stored.columns == columns and len(deleted) <= MOST_DELETED:
        new = [entry for entry in entries if entry.code in changes.new or entry.code in changes.changed]
        _delete(stored, deleted)
    else:  # all cells may have moved, or most have changed
        ListWord.objects.filter(reference_list=stored).delete()
        stored.entries.all().delete()
    _insert(stored, new)
    stored.columns, stored.code_column, stored.name_column = columns, code, name
    stored.entry_count, stored.version = len(entries), stored.version + 1
    stored.changed_by, stored.changed_at = by, timezone.now()
    stored.save()
    return changes


def _insert(stored: ReferenceList, entries: list[NewEntry]) -> None:
    rows = [(stored.pk, entry.code, entry.label, json_text(entry.cells)) for entry in entries]
    insert_many(ListEntry, ("reference_list_id", "code", "label", "cells"), rows)
    numbers = dict(stored.entries.order_by().values_list("code", "pk")) if entries else {}
    words = ((stored.pk, numbers[entry.code], word) for entry in entries for word in entry.words)
    insert_many(ListWord, ("reference_list_id", "entry_id", "folded"), words)


def _delete(stored: ReferenceList, codes: list[str]) -> None:
    entries = list(stored.entries.filter(code__in=codes).values_list("pk", flat=True))
    ListWord.objects.filter(entry__in=entries).delete()
    ListEntry.objects.filter(pk__in=entries).delete()


def _check_again(stored: ReferenceList) -> None:
    """Judge open rows of all workflows again whose rules use the list. Call in a transaction."""
    numbers = stored.rules.filter(is_on=True).values("workflow_id")
    for workflow in OpenedWorkflow.objects.filter(key=stored.key_id, workflow_id__in=numbers).select_related("key"):
        check_open_rows_again(workflow)


def _record(stored: ReferenceList, by: User, what: str, detail: str) -> None:
    record(Verb.LIST_CHANGED, by=by, target=stored.key, what=what, list=stored.name, detail=detail)
