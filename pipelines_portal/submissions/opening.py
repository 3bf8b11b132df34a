"""What rows of many submissions say: each block is opened once, however many of its rows are wanted."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery

from pipelines_portal.fields.base import FieldValues
from pipelines_portal.shared.bounded import Bounded
from pipelines_portal.shared.prepared import NUMBERS, Given, prepared
from pipelines_portal.web.encryption import Undecryptable

from .models import RowBlock, SubmissionRow
from .rows import BETWEEN_TEXTS, BLOCK, fields_in, texts_in, unpacked

AT_ONCE = 25
# Of a row's text, in bytes; and so many rows are remembered.
SHORT, MOST_REMEMBERED = 1000, 2000
Place = tuple[UUID, int]
_remembered: Bounded["Where", FieldValues] = Bounded(MOST_REMEMBERED)


def opened(
    rows: Iterable[SubmissionRow], at_once: int = AT_ONCE, known: Iterable[RowBlock] = ()
) -> Iterator[tuple[SubmissionRow, FieldValues]]:
    """Each with its field values, in the order given; without those that cannot be opened, or are kept no more.

    `at_once` of them are read at a time: whoever needs no more goes no further. `known` blocks were read already.
    """
    waiting = list(rows)
    for first in range(0, len(waiting), at_once):
        some = waiting[first : first + at_once]
        texts = _texts_of(some, known)
        yield from ((row, fields_in(texts[place])) for row in some if (place := _place(row)) in texts)


class Where(NamedTuple):
    """Of a row: the block that holds what it says, its submission, its index."""

    block: int
    submission: UUID
    row: int


def opened_at(places: list[Where]) -> dict[Where, FieldValues]:
    """Those that can be opened. What short rows say is remembered for the next page that shows them: it never changes.

    That the reader may see them is checked before.
    """
    known = {place: fields for place in places if (fields := _remembered.get(place)) is not None}
    missing = [place for place in places if place not in known]
    blocks = {block.pk: block for block in _blocks.all(blocks={place.block for place in missing})} if missing else {}
    texts = {block.pk: _texts_in(block) for block in blocks.values()}
    for place in missing:
        number = place.row - blocks[place.block].first if place.block in blocks else -1
        if 0 <= number < len(texts.get(place.block, ())):
            known[place] = _remember(place, texts[place.block][number])
    return known


def _remember(place: Where, text: bytes) -> FieldValues:
    fields = fields_in(text)
    if len(text) <= SHORT:
        _remembered.put(place, fields)
    return fields


@prepared(blocks=NUMBERS)
def _blocks(blocks: Given) -> QuerySet[RowBlock]:
    return RowBlock.objects.filter(pk__in=blocks).order_by()


def telling_value(fields: FieldValues, telling_field: str = "") -> str:
    """What people know a row by: what it says in `telling_field`, else its first text of more than one word, else its
    first text; "" where it has none."""
    if told := " ".join(_as_text(fields.get(telling_field)).split()):
        return told
    texts = [" ".join(text.split()) for text in map(_as_text, fields.values()) if text.strip()]
    return next((text for text in texts if " " in text), texts[0] if texts else "")


def telling_value_in(block: bytes | None) -> str:
    """Of the first row of a block, as it is kept; "" where it cannot be opened, or is kept no more."""
    try:
        return telling_value(fields_in(unpacked(block).split(BETWEEN_TEXTS)[0])) if block else ""
    except Undecryptable:
        return ""


def _as_text(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_as_text, value))
    return "" if value is None else str(value)


def _place(row: SubmissionRow) -> Place:
    return row.submission_id, row.index


def _texts_of(rows: list[SubmissionRow], known: Iterable[RowBlock]) -> dict[Place, bytes]:
    wanted = set(map(_place, rows))
    found = _texts_at(wanted, known)
    return found | _texts_at(wanted, _blocks_of(wanted - found.keys()))


def _texts_at(wanted: set[Place], blocks: Iterable[RowBlock]) -> dict[Place, bytes]:
    found: dict[Place, bytes] = {}
    for block in blocks:
        places = [(block.submission_id, block.first + number) for number in range(block.row_count)]
        if not wanted.isdisjoint(places):
            found.update(each for each in zip(places, _texts_in(block), strict=False) if each[0] in wanted)
    return found


def blocks_with(row_ids: list[int]) -> QuerySet[RowBlock]:
    """What holds these rows."""
    before = RowBlock.objects.filter(submission=OuterRef("submission"), first__lte=OuterRef("index"))
    of_each = Subquery(before.order_by("-first").values("pk")[:1])
    rows = SubmissionRow.objects.filter(pk__in=row_ids).order_by().annotate(block=of_each)
    return RowBlock.objects.filter(pk__in=rows.values("block")).order_by()


def _blocks_of(places: set[Place]) -> Iterable[RowBlock]:
    near = (Q(submission=where, first__lte=index, first__gt=index - BLOCK) for where, index in places)
    return RowBlock.objects.filter(reduce(or_, near)) if places else []


def _texts_in(block: RowBlock) -> list[bytes]:
    try:
        return texts_in(block)
    except Undecryptable:
        return []
