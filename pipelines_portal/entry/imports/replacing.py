"""Find and replace in a column, over all rows that are not sent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.entry.imports.fixing import Outcome, change_rows, type_over
from pipelines_portal.entry.imports.rechecking import BATCH
from pipelines_portal.entry.imports.shown_rows import RowTexts
from pipelines_portal.entry.models import Import, ImportRow, RowState

# What is set aside stays as it is.
SEARCHED = (RowState.READY, RowState.TO_FIX, RowState.TWICE, RowState.REJECTED)


@dataclass(frozen=True)
class Replacement:
    known: Field
    find: str
    put: str
    is_whole: bool = True
    is_case_kept: bool = False

    def replaced(self, text: str) -> str:
        """`text` where nothing of it is found."""
        return self._pattern().sub(lambda _: self.put, text)

    def _pattern(self) -> re.Pattern[str]:
        escaped = re.escape(self.find)
        whole = rf"\A\s*{escaped}\s*\Z" if self.is_whole else escaped
        return re.compile(whole, re.NOFLAG if self.is_case_kept else re.IGNORECASE)


def rows_with(of: Import, replacement: Replacement) -> list[int]:
    """The numbers of the rows that would change."""
    return [row.number for row, old, new in _found(of, replacement) if old != new]


def replace_in_rows(of: Import, by: User, replacement: Replacement) -> Outcome:
    """Raises CannotChange."""
    texts = RowTexts(of)

    def decide(row: ImportRow) -> bool:
        old = texts.of_field(replacement.known, row)
        new = replacement.replaced(old)
        return new != old and type_over(row, {replacement.known.name: new})

    label = f"replaced “{replacement.find}” by “{replacement.put}” in {{}}"
    # Looked for before: it takes longer than the change, which looks at each row once more.
    found = rows_with(of, replacement)
    return change_rows(of, by, label, lambda: found, decide)


def _found(of: Import, replacement: Replacement) -> Iterator[tuple[ImportRow, str, str]]:
    texts = RowTexts(of)
    for row in of.rows.filter(state__in=SEARCHED).defer("fields").iterator(BATCH):
        old = texts.of_field(replacement.known, row)
        yield row, old, replacement.replaced(old)
