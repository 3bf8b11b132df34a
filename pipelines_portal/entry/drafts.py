"""What a person has not sent: typed forms, imports of which nothing is being sent, and the rest of a typed grid."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.entry import texts
from pipelines_portal.entry.imports.lists import as_lines
from pipelines_portal.entry.models import Row, Sheet, TypedDraft
from pipelines_portal.entry.statuses import DRAFTS, RowStatus, look_of
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow

MOST_LISTED = 200


@dataclass(frozen=True)
class Draft:
    """A draft in the list. `address` is empty for a form whose key the person can no longer use.

    `is_import` is False for what was typed. `state` is what the rows wait for.
    """

    label: str
    workflow_name: str
    detail: str
    saved_at: datetime
    address: str
    is_import: bool
    state: str = ""


def list_drafts(user: User, usable: set[int] | None = None, imports: list[Sheet] | None = None) -> list[Draft]:
    """Return the person's drafts, the newest first.

    `usable` are the keys that they may use, and `imports` their unsent imports, if these were already read.
    """
    if usable is None:
        usable = set(SavedKey.objects.usable_by(user).values_list("pk", flat=True))
    if imports is None:
        imports = list(as_lines(Sheet.objects.drafts_of(user))[:MOST_LISTED])
    drafts = [*_typed_drafts(user, usable), *_import_drafts(imports)]
    return sorted(drafts, key=lambda draft: draft.saved_at, reverse=True)[:MOST_LISTED]


def _typed_drafts(user: User, usable: set[int]) -> list[Draft]:
    typed = list(TypedDraft.objects.filter(owner=user).defer("typed")[:MOST_LISTED])
    opened = OpenedWorkflow.objects.filter(key__in={draft.key_id for draft in typed})
    names = {(key, number): name for key, number, name in opened.values_list("key", "workflow_id", "name")}
    return [
        Draft(
            "Draft",
            names.get((draft.key_id, draft.workflow_id), f"Workflow {draft.workflow_id}"),
            "1 task",
            draft.saved_at,
            reverse("new_task:create", args=[draft.key_id, draft.workflow_id]) if draft.key_id in usable else "",
            is_import=False,
        )
        for draft in typed
    ]


def _import_drafts(imports: list[Sheet]) -> list[Draft]:
    copies = _copies_in([sheet for sheet in imports if sheet.is_typed])
    return [
        Draft(
            copies.get(sheet.pk, sheet.name or sheet.file_name),
            sheet.workflow_name,
            _rows_of(sheet),
            sheet.changed_at,
            _address_of(sheet),
            is_import=not sheet.is_typed,
            state=_state_of(sheet),
        )
        for sheet in imports
    ]


def _copies_in(typed: list[Sheet]) -> dict[UUID, str]:
    """Return the names of typed imports in which only corrected copies are left, by the ids of the imports."""
    if not typed:
        return {}
    # A row without texts is unchecked.
    not_left = (RowStatus.CREATED, RowStatus.UNCHECKED)
    left = Row.objects.filter(sheet__in=typed).exclude(status__in=not_left)
    counted = left.order_by().values("sheet").annotate(
        count=Count("pk"), copies=Count("corrects_task"), first=Min("corrects_task")
    )  # fmt: skip
    return {
        one["sheet"]: texts.corrected_copies(one["count"], one["first"])
        for one in counted
        if one["count"] == one["copies"]
    }


def _state_of(sheet: Sheet) -> str:
    """Return what the import waits for, such as "57 rows have errors"."""
    counts = sheet.counts_as_read
    if sheet.status in DRAFTS and sheet.status != Sheet.Status.CHECKED:
        return look_of(sheet.status, counts).word
    if counts.errors:
        return texts.rows_with_errors(counts.errors)
    if counts.to_look:
        return counts.left_words
    return texts.READY.format(count=counts.ready) if counts.ready else texts.duplicates(counts.duplicate)


def _rows_of(sheet: Sheet) -> str:
    """Return the number of its rows in words, or of those that are left if others became tasks."""
    counts = sheet.counts_as_read
    if not counts.created:
        return texts.rows(sheet.row_count)
    ready = texts.READY.format(count=counts.not_sent) if counts.not_sent else ""
    duplicates = texts.duplicates(counts.duplicate) if counts.duplicate else ""
    return ", ".join(filter(None, (counts.left_words, ready, duplicates)))


def _address_of(sheet: Sheet) -> str:
    if not sheet.is_typed:
        has_errors = sheet.status == Sheet.Status.CHECKED and sheet.counts_as_read.errors
        return sheet.errors_url if has_errors else sheet.get_absolute_url()
    return reverse("sheets:page", args=[sheet.pk])
