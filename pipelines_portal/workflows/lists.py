"""Reference lists: the entries that begin with what was typed, and the lists that the rules of a workflow use."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import QuerySet

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.list_words import LAST_BYTE, key_of
from pipelines_portal.workflows.models import ListEntry, ListWord, OpenedWorkflow, ReferenceList
from pipelines_portal.workflows.rules.stored import WorkflowRule

MOST_OFFERED = 6
# For fewer letters, neither entries of lists nor earlier values are offered.
FEWEST_LETTERS = 2
MOST_LISTS, MOST_ENTRIES, MOST_COLUMNS, MOST_BYTES = 50, 50_000, 20, 20 * 1024 * 1024
# An entry may be found by several of its words.
_READ = 4 * MOST_OFFERED


@dataclass(frozen=True)
class ListedField:
    """A field whose value is a code of a list, and the fields that the entry fills, each with the column's place."""

    name: str
    reference_list: ReferenceList
    fills: dict[str, int] = field(default_factory=dict)

    def filled_by(self, entry: ListEntry) -> dict[str, str]:
        """Return the texts for the further fields."""
        cells = entry.cells
        return {name: cells[place] for name, place in self.fills.items() if place < len(cells) and cells[place]}


def lists_of(key: SavedKey | int) -> QuerySet[ReferenceList]:
    return ReferenceList.objects.filter(key=key).select_related("changed_by")


def find_entries(reference_list: ReferenceList, typed: str, most: int = MOST_OFFERED) -> list[ListEntry]:
    """Return the first entries whose code, or whose name from one of its words on, begins with what was typed.

    Those whose code or whole name begins with it come before the others.
    """
    words = _words(reference_list, typed).order_by("folded", "entry_id").select_related("entry")
    found = {word.entry_id: word.entry for word in words[: max(_READ, most)]}
    beginning = key_of(typed)
    others = {pk for pk, entry in found.items() if not key_of(entry.code).startswith(beginning)}
    others = {pk for pk in others if not key_of(found[pk].label).startswith(beginning)}
    return [found[pk] for pk in sorted(found, key=lambda pk: pk in others)][:most]


def matching_entries(reference_list: ReferenceList, typed: str) -> QuerySet[ListEntry]:
    """Return all such entries, by code."""
    entries = ListEntry.objects.filter(reference_list=reference_list)
    return entries.filter(pk__in=_words(reference_list, typed).values("entry")) if key_of(typed) else entries


def _words(reference_list: ReferenceList, typed: str) -> QuerySet[ListWord]:
    beginning = key_of(typed)
    return ListWord.objects.filter(
        reference_list=reference_list, folded__gte=beginning, folded__lt=beginning + LAST_BYTE
    ).order_by()


def listed_fields(workflow: OpenedWorkflow) -> dict[str, ListedField]:
    """Return the fields whose values come from a list, by their names."""
    if not workflow.has_rules:
        return {}
    rules = WorkflowRule.objects.filter(
        key=workflow.key_id, workflow_id=workflow.workflow_id, is_on=True, reference_list__isnull=False
    ).select_related("reference_list")
    return {rule.field: _listed(rule) for rule in reversed(rules)}  # of two rules, the first counts


def offered_entries(workflow: OpenedWorkflow, name: str, typed: str) -> tuple[ListedField | None, list[ListEntry]]:
    """Return the list of a field, if it has one, and the entries that begin with what was typed."""
    listed = listed_fields(workflow).get(name)
    if listed is None or len(typed.strip()) < FEWEST_LETTERS:
        return listed, []
    return listed, find_entries(listed.reference_list, typed)


def _listed(rule: WorkflowRule) -> ListedField:
    reference_list: Any = rule.reference_list
    columns: list[str] = reference_list.columns
    fills = {name: columns.index(column) for name, column in rule.value.get("fills", {}).items() if column in columns}
    return ListedField(rule.field, reference_list, fills)
