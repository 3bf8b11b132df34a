"""The task of a form waits as a row of the grid while Pipelines is away, and is sent when it responds."""

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema, is_away
from pipelines_portal.entry.form.creation import Creation, FormResult, Typed
from pipelines_portal.entry.form.duplicates import lock_workflow
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.rows.fixing import CannotChange
from pipelines_portal.entry.rows.saving import Cell, PostedRow, save_rows
from pipelines_portal.entry.rows.typed import (
    SHOWN_DIGEST,
    current_typed,
    follow_schema,
    get_or_start_typed,
    last_number,
    start_sending_typed,
)
from pipelines_portal.submissions.duplicates import digest_of
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import sentence
from pipelines_portal.workflows.cached_schemas import note_away
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.models import OpenedWorkflow


class PossibleDuplicate(Exception):
    """A row of the grid has the same values, or they were sent before. The person has not confirmed the task."""


class _CannotWait(Exception):
    pass


def wait_in_grid(owner: User, workflow: OpenedWorkflow, schema: Schema, typed: Typed, failed: Creation) -> Row | None:
    """Put the task into the person's grid, whose rows are sent when Pipelines responds. Return its row.

    `failed` is the try of which certainly nothing was created. Return None if it has to stay in the form. Raise
    PossibleDuplicate.
    """
    if failed.result is not FormResult.NOT_SENT or not failed.error or not is_away(failed.error):
        return None
    if grid := current_typed(owner, workflow):
        follow_schema(grid, schema)
    try:
        with transaction.atomic():
            lock_workflow(workflow)
            row = row_of_form(owner, typed) or _move(owner, workflow, schema, typed, failed)
            away = Sheet.objects.filter(pk=row.sheet_id, away_since=None, status=Sheet.Status.SENDING)
            away.update(away_since=timezone.now(), problem=sentence(failed.error))
    except (CannotChange, _CannotWait):
        return None
    note_away(workflow, schema, failed.error)
    return row


def row_of_form(owner: User, typed: Typed) -> Row | None:
    """Return the row in which the task of this form waits, or waited."""
    rows = Row.objects.exclude(status=Row.Status.UNCHECKED).select_related("submission")
    of_form = rows.filter(form_token=typed.row_token, sheet__owner=owner)
    return of_form.exclude(sheet__status=Sheet.Status.DELETED).first()


def _move(owner: User, workflow: OpenedWorkflow, schema: Schema, typed: Typed, failed: Creation) -> Row:
    """Make the draft of the form a row of the grid, and request that."""
    unsent = Submission.objects.filter(pk=failed.submission.pk, status=Submission.Status.DRAFT)
    draft = unsent.filter(is_decided_by_person=False, is_earlier_try_uncertain=False).select_for_update().first()
    sheet = get_or_start_typed(owner, workflow, schema)
    if draft is None or sheet.schema != schema.model_dump(mode="json") or not sheet.can_change_rows:
        raise _CannotWait
    draft.delete_rows()
    draft.delete()
    sheet.key, sheet.workflow = workflow.key, workflow
    number = last_number(sheet) + 1
    row = Row(sheet=sheet, number=number, cells=[], form_token=typed.row_token)
    row.accepted = {warning.mark: dict(stored) for warning, stored in typed.accepted}
    row.save(force_insert=True)
    cells = {
        known.name: Cell("", type_of(known).as_text(typed.fields[known.name]))
        for known in schema.fields
        if known.name in typed.fields
    }
    save_rows(sheet, owner, [PostedRow(row.number, cells)], "Create task")
    row.refresh_from_db()
    if row.digest != digest_of(typed.fields):
        raise _CannotWait
    if row.status == Row.Status.DUPLICATE:
        if not typed.is_meant:
            raise PossibleDuplicate
        good = sheet.rows.filter(pk=row.pk).exclude(fields=None)  # a rule may be newer than the form
        if not good.update(status=Row.Status.READY, is_duplicate_wanted=True):
            raise _CannotWait
        sheet.store_counts()
    if start_sending_typed(sheet, owner, {row.number: row.digest[:SHOWN_DIGEST]}):
        raise _CannotWait
    row.refresh_from_db()
    return row
