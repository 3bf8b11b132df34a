"""Checking rows again after a person changed them: all of it is made out first, and then written at once, for whoever
writes keeps others from writing.
"""

from collections.abc import Sequence

from django.db.models import QuerySet

from pipelines_portal.api_client import Schema
from pipelines_portal.rows.cells import Cell
from pipelines_portal.submissions.digest_keys import note_first_key

from .cells import cells_of
from .checking import Judged, as_it_was, judged_row, settle_twins
from .errors import ErrorGroups, forget_errors
from .matching import Matching
from .models import Import, ImportRow, RowState
from .row_table import update_rows
from .row_values import RowReader

BATCH = 2_000
Stood = tuple[str, int | None]
STANDS = ("number", "state", "request_id")


class Recheck:
    """Rows as they are to be, those that were taken for twins of one of them too. None is in a request any more."""

    def __init__(self, of: Import) -> None:
        self.of = of
        self._reader = RowReader(Schema.model_validate(of.schema), Matching.of(of.matching))
        # By number: what a check says of each, where it is kept, and how it stood when it was read.
        self._judged: dict[int, Judged] = {}
        self._keys: dict[int, int] = {}
        self._stood: dict[int, Stood] = {}

    def add(self, row: ImportRow, cells: Sequence[Cell], stood: Stood) -> None:
        """Raises Undecryptable."""
        judged = judged_row(as_it_was(row), self._reader.read(cells, row.typed()))
        judged.text = b""
        self._judged[row.number], self._keys[row.number], self._stood[row.number] = judged, row.pk, stood

    def settle(self) -> None:
        """When all are there. Raises Undecryptable."""
        self._add_twins()
        judged = [self._judged[number] for number in sorted(self._judged)]
        settle_twins(self.of, judged, self._first_rows({digest for each in judged for digest in each.digests}))

    def is_as_read(self) -> bool:
        """Whether nothing came of any of the rows since. They are locked: call in a transaction."""
        keys, now = list(self._keys.values()), dict[int, Stood]()
        for start in range(0, len(keys), BATCH):
            rows = ImportRow.objects.select_for_update().filter(pk__in=keys[start : start + BATCH])
            now |= {number: (state, request) for number, state, request in rows.values_list(*STANDS).order_by()}
        return now == self._stood

    def write(self) -> None:
        """Call in a transaction."""
        forget_errors(self.of, list(self._judged))
        to_fix = {n: each.faults for n, each in self._judged.items() if each.row.state == RowState.TO_FIX}
        ErrorGroups(self.of, self.of.generation).add(to_fix)
        update_rows((self._keys[number], each.row) for number, each in self._judged.items())
        note_first_key()

    def _add_twins(self) -> None:
        twins = self._rows().filter(state=RowState.TWICE, same_as_row__isnull=False).order_by("number")
        found = [number for number, same in twins.values_list("number", "same_as_row") if same in self._judged]
        wanted = [number for number in found if number not in self._judged]
        for start in range(0, len(wanted), BATCH):
            rows = list(self._rows().filter(number__in=wanted[start : start + BATCH]))
            cells = cells_of(self.of, rows)
            for row in rows:
                self.add(row, cells[row.number], stands(row))

    def _first_rows(self, digests: set[str]) -> dict[str, int]:
        """Rows of the file, others than these, that have the same values: the first of each digest."""
        wanted, first = list(digests), dict[str, int]()
        for start in range(0, len(wanted), BATCH):
            others = self._rows().filter(digest__in=wanted[start : start + BATCH]).exclude(state=RowState.ASIDE)
            for digest, number in others.order_by("number").values_list("digest", "number"):
                if number not in self._judged:
                    first.setdefault(digest, number)
        return first

    def _rows(self) -> QuerySet[ImportRow]:
        return self.of.rows.filter(generation=self.of.generation)


def stands(row: ImportRow) -> Stood:
    return row.state, row.request_id
