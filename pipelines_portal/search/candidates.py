"""Rows that may hold the words asked for, out of the index alone: newest first, never more of it than a page takes."""

from collections.abc import Iterable, Iterator, Sequence
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
Statement = tuple[str, list[int]]


@dataclass(frozen=True)
class Question:
    """Of rows older than `before`. Ids rise as rows are kept."""

    streams: list[Stream]
    before: int = NEWEST


@dataclass(frozen=True)
class Candidates:
    """`row_ids` are newest first. Below `looked_down_to` nobody looked yet; 0: everything was looked at."""

    row_ids: list[int]
    looked_down_to: int


def streams(senders: Iterable[int], words: Sequence[str], *, whole: bool) -> list[Stream]:
    keys = range(len(settings.ENCRYPTION_KEYS))
    asked = [[asked_for(sender, word, whole=whole) for word in words] for sender in senders]
    return [[of_word[key] for of_word in of_sender] for of_sender in asked for key in keys]


def candidates(questions: list[Question], most: int) -> list[Candidates]:
    """Of each. All go in one trip, unless they are of very many streams."""
    parts = [(number, part) for number, asked in enumerate(questions) for part in _parts(asked, most)]
    at_once = len(parts) if sum(len(asked.streams) for asked in questions) <= STREAMS_AT_ONCE else 1
    lines = [line for first in range(0, len(parts), max(at_once, 1)) for line in _ask(parts[first : first + at_once])]
    return [_candidates([line[1:] for line in lines if line[0] == number], most) for number in range(len(questions))]


def _candidates(lines: list[tuple[int, int]], most: int) -> Candidates:
    """A line says how far down was looked, or names a row. What is further down than all looked is left for later."""
    floor = max((down_to for is_floor, down_to in lines if is_floor), default=0)
    row_ids = sorted({row for is_floor, row in lines if not is_floor and row >= floor}, reverse=True)
    return Candidates(row_ids[:most], row_ids[most - 1] if len(row_ids) > most else floor)


def _parts(asked: Question, most: int) -> Iterator[Statement]:
    depth = max(LOOKED_AT // max(len(asked.streams), 1), FEWEST_LOOKED_AT)
    for first in range(0, len(asked.streams), STREAMS_AT_ONCE):
        yield _part(asked.streams[first : first + STREAMS_AT_ONCE], asked.before, depth, most)


def _part(some: list[Stream], before: int, depth: int, most: int) -> Statement:
    """First which word of each stream is the rarest, then how far down all of them are looked at, then the rows."""
    rarest, ends, rows = (
        _union(statements)
        for statements in (
            [_rarest(number, stream) for number, stream in enumerate(some)],
            [_end(number, before, depth) for number in range(len(some))],
            [_all_of(number, stream, before, most) for number, stream in enumerate(some)],
        )
    )
    text = (
        f"WITH rarest AS MATERIALIZED ({rarest[0]}), ends AS ({ends[0]}), "  # noqa: S608 - of our own
        "down_to AS MATERIALIZED (SELECT COALESCE(MAX(row_id), 0) AS row_id FROM ends) "
        "SELECT 1 AS is_floor, row_id FROM down_to UNION ALL SELECT 0, row_id FROM "
        f"(SELECT DISTINCT row_id FROM ({rows[0]}) r ORDER BY row_id DESC LIMIT {most + 1}) n"
    )
    return text, [*rarest[1], *ends[1], *rows[1]]


def _rarest(number: int, stream: Stream) -> Statement:
    if len(stream) == 1:
        return f"SELECT {number} AS stream, {_integer()} AS token", [stream[0]]
    words = " UNION ALL ".join([f"SELECT {_integer()} AS token"] * len(stream))
    held = f"SELECT COUNT(*) FROM (SELECT 1 FROM {_table()} WHERE token = t.token LIMIT {COMMON}) c"  # noqa: S608 - as above
    text = f"SELECT {number} AS stream, (SELECT token FROM ({words}) t ORDER BY ({held}), token LIMIT 1) AS token"  # noqa: S608 - as above
    return text, list(stream)


def _end(number: int, before: int, depth: int) -> Statement:
    """The row at `depth`, if the rarest word has so many."""
    of_rarest = f"SELECT row_id FROM {_table()} WHERE token = {_rarest_of(number)} AND row_id < %s"  # noqa: S608 - as above
    return f"{of_rarest} ORDER BY row_id DESC LIMIT 1 OFFSET {depth - 1}", [before]


def _all_of(number: int, stream: Stream, before: int, most: int) -> Statement:
    # Not EXISTS: PostgreSQL would join all rows of a common word, where a few are to be looked up.
    has_too = f" AND (SELECT 1 FROM {_table()} o WHERE o.token = %s AND o.row_id = w.row_id) = 1"  # noqa: S608 - as above
    near = "w.row_id < %s AND w.row_id >= (SELECT row_id FROM down_to)"
    of_rarest = f"SELECT row_id FROM {_table()} w WHERE w.token = {_rarest_of(number)} AND {near}"  # noqa: S608 - as above
    others = stream if len(stream) > 1 else []
    return f"{of_rarest}{has_too * len(others)} ORDER BY w.row_id DESC LIMIT {most + 1}", [before, *others]


def _rarest_of(number: int) -> str:
    return f"(SELECT token FROM rarest WHERE stream = {number})"  # noqa: S608 - as above


def _union(statements: list[Statement]) -> Statement:
    parts = [f"SELECT q.* FROM ({text}) q" for text, _ in statements]  # noqa: S608 - as above
    return " UNION ALL ".join(parts), [value for _, values in statements for value in values]


def _ask(parts: list[tuple[int, Statement]]) -> list[tuple[int, int, int]]:
    texts = [f"SELECT {number} AS question, q.* FROM ({text}) q" for number, (text, _) in parts]  # noqa: S608 - as above
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(texts), [value for _, (_, values) in parts for value in values])
        return cursor.fetchall()  # type: ignore[no-any-return]


def _integer() -> str:
    """A value whose type nothing else says."""
    return "CAST(%s AS bigint)"


def _table() -> str:
    return connection.ops.quote_name(Word._meta.db_table)
