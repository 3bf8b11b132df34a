"""Rows that may hold the words asked for, out of the index alone: newest first, never more of it than a page takes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from .models import Word
from .tokens import asked_for

# Of the rarest word, over all streams: so many of its rows are looked at in one go.
LOOKED_AT = 20_000
FEWEST_LOOKED_AT = 400
# A word that more rows have than this is common; how common does not matter.
COMMON = 1_000
# SQLite takes no more in one statement.
STREAMS_AT_ONCE = 100
NEWEST = 2**63 - 1

# Tokens that a row must have all of: of one person's words, under one encryption key.
Stream = Sequence[int]


@dataclass(frozen=True)
class Candidates:
    """`row_ids` are newest first. Below `looked_down_to` nobody looked yet; 0: everything was looked at."""

    row_ids: list[int]
    looked_down_to: int


def streams(senders: Iterable[int], words: Sequence[str], *, whole: bool) -> list[Stream]:
    keys = range(len(settings.ENCRYPTION_KEYS))
    asked = [[asked_for(sender, word, whole=whole) for word in words] for sender in senders]
    return [[of_word[key] for of_word in of_sender] for of_sender in asked for key in keys]


def candidates(asked: list[Stream], before: int, most: int) -> Candidates:
    """Of rows older than `before`. Ids rise as rows are kept."""
    depth = max(LOOKED_AT // max(len(asked), 1), FEWEST_LOOKED_AT)
    ordered = _rarest_first(asked)
    ends = _ask([_end(stream, before, depth) for stream in ordered])
    floor = max(ends, default=0)
    found = _ask([_all_of(stream, before, floor, most) for stream in ordered])
    row_ids = sorted(set(found), reverse=True)
    return Candidates(row_ids[:most], row_ids[most - 1] if len(row_ids) > most else floor)


def _rarest_first(asked: list[Stream]) -> list[Stream]:
    """Streams whose rarest word nobody has are left out."""
    if all(len(stream) == 1 for stream in asked):
        return asked
    counts = iter(_ask([_count(token) for stream in asked for token in stream], keep_order=True))
    counted = [sorted((next(counts), token) for token in stream) for stream in asked]
    return [[token for _, token in stream] for stream in counted if stream[0][0]]


def _count(token: int) -> tuple[str, list[int]]:
    return f"SELECT COUNT(*) FROM (SELECT 1 FROM {_table()} WHERE token = %s LIMIT {COMMON}) c", [token]  # noqa: S608 - a name of our own


def _end(stream: Stream, before: int, depth: int) -> tuple[str, list[int]]:
    """The row at `depth`, if the rarest word has so many."""
    of_rarest = f"SELECT row_id FROM {_table()} WHERE token = %s AND row_id < %s"  # noqa: S608 - as above
    return f"{of_rarest} ORDER BY row_id DESC LIMIT 1 OFFSET {depth - 1}", [stream[0], before]


def _all_of(stream: Stream, before: int, floor: int, most: int) -> tuple[str, list[int]]:
    # Not EXISTS: PostgreSQL would join all rows of a common word, where a few are to be looked up.
    has_too = f" AND (SELECT 1 FROM {_table()} o WHERE o.token = %s AND o.row_id = w.row_id) = 1"  # noqa: S608 - as above
    rarest = f"SELECT row_id FROM {_table()} w WHERE w.token = %s AND w.row_id < %s AND w.row_id >= %s"  # noqa: S608 - as above
    statement = f"{rarest}{has_too * (len(stream) - 1)} ORDER BY w.row_id DESC LIMIT {most + 1}"
    return statement, [stream[0], before, floor, *stream[1:]]


def _ask(questions: list[tuple[str, list[int]]], *, keep_order: bool = False) -> list[int]:
    """One number a line of each answer. A trip to the database for many."""
    found: list[int] = []
    for first in range(0, len(questions), STREAMS_AT_ONCE):
        found += _ask_some(questions[first : first + STREAMS_AT_ONCE], keep_order=keep_order)
    return found


def _ask_some(questions: list[tuple[str, list[int]]], *, keep_order: bool) -> list[int]:
    parts = [f"SELECT {number}, q.* FROM ({text}) q" for number, (text, _) in enumerate(questions)]  # noqa: S608 - as above
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [value for _, values in questions for value in values])
        lines = cursor.fetchall()
    return [value for _, value in (sorted(lines) if keep_order else lines)]


def _table() -> str:
    return connection.ops.quote_name(Word._meta.db_table)
