"""Match columns with fields by their values.

A column belongs to a field if the field accepts most of its cells, no other field does so equally well, and no
other column belongs to the field. Any text fits a text field, so texts match nothing.
"""

import math
from collections import Counter
from collections.abc import Sequence
from itertools import islice, pairwise

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.row_values import RowReader
from pipelines_portal.spreadsheets.cells import Cell, Lines, text_of, value_of
from pipelines_portal.values.choices import Words, choices_of
from pipelines_portal.values.limits import NUMBERS, bounds, scale_of
from pipelines_portal.values.numbers import number_text, suggest_decimal
from pipelines_portal.values.rankings import items_of

SAMPLED_ROWS, MOST_COLUMNS, LONGEST_CELL, MOST_OFFERED = 200, 50, 300, 3
# Cells that are read in all, which takes half a second. With more columns and fields than that nothing is certain.
MOST_READ = 50_000
# The least share of the cells that the field has to accept. Options of a select are rarely met by chance.
LEAST_SHARE, LEAST_SHARE_OF_OPTIONS = 0.9, 0.6
# Fewer numbers show nothing.
LEAST_NUMBERS = 3
BY_VALUES = "Guessed from the values"
# Fields that accept few values count more than those that accept any number. Others match nothing.
NARROW, WIDE, ANY = 2, 1, 0


class Samples:
    """The first cells of the columns of a file, and the fields that accept them."""

    def __init__(self, schema: Schema, rows: Lines, words: Words) -> None:
        self.schema = schema
        self.words = words
        self._rows = rows[:SAMPLED_ROWS]
        self._left = MOST_READ

    @property
    def is_exhausted(self) -> bool:
        return self._left <= 0

    def count_read(self) -> None:
        self._left -= 1

    def column(self, place: int) -> "Sample":
        cells = [row[place] for _, row in self._rows if place < len(row)]
        return Sample(self, [cell for cell in cells if text_of(cell).strip()])


class Sample:
    """The first cells of a column that are not empty."""

    def __init__(self, samples: Samples, cells: list[Cell]) -> None:
        self._samples = samples
        self._cells = cells
        # Whether the numbers are written with a comma does not matter here.
        decimal = suggest_decimal(cell for cell in cells if isinstance(cell, str)) or "."
        matching = Matching(words=samples.words, decimal=decimal, day_first=True, zone="UTC")
        self._reader = RowReader(samples.schema, matching)
        self._numbers = [number for cell in cells if (number := _number(cell, decimal)) is not None]
        self._is_of_numbers = len(self._numbers) >= LEAST_SHARE * len(cells)

    def fits(self, known: Field) -> bool:
        """Return whether the field accepts enough cells, and that tells something."""
        return bool(self._cells) and self._tells(known) and self.is_accepted_by(known)

    @property
    def is_empty(self) -> bool:
        return not self._cells

    def is_accepted_by(self, known: Field) -> bool:
        """Return whether the field accepts enough cells. Reading ends as soon as it does not."""
        share = LEAST_SHARE_OF_OPTIONS if known.type == "select" else LEAST_SHARE
        left = int(len(self._cells) * (1 - share) + 1e-9)
        for cell in self._cells:
            left -= not self.accepts(known, cell)
            if left < 0 or self._samples.is_exhausted:
                return False
        return True

    def accepts(self, known: Field, cell: Cell) -> bool:
        self._samples.count_read()
        return len(text_of(cell)) <= LONGEST_CELL and self._reader.read_value(known, cell).problem is None

    def _tells(self, known: Field) -> bool:
        """Return whether it tells something if the field accepts the cells. Numbers may be of anything."""
        weight = weight_of(known)
        if not self._is_of_numbers or weight == ANY:
            return weight > ANY
        if known.type in ("boolean", "datetime") or len(self._numbers) < LEAST_NUMBERS or _is_running(self._numbers):
            return False
        return weight == NARROW or not _may_be_ids(self._numbers, known)


def _number(cell: Cell, decimal: str) -> float | None:
    value = value_of(cell)
    if isinstance(value, str):
        value = number_text(value, decimal)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) and not isinstance(value, bool) else None


def _is_running(numbers: Sequence[float]) -> bool:
    """Return whether they number the rows: 1, 2, 3."""
    return all(after - before == 1 for before, after in pairwise(numbers))


def _may_be_ids(numbers: Sequence[float], known: Field) -> bool:
    """Return whether they are whole and may number or count other things: in no range, or no number repeats."""
    is_whole = all(number.is_integer() for number in numbers)
    return is_whole and (None in bounds(known.format_hint) or len(set(numbers)) == len(numbers))


def match_values(samples: Samples, places: Sequence[int], fields: Sequence[Field]) -> dict[int, str]:
    """Return the field of each column for which it is certain. `fields` have no column yet."""
    fitting = {place: _best_fitting(samples.column(place), fields) for place in places[:MOST_COLUMNS]}
    if samples.is_exhausted:
        return {}
    rivals = Counter(name for names in fitting.values() for name in names)
    return {place: names[0] for place, names in fitting.items() if len(names) == 1 and rivals[names[0]] == 1}


def offer_by_values(samples: Samples, places: Sequence[int], fields: Sequence[Field]) -> dict[int, list[str]]:
    """Return for each column the fields that accept its values. The only text field that is left may be any column."""
    texts = [known.name for known in fields if weight_of(known) == ANY]
    offered: dict[int, list[str]] = {}
    for place in places[:MOST_COLUMNS]:
        sample = samples.column(place)
        others = (known for known in fields if weight_of(known) > ANY and not sample.is_empty)
        names = list(islice((known.name for known in others if sample.is_accepted_by(known)), MOST_OFFERED))
        offered[place] = names or (texts if len(texts) == 1 else [])
    return offered


def weight_of(known: Field) -> int:
    is_scale = known.type == "rating" and scale_of(known) is not None
    if choices_of(known) or known.type == "datetime" or is_scale or (known.type == "ranking" and items_of(known)):
        return NARROW
    return WIDE if known.type in NUMBERS else ANY


def _best_fitting(sample: Sample, fields: Sequence[Field]) -> list[str]:
    """Return the fields of the greatest weight that accept the column, not more than two: two are a doubt already."""
    for weight in (NARROW, WIDE):
        accepting = (known.name for known in fields if weight_of(known) == weight and sample.fits(known))
        if fitting := list(islice(accepting, 2)):
            return fitting
    return []
