"""Checking rows against the workflow's fields, before anything is sent."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db import transaction

from pipelines_portal.api_client import Schema
from pipelines_portal.rows.cells import Cell
from pipelines_portal.rows.reading import lines_in
from pipelines_portal.shared.page_work import TimeBudget, within
from pipelines_portal.submissions.digest_keys import given_up_words, lost_since, note_first_key
from pipelines_portal.submissions.digests import digests_of, may_differ
from pipelines_portal.submissions.rows import row_text
from pipelines_portal.web.encryption import renewed

from .checked_texts import keep_texts
from .counts import counted
from .errors import ErrorGroups
from .matching import Matching
from .models import Import, ImportRow, LineBlock, RowState, State
from .requests import rejections, settle_requests
from .rotating import renew_carried
from .row_table import NewRow, insert_rows
from .row_values import Fault, ReadRow, RowReader
from .transitions import Step, keep_turn, mine, step
from .twins import first_of, sent_before

BLOCKS_AT_ONCE = 4
# Tasks came of them, or may have.
WENT_OUT = (RowState.REQUESTED, RowState.CREATED, RowState.UNKNOWN)


class TurnLost(Exception):
    """Somebody else works on it, or a person stopped it: nothing more is to be written."""


@dataclass
class Judged:
    """A row as it was checked, what people decided about it kept."""

    row: NewRow
    faults: list[Fault] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)
    # As it is sent; empty when it cannot be.
    text: bytes = b""


def check_all(of: Import, budget: TimeBudget) -> None:
    """Check every row; those that were sent stay as they are. Raise TurnLost, Undecryptable and OutOfTime."""
    forget_unfinished(of)
    generation = of.generation + 1
    checker = Checker(of, generation)
    for block in within(budget, _blocks(of)):
        checker.add(block)
        if not keep_turn(of):
            raise TurnLost
    checker.keep_rejections()
    if may_differ():
        renew_carried(of, generation)
    values = {
        "problem": _not_compared(),
        "generation": generation,
        "row_count": checker.count,
        "row_counts": counted(of, generation),
    }
    with transaction.atomic():
        # Whoever rotates the keys renews the rows of this check, or hears that this key is in use.
        if not step(of, Step.CHECK, State.CHECKED, mine(of), **values):
            raise TurnLost
        note_first_key()
    forget_unfinished(of)
    settle_requests(of)


def _not_compared() -> str:
    """What the check could not tell, for its page."""
    lost = lost_since()
    return given_up_words(lost) if lost else ""


def _blocks(of: Import) -> Iterator[LineBlock]:
    """A few at a time: SQLite lets nobody write whose reading stands open while others write."""
    last = -1
    while found := list(of.blocks.filter(number__gt=last)[:BLOCKS_AT_ONCE]):
        yield from found
        last = found[-1].number


def forget_unfinished(of: Import) -> None:
    """Rows of a check that did not come to its end, or of the one before this."""
    of.error_groups.exclude(generation=of.generation).delete()
    of.rows.exclude(generation=of.generation).delete()
    of.checked_blocks.exclude(generation=of.generation).delete()


class Checker:
    """One check of all rows, a block at a time."""

    def __init__(self, of: Import, generation: int) -> None:
        self.of, self.generation = of, generation
        self.matching = Matching.of(of.matching)
        self.reader = RowReader(Schema.model_validate(of.schema), self.matching)
        self.groups = ErrorGroups(of, generation)
        self.decided = {row.number: row for row in decided_rows(of)}
        # Those that went out are the first of their values, wherever they stand.
        self.first = {row.digest: row.number for row in self.decided.values() if row.state in WENT_OUT}
        self.count = 0

    def add(self, block: LineBlock) -> None:
        """Each in a transaction of its own, so that nobody waits long for the database."""
        above = 0 if block.number else self.matching.header_line + 1
        lines = lines_in(block.unpacked())
        judged = [self._judge(block, place, *line) for place, line in enumerate(lines) if place >= above]
        texts = [b""] * above + [b"" if each.row.edits else each.text for each in judged]
        with transaction.atomic():
            settle_twins(self.of, judged, self.first)
            insert_rows(self.of, self.generation, (each.row for each in judged))
            self.groups.add({each.row.number: each.faults for each in judged if each.row.state == RowState.TO_FIX})
            keep_texts(self.of, self.generation, block.number, texts)
        self.count += len(judged)

    def keep_rejections(self) -> None:
        """Rows that the API rejected stay so, and why is said as before."""
        for request in self.of.requests.select_related("submission"):
            rejected = request.rows.filter(generation=self.generation, state=RowState.REJECTED)
            if numbers := set(rejected.values_list("number", flat=True)):
                with transaction.atomic():
                    self.groups.add(rejections(request, numbers))

    def _judge(self, block: LineBlock, position: int, number: int, cells: list[Cell]) -> Judged:
        before = self.decided.get(number)
        if before is not None and before.request_id is not None:
            return Judged(as_it_was(before))
        row = NewRow(number, block.number, position, RowState.READY)
        if before:
            row.edits, row.is_wanted_twice = renewed(before.edits), before.is_wanted_twice
            row.state = RowState.ASIDE if before.state == RowState.ASIDE else row.state
        return judged_row(row, self.reader.read(cells, before.typed() if before else None))


def decided_rows(of: Import) -> Iterable[ImportRow]:
    """Those that people did something with, or that went out."""
    rows = of.rows.filter(generation=of.generation)
    touched = rows.exclude(state__in=(RowState.READY, RowState.TO_FIX, RowState.TWICE), edits=b"")
    return (touched | rows.filter(is_wanted_twice=True) | rows.filter(request__isnull=False)).iterator()


def judged_row(row: NewRow, read: ReadRow) -> Judged:
    """What the values of a row make of it. One that is set aside stays so."""
    is_aside = row.state == RowState.ASIDE
    if read.faults:
        row.state, row.digest = RowState.ASIDE if is_aside else RowState.TO_FIX, ""
        return Judged(row, read.faults)
    digests = digests_of(read.values)
    row.digest = digests[0]
    if is_aside:
        return Judged(row, text=row_text(read.values))
    row.state = RowState.READY
    return Judged(row, [], digests, row_text(read.values))


def settle_twins(of: Import, judged: list[Judged], first: dict[str, int]) -> None:
    """Of rows that can be sent, tell those that equal one before, or a task. `first` has the first row of each value,
    and is added to."""
    candidates = [each for each in judged if each.row.state == RowState.READY]
    sent = sent_before(of, (digest for each in candidates for digest in each.digests))
    for each in candidates:
        row = each.row
        row.same_as_row = min((first[digest] for digest in each.digests if digest in first), default=None)
        first.setdefault(row.digest, row.number)
        twin = first_of(each.digests, sent)
        row.same_as_task = twin.task_id if twin else None
        if (row.same_as_row or twin) and not row.is_wanted_twice:
            row.state = RowState.TWICE


def as_it_was(row: ImportRow) -> NewRow:
    return NewRow(
        row.number, row.block, row.position, row.state, renewed(row.edits), row.digest, row.is_wanted_twice,
        row.same_as_row, row.same_as_task, row.request_id,
    )  # fmt: skip
