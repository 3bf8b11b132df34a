"""Typed rows that a person puts aside under a name, to type others, and takes up again."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core import times
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.entry.rows.fixing import CannotChange
from pipelines_portal.entry.rows.typed import current_typed, typed_imports
from pipelines_portal.workflows.models import OpenedWorkflow

MOST_NAMED, LONGEST_NAME = 20, 100
# Nothing of them is being sent.
STILL = (ImportJob.Status.CHECKED, ImportJob.Status.PAUSED)


def named_drafts(user: User, workflow: OpenedWorkflow) -> list[ImportJob]:
    """Return what the person put aside, by name."""
    named = typed_imports(user, workflow).exclude(name="").exclude(status=ImportJob.Status.DELETED)
    return list(named.defer("schema", "matching").order_by("name", "pk")[:MOST_NAMED])


def put_aside(user: User, workflow: OpenedWorkflow, name: str) -> None:
    """Keep the rows of the grid under a name, or under one that says the time, and empty it. Raise CannotChange."""
    name = " ".join(name.split())[:LONGEST_NAME]
    current = current_typed(user, workflow)
    if current is None or not current.counts_as_read.total:
        raise CannotChange("There are no rows to put aside.")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        named = {each.name for each in named_drafts(user, workflow)}
        name = name or _name_of_now(named)
        if name in named:
            raise CannotChange(f"You have a draft called “{name}” already. Choose another name.")
        if len(named) >= MOST_NAMED:
            raise CannotChange(f"You have {MOST_NAMED} drafts here. Create or delete one first.")
        still = ImportJob.objects.filter(pk=current.pk, name="", status__in=STILL)
        if not still.update(name=name, changed_at=timezone.now()):
            raise CannotChange("Rows are being created or checked. Try again in a moment.")


def take_up(user: User, workflow: OpenedWorkflow, draft_id: UUID) -> None:
    """Put the rows of a draft into the grid. The rows that are there are put aside. Raise CannotChange."""
    with transaction.atomic():
        draft = typed_imports(user, workflow).exclude(name="").filter(pk=draft_id, status__in=STILL).first()
        if draft is None:
            raise CannotChange("This draft is gone.")
        current = current_typed(user, workflow)
        if current is not None and current.counts_as_read.total:
            _exchange(user, workflow, current)
        # The newest is the one in the grid.
        ImportJob.objects.filter(pk=draft.pk).update(name="", created_at=timezone.now())


def _exchange(user: User, workflow: OpenedWorkflow, current: ImportJob) -> None:
    name = _name_of_now({each.name for each in named_drafts(user, workflow)})
    still = ImportJob.objects.filter(pk=current.pk, name="", status__in=STILL)
    if not still.update(name=name, changed_at=timezone.now()):
        raise CannotChange("Rows are being created or checked. Try again in a moment.")


def _name_of_now(named: set[str]) -> str:
    name = f"Rows of {times.full(timezone.now())}"
    return next(each for each in (name, *(f"{name} ({n})" for n in range(2, MOST_NAMED + 3))) if each not in named)
