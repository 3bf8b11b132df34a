"""Reading and writing a submission's rows: there may be 100,000 of them.

Their values are kept in blocks, as texts that go over the wire as they stand: to encrypt and to send a row by itself
would take longer than all else. Where each row stands is a row of its own.
"""

import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.db import connection
from django.db.models import QuerySet

from pipelines_portal.fields.base import FieldValues
from pipelines_portal.web.encryption import Undecryptable, decrypt, encrypt

from .digest_keys import note_first_key
from .digests import digest_of, digests_of, may_differ
from .models import RowBlock, Submission, SubmissionRow
from .signals import rows_go

CHUNK = 1000
BLOCK = 500
# No text of JSON holds a line break.
BETWEEN_TEXTS = b",\n"
NO_LONGER_KEPT = "What was sent is no longer kept: its time is over. Counts and task IDs stay."


class NotKept(Undecryptable):
    """What was sent was kept for as long as was asked for, and no longer: see retention."""


@dataclass(frozen=True, slots=True)
class RowText:
    """A row as the API takes it, and its digest."""

    text: bytes
    digest: str

    @classmethod
    def of(cls, fields: FieldValues) -> "RowText":
        return cls(row_text(fields), digest_of(fields))

    @classmethod
    def kept(cls, text: bytes, digest: str) -> "RowText":
        """Of a digest that was made some time ago: it is written under the first key, as all are."""
        return cls(text, digest_of(fields_in(text)) if may_differ() else digest)

    @property
    def digests(self) -> list[str]:
        """Under which an equal row may be kept."""
        return digests_of(fields_in(self.text)) if may_differ() else [self.digest]


def row_text(fields: FieldValues) -> bytes:
    return json.dumps({"fields": fields}, separators=(",", ":"), allow_nan=False).encode()


def fields_in(text: bytes) -> FieldValues:
    fields: FieldValues = json.loads(text)["fields"]
    return fields


def packed(texts: Iterable[bytes]) -> bytes:
    """As they are kept."""
    return encrypt(zlib.compress(BETWEEN_TEXTS.join(texts), 1))


def unpacked(data: bytes | memoryview) -> bytes:
    """Raises Undecryptable."""
    return zlib.decompress(decrypt(data))


def add_rows(submission: Submission, rows: Iterable[FieldValues]) -> int:
    """Append `rows` behind those the submission has, and count them. Call in a transaction."""
    return add_texts(submission, map(RowText.of, rows))


def add_texts(submission: Submission, rows: Iterable[RowText]) -> int:
    """As `add_rows`, of rows whose texts are there already."""
    index, rows = submission.row_count, iter(rows)
    while block := list(islice(rows, BLOCK)):
        data = packed(row.text for row in block)
        RowBlock.objects.create(submission=submission, first=index, row_count=len(block), data=data)
        _insert(submission, index, block)
        index += len(block)
    submission.row_count = index
    Submission.objects.filter(pk=submission.pk).update(row_count=index)
    note_first_key()
    return index


def _insert(submission: Submission, first: int, rows: list[RowText]) -> None:
    """An object of a model for each would take ten times as long."""
    quote = connection.ops.quote_name
    names = ("submission_id", "index", "digest", "state", "error_field", "error_message")
    table, columns = quote(SubmissionRow._meta.db_table), ", ".join(map(quote, names))
    place = Submission._meta.pk.get_db_prep_value(submission.pk, connection)
    state = SubmissionRow.State.WAITING.value
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} ({columns}) VALUES (%s, %s, %s, %s, '', '')",  # noqa: S608 - names of our own
            [(place, index, row.digest, state) for index, row in enumerate(rows, first)],
        )


def replace_rows(submission: Submission, rows: Iterable[FieldValues]) -> None:
    """Put `rows` in the place of those the submission has. Call in a transaction."""
    rows_go.send(Submission, submission=submission)
    submission.rows.all().delete()
    submission.blocks.all().delete()
    submission.row_count = 0
    add_rows(submission, rows)


def body_of(submission: Submission) -> bytes:
    """All rows as a request of the API. Raises Undecryptable."""
    _refuse_if_not_kept(submission)
    blocks = submission.blocks.values_list("data", flat=True).iterator(10)
    return body_with(map(unpacked, blocks))


def body_with(texts: Iterable[bytes]) -> bytes:
    """A request of the API, of rows as they are kept."""
    return b'{"tasks":[' + BETWEEN_TEXTS.join(texts) + b"]}"


def read_fields(submission: Submission) -> Iterator[FieldValues]:
    """The rows' field values in order, read as they are wanted. Raises Undecryptable."""
    _refuse_if_not_kept(submission)
    for data in submission.blocks.values_list("data", flat=True).iterator(10):
        yield from map(fields_in, _texts(data))


def fields_of_rows(of: Submission, rows: Iterable[SubmissionRow]) -> Iterator[tuple[SubmissionRow, FieldValues]]:
    """Each with its field values as they were given; `rows` are in order. Raises Undecryptable."""
    _refuse_if_not_kept(of)
    blocks: Iterator[RowBlock] | None = None
    first, texts = 0, list[bytes]()
    for row in rows:
        if row.index >= first + len(texts):
            blocks = blocks or of.blocks.filter(first__gt=row.index - BLOCK).iterator(10)
            block = next((each for each in blocks if row.index < each.first + each.row_count), None)
            if block is None:  # it went while it was read
                raise NotKept(NO_LONGER_KEPT)
            first, texts = block.first, _texts(block.data)
        yield row, fields_in(texts[row.index - first])


def fields_of(row: SubmissionRow) -> FieldValues:
    """Field values as they were given. Raises Undecryptable."""
    block = RowBlock.objects.filter(submission=row.submission_id, first__lte=row.index).order_by("-first").first()
    if block is None:
        raise NotKept(NO_LONGER_KEPT)
    return fields_in(_texts(block.data)[row.index - block.first])


def _refuse_if_not_kept(submission: Submission) -> None:
    if submission.is_dropped:
        raise NotKept(NO_LONGER_KEPT)


def texts_in(block: RowBlock) -> list[bytes]:
    """Of all its rows, to be read by `fields_in`. Raises Undecryptable."""
    return _texts(block.data)


def only_fields(submission: Submission) -> FieldValues:
    """Of a submission of one row, whose blocks may be read already; empty where it has none. Raises Undecryptable."""
    return next((fields_in(_texts(block.data)[0]) for block in submission.blocks.all()), {})


def _texts(data: bytes | memoryview) -> list[bytes]:
    return unpacked(data).split(BETWEEN_TEXTS)


def rows_after(submission: Submission, after: int, limit: int, state: str = "") -> QuerySet[SubmissionRow]:
    """Those behind index `after`, -1 for the first; one more than `limit` where more follow."""
    rows = submission.rows.filter(index__gt=after)
    return (rows.filter(state=state) if state else rows)[: limit + 1]
