"""Rows as they are sent, kept from the check: to read their cells once more would take longer than to send them."""

from collections.abc import Iterator
from typing import NamedTuple

from pipelines_portal.api_client import Schema
from pipelines_portal.submissions.rows import BETWEEN_TEXTS, RowText, packed, row_text, unpacked

from .cells import cells_of
from .matching import Matching
from .models import CheckedBlock, Import
from .row_values import RowReader

BATCH = 1_000


class ReadyRow(NamedTuple):
    """What is needed of a row to send it."""

    number: int
    block: int
    position: int
    digest: str
    is_typed: bool
    is_wanted_twice: bool = False


def keep_texts(of: Import, generation: int, number: int, texts: list[bytes]) -> None:
    CheckedBlock.objects.create(of=of, generation=generation, number=number, data=packed(texts))


def texts_of(of: Import, rows: list[ReadyRow]) -> list[RowText]:
    """Of these rows, in their order. Raises Undecryptable."""
    texts = [b"" if row.is_typed else text for row, text in zip(rows, _kept(of, rows), strict=True)]
    missing = [row.number for row, text in zip(rows, texts, strict=True) if not text]
    read = read_texts(of, missing) if missing else {}
    return [RowText.kept(text or read[row.number], row.digest) for row, text in zip(rows, texts, strict=True)]


def _kept(of: Import, rows: list[ReadyRow]) -> Iterator[bytes]:
    number, texts = -1, list[bytes]()
    for row in rows:
        if row.block != number:
            number = row.block
            texts = unpacked(of.checked_blocks.get(generation=of.generation, number=number).data).split(BETWEEN_TEXTS)
        yield texts[row.position]


def read_texts(of: Import, numbers: list[int], generation: int | None = None) -> dict[int, bytes]:
    """By number, out of their cells, with what somebody typed over them. Raises Undecryptable."""
    of_check = of.rows.filter(generation=of.generation if generation is None else generation)
    reader = RowReader(Schema.model_validate(of.schema), Matching.of(of.matching))
    read: dict[int, bytes] = {}
    for start in range(0, len(numbers), BATCH):
        rows = list(of_check.filter(number__in=numbers[start : start + BATCH]))
        cells = cells_of(of, rows)
        read |= {row.number: row_text(reader.read(cells[row.number], row.typed()).values) for row in rows}
    return read
