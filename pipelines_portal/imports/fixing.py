"""Changing rows before they are sent. Every change of a person's goes through here: whole, told, and undone as a whole.

What a change makes of them is made out first; whoever writes it holds the import's row, and makes it out anew when
somebody moved it meanwhile: of two at once the second sees what the first did.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.rows.cells import Cell

from .cells import cells_of
from .counts import counted
from .errors import ErrorGroups, forget_errors
from .models import Change, ChangedRow, Import, ImportRow, RowState, State
from .rechecking import BATCH, Recheck, stands
from .requests import rejections
from .row_table import note_rows

CHANGEABLE = (State.CHECKED, State.PAUSED)
# Rows with nothing on its way, and of which everybody knows what came.
EDITABLE = (RowState.READY, RowState.TO_FIX, RowState.TWICE, RowState.ASIDE, RowState.REJECTED)
# Says whether it changed the row, whose cells it is given.
Decide = Callable[[ImportRow, Sequence[Cell]], bool]
# What a change is called: as it stands, or by the rows that were changed.
Label = str | Callable[[list[int]], str]
# Which rows it is about. Asked once more when somebody changed any meanwhile.
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


@dataclass
class Plan:
    """A change, made out while others may write, as of when the import was read."""

    recheck: Recheck
    outcome: Outcome = field(default_factory=Outcome)
    # The rows that it is about, by primary key.
    keys: list[int] = field(default_factory=list)

    def holds_for(self, held: Import) -> bool:
        """Whether nothing moved since."""
        of = self.recheck.of
        return (held.changed_at, held.generation) == (of.changed_at, of.generation) and self.recheck.is_as_read()


def change_rows(of: Import, by: User, label: Label, numbers: Numbers, decide: Decide) -> Outcome:
    """`label` has a place for how many rows there are: "set {} aside"; or is asked once it is known which.

    `decide` is asked about a row once more when somebody else changed the import meanwhile. Raises CannotChange,
    Undecryptable.
    """
    plan = _planned(_changeable(of), numbers, decide)
    with transaction.atomic():
        held = _held(of)
        if not plan.holds_for(held):
            plan = _planned(held, numbers, decide)
        if plan.outcome.changed:
            _make(held, by, label, plan)
    return plan.outcome


def _make(held: Import, by: User, label: Label, plan: Plan) -> None:
    changed = plan.outcome.changed
    rows = f"row {changed[0]:,}" if len(changed) == 1 else f"{len(changed):,} rows"
    words = (label(changed) if callable(label) else label).replace("{}", rows)
    made = Change.objects.create(of=held, number=_next_number(held), by=by, label=words)
    note_rows(made.pk, plan.keys)
    plan.recheck.write()
    _touch(held)


def _planned(of: Import, numbers: Numbers, decide: Decide) -> Plan:
    asked = list(numbers())
    plan = Plan(Recheck(of))
    for rows in _batches(of, asked):
        stood, cells = {row.number: stands(row) for row in rows}, cells_of(of, rows)
        plan.outcome.kept -= len(rows)
        for row in rows:
            if decide(row, cells[row.number]):
                plan.recheck.add(row, cells[row.number], stood[row.number])
                plan.outcome.changed.append(row.number)
                plan.keys.append(row.pk)
    plan.outcome.kept += len(asked)
    plan.recheck.settle()
    return plan


def last_change(of: Import) -> Change | None:
    """The one that would be undone next."""
    return last_changes(of).first()


def last_changes(of: Import) -> QuerySet[Change]:
    """That one alone."""
    return of.changes.filter(is_undone=False).select_related("by").order_by("-number")[:1]


def undo(of: Import, number: int) -> Outcome | None:
    """The rows are as they were before their last change. None when that is not change `number` any more."""
    seen = _changeable(of)
    change = last_change(seen)
    if change is None or change.number != number:
        return None
    before = {row.number: row for row in change.rows.all()}

    def put_back(row: ImportRow, cells: Sequence[Cell]) -> bool:
        return _put_back(row, before[row.number])

    plan = _planned(seen, lambda: before, put_back)
    with transaction.atomic():
        held = _held(of)
        if Change.objects.filter(pk=change.pk, is_undone=True).exists() or last_change(held) != change:
            return None
        if not plan.holds_for(held):
            plan = _planned(held, lambda: before, put_back)
        plan.recheck.write()
        rows = (before[number] for number in plan.outcome.changed)
        _reject_again(held, [row for row in rows if row.rejected_in_id])
        Change.objects.filter(pk=change.pk).update(is_undone=True)
        _touch(held)
    return plan.outcome


def _changeable(of: Import, imports: QuerySet[Import] | None = None) -> Import:
    """As it stands. Raises CannotChange."""
    found = (Import.objects.all() if imports is None else imports).get(pk=of.pk)
    if found.state not in CHANGEABLE:
        raise CannotChange("Nothing was changed: the rows are being sent or checked just now.")
    return found


def _held(of: Import) -> Import:
    """Locked until the transaction ends."""
    return _changeable(of, Import.objects.select_for_update())


def _next_number(of: Import) -> int:
    return int(of.changes.aggregate(last=Max("number"))["last"] or 0) + 1


def _touch(of: Import) -> None:
    Import.objects.filter(pk=of.pk).update(changed_at=timezone.now(), row_counts=counted(of))


def _batches(of: Import, numbers: list[int]) -> Iterator[list[ImportRow]]:
    """Of those that may be changed."""
    for start in range(0, len(numbers), BATCH):
        rows = of.rows.filter(generation=of.generation, state__in=EDITABLE)
        yield list(rows.filter(number__in=numbers[start : start + BATCH]).order_by("number"))


def _put_back(row: ImportRow, before: ChangedRow) -> bool:
    row.edits = bytes(before.edits)
    row.is_wanted_twice = before.was_wanted_twice
    row.state = RowState.ASIDE if before.was_aside else RowState.READY
    return True


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


def type_over(row: ImportRow, texts: dict[str, str], packed: dict[str, bytes] | None = None) -> bool:
    """By field. One that was typed over its cell before is typed over again.

    `packed` keeps what was encrypted already, for rows that are changed alike: to encrypt takes longer than all else.
    """
    typed = row.typed()
    if all(typed.get(name) == text for name, text in texts.items()):
        return False
    packed, typed = {} if packed is None else packed, typed | texts
    as_text = json.dumps(typed)
    row.edits = packed[as_text] = packed.get(as_text) or ImportRow.packed_edits(typed)
    return True
