"""Changing rows before they are sent. Every change of a person's goes through here: whole, told, and undone as a whole.

Whoever changes rows holds the import's row meanwhile: of two at once the second sees what the first did.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.rows.cells import Cell

from .cells import cells_of
from .checking import recheck
from .errors import ErrorGroups, forget_errors
from .models import Change, ChangedRow, Import, ImportRow, RowState, State
from .requests import rejections
from .row_table import note_rows

BATCH = 2_000
CHANGEABLE = (State.CHECKED, State.PAUSED)
# Rows with nothing on its way, and of which everybody knows what came.
EDITABLE = (RowState.READY, RowState.TO_FIX, RowState.TWICE, RowState.ASIDE, RowState.REJECTED)
# Says whether it changed the row, whose cells it is given.
Decide = Callable[[ImportRow, Sequence[Cell]], bool]
# What a change is called: as it stands, or by the rows that were changed.
Label = str | Callable[[list[int]], str]
# Which rows it is about. Asked when nobody else changes any: before, somebody might.
Numbers = Callable[[], Iterable[int]]


class CannotChange(Exception):
    """The import is at something else: rows are sent, or checked again. In a sentence for people."""


@dataclass
class Outcome:
    """`kept` are rows that stay as they are since they were sent meanwhile."""

    changed: list[int] = field(default_factory=list)
    kept: int = 0


def version_of(row: ImportRow) -> str:
    """Of what people did with a row: a page that shows an older one does not change it."""
    decided = (bytes(row.edits), row.state in (RowState.ASIDE, RowState.REJECTED), row.state == RowState.ASIDE)
    return hashlib.sha256(repr(decided).encode()).hexdigest()[:12]


def change_rows(of: Import, by: User, label: Label, numbers: Numbers, decide: Decide) -> Outcome:
    """`label` has a place for how many rows there are: "set {} aside"; or is asked once it is known which.

    Raises CannotChange, Undecryptable.
    """
    with transaction.atomic():
        held = _held(of)
        made = Change.objects.create(of=held, number=_next_number(held), by=by)
        outcome = _change(held, made, list(numbers()), decide)
        if outcome.changed:
            rows = "1 row" if len(outcome.changed) == 1 else f"{len(outcome.changed):,} rows"
            one = f"row {outcome.changed[0]:,}"
            words = label(outcome.changed) if callable(label) else label
            made.label = words.replace("{}", one if len(outcome.changed) == 1 else rows)
            made.save(update_fields=["label"])
            _touch(held)
        else:
            made.delete()
    return outcome


def last_change(of: Import) -> Change | None:
    """The one that would be undone next."""
    return of.changes.filter(is_undone=False).select_related("by").order_by("-number").first()


def undo(of: Import, number: int) -> Outcome | None:
    """The rows are as they were before their last change. None when that is not change `number` any more."""
    with transaction.atomic():
        held = _held(of)
        change = last_change(held)
        if change is None or change.number != number:
            return None
        before = {row.number: row for row in change.rows.all()}
        outcome = Outcome()
        for rows in _batches(held, list(before)):
            for row in rows:
                _put_back(row, before[row.number])
            recheck(held, rows)
            _reject_again(held, [before[row.number] for row in rows if before[row.number].rejected_in_id])
            outcome.changed += [row.number for row in rows]
        outcome.kept = len(before) - len(outcome.changed)
        Change.objects.filter(pk=change.pk).update(is_undone=True)
        _touch(held)
    return outcome


def _held(of: Import) -> Import:
    held = Import.objects.select_for_update().get(pk=of.pk)
    if held.state not in CHANGEABLE:
        raise CannotChange("Nothing was changed: the rows are being sent or checked just now.")
    return held


def _next_number(of: Import) -> int:
    return int(of.changes.aggregate(last=Max("number"))["last"] or 0) + 1


def _touch(of: Import) -> None:
    Import.objects.filter(pk=of.pk).update(changed_at=timezone.now())


def _change(of: Import, made: Change, numbers: list[int], decide: Decide) -> Outcome:
    outcome = Outcome()
    for rows in _batches(of, numbers):
        cells = cells_of(of, rows)
        changed = [row for row in rows if decide(row, cells[row.number])]
        note_rows(made.pk, [row.pk for row in changed])
        recheck(of, changed)
        outcome.changed += [row.number for row in changed]
        outcome.kept -= len(rows)
    outcome.kept += len(numbers)
    return outcome


def _batches(of: Import, numbers: list[int]) -> Iterator[list[ImportRow]]:
    """Of those that may be changed."""
    for start in range(0, len(numbers), BATCH):
        rows = of.rows.select_for_update().filter(generation=of.generation, state__in=EDITABLE)
        yield list(rows.filter(number__in=numbers[start : start + BATCH]).order_by("number"))


def _put_back(row: ImportRow, before: ChangedRow) -> None:
    row.edits = bytes(before.edits)
    row.is_wanted_twice = before.was_wanted_twice
    row.state = RowState.ASIDE if before.was_aside else RowState.READY


def _reject_again(of: Import, were: list[ChangedRow]) -> None:
    """The API said no to these values: as they are again, they would only be refused once more."""
    forget_errors(of, [was.number for was in were])
    for request in of.requests.filter(pk__in={was.rejected_in_id for was in were}).select_related("submission"):
        numbers = {was.number for was in were if was.rejected_in_id == request.pk}
        of.rows.filter(generation=of.generation, number__in=numbers).update(state=RowState.REJECTED, request=request)
        ErrorGroups(of, of.generation).add(rejections(request, numbers))


def set_aside(row: ImportRow, cells: Sequence[Cell]) -> bool:
    if row.state == RowState.ASIDE:
        return False
    row.state = RowState.ASIDE
    return True


def take_back(row: ImportRow, cells: Sequence[Cell]) -> bool:
    if row.state != RowState.ASIDE:
        return False
    row.state = RowState.READY
    return True


def send_twice(row: ImportRow, cells: Sequence[Cell]) -> bool:
    """Although it equals another row, or a task."""
    if row.state != RowState.TWICE:
        return False
    row.is_wanted_twice = True
    return True


def type_over(row: ImportRow, texts: dict[str, str]) -> bool:
    """By field. One that was typed over its cell before is typed over again."""
    typed = row.typed()
    if all(typed.get(name) == text for name, text in texts.items()):
        return False
    row.edits = ImportRow.packed_edits(typed | texts)
    return True
