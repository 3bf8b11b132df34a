"""The index of what was sent: the database's own full-text search, written in the transaction that sends the rows.

It has no model. An entry has the row's primary key, who may find it, and its words. The person who sent it, the owner
of the key, and the leads of the teams it was sent through may find it. See docs/decisions/0112.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import connection

from pipelines_portal.submissions.search.words import words_of

if TYPE_CHECKING:
    from pipelines_portal.submissions.models import Submission

TABLE = "submissions_search"
CHUNK = 500
# An entry begins with who may find it. This mark tells that from the words, none of which contains it.
MARK = "~"
# Primary keys of rows, with the words of each.
Rows = Iterable[tuple[int, list[str]]]


def index_rows(submission: "Submission", teams: Iterable[int]) -> None:
    """Let the rows be found by those who may see them, also through `teams`. Call in a transaction."""
    who = who_may_find(submission, teams)
    if submission.search_who != who:
        replace_entries(read_rows(submission), submission.search_who, who)
        _store_who(submission, who)


def remove_rows(submission: "Submission") -> None:
    """Call before the rows' values are removed or changed, in that transaction."""
    if not submission.search_who:
        return
    if connection.vendor == "sqlite":
        replace_entries(read_rows(submission), submission.search_who, "")
    else:
        _delete_postgresql(list(submission.rows.values_list("pk", flat=True)))
    _store_who(submission, "")


def who_may_find(submission: "Submission", teams: Iterable[int]) -> str:
    """Return the marks of those who may find the rows now, and of those who might before."""
    key = [f"k{submission.key_id}"] if submission.key_id else []
    allowed = [f"p{submission.owner_id}", *key, *(f"t{team}" for team in teams)]
    return " ".join(dict.fromkeys([*submission.search_who.split(), *allowed]))


def replace_entries(rows: Rows, before: str, who: str) -> None:
    """Replace the rows' entries for `before` by entries for `who`; either may be empty."""
    if before and who:
        rows = list(rows)
    if connection.vendor == "sqlite":
        if before:
            delete = f"INSERT INTO {TABLE}({TABLE}, rowid, said) VALUES ('delete', %s, %s)"  # noqa: S608
            _execute_many(delete, _entries_sqlite(rows, before))
        if who:
            _execute_many(f"INSERT INTO {TABLE}(rowid, said) VALUES (%s, %s)", _entries_sqlite(rows, who))  # noqa: S608
        return
    if before:
        _delete_postgresql([pk for pk, _ in rows])
    if who:
        insert = f"INSERT INTO {TABLE} (row_id, said) VALUES (%s, %s::tsvector)"  # noqa: S608
        _execute_many(insert, _entries_postgresql(rows, who))


def _delete_postgresql(ids: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE row_id = ANY(%s)", [ids])  # noqa: S608


def _execute_many(statement: str, values: list[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def _store_who(submission: "Submission", who: str) -> None:
    submission.search_who = who
    submission.save(update_fields=["search_who"])


def read_rows(submission: "Submission") -> Rows:
    rows = submission.rows.filter(fields__isnull=False).order_by("index").values_list("pk", "fields")
    return ((pk, words_of(fields or {})) for pk, fields in rows.iterator(CHUNK))


def _entries_sqlite(rows: Rows, who: str) -> list[Sequence[Any]]:
    marked = [f"{MARK}{one}" for one in who.split()]
    return [(pk, " ".join([*marked, *words])) for pk, words in rows]


def _entries_postgresql(rows: Rows, who: str) -> list[Sequence[Any]]:
    marked = [f"'{MARK}{one}'" for one in who.split()]
    return [(pk, " ".join([*marked, *_lexemes(words)])) for pk, words in rows]


def _lexemes(words: list[str]) -> Iterable[str]:
    """Write a tsvector: each word with its places, of which 16,383 is the last that PostgreSQL stores."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(str(min(place, 16_383)))
    return (f"'{word}':{','.join(at)}" for word, at in places.items())
