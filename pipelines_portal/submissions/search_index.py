"""The index of what was sent: the database's own full-text search, written in the transaction that sends the rows.

It has no model. An entry has the row's primary key, who may find it, and its words. The person who sent it, the owner
of the key, and the leads of the teams it was sent through may find it. See docs/decisions/0112.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection

from pipelines_portal.submissions.search_words import words_of
from pipelines_portal.workflows.fields.field_values import FieldValues

TABLE = "submissions_search"
# An entry begins with who may find it. This mark tells that from the words, none of which contains it.
MARK = "~"
# Primary keys of rows, with the values of each.
Rows = Iterable[tuple[int, FieldValues]]


def marks_of(before: str, owner_id: int, key_id: int | None, teams: Iterable[int]) -> str:
    """Return the marks of those who may find rows that are sent now, and of those who might `before`."""
    key = [f"k{key_id}"] if key_id else []
    return " ".join(dict.fromkeys([*before.split(), f"p{owner_id}", *key, *(f"t{team}" for team in teams)]))


def replace_entries(rows: Rows, before: str, who: str) -> None:
    """Replace the rows' entries for `before` by entries for `who`; either may be empty.

    `rows` have the values that were indexed: SQLite deletes an entry by its words.
    """
    rows = list(rows)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            if before:
                delete = f"INSERT INTO {TABLE}({TABLE}, rowid, said) VALUES ('delete', %s, %s)"  # noqa: S608
                cursor.executemany(delete, _entries_sqlite(rows, before))
            if who:
                insert = f"INSERT INTO {TABLE}(rowid, said) VALUES (%s, %s)"  # noqa: S608
                cursor.executemany(insert, _entries_sqlite(rows, who))
            return
        if before:
            cursor.execute(f"DELETE FROM {TABLE} WHERE row_id = ANY(%s)", [[pk for pk, _ in rows]])  # noqa: S608
        if who:
            insert = f"INSERT INTO {TABLE} (row_id, said) VALUES (%s, %s::tsvector)"  # noqa: S608
            cursor.executemany(insert, _entries_postgresql(rows, who))


def _entries_sqlite(rows: Rows, who: str) -> list[Sequence[Any]]:
    marked = [f"{MARK}{one}" for one in who.split()]
    return [(pk, " ".join([*marked, *words_of(fields)])) for pk, fields in rows]


def _entries_postgresql(rows: Rows, who: str) -> list[Sequence[Any]]:
    marked = [f"'{MARK}{one}'" for one in who.split()]
    return [(pk, " ".join([*marked, *_lexemes(words_of(fields))])) for pk, fields in rows]


def _lexemes(words: list[str]) -> Iterable[str]:
    """Write a tsvector: each word with its places, of which 16,383 is the last that PostgreSQL stores."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(str(min(place, 16_383)))
    return (f"'{word}':{','.join(at)}" for word, at in places.items())
