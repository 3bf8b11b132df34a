"""The index of what was sent: the database's own full-text search, written in the transaction that sends the rows.

It has no model. An entry has the row's primary key, who may find it, and its words. The person who sent it, the owner
of the key, and the leads of the teams it was sent through may find it. See docs/decisions/0112.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from pipelines_portal.accounts.models import Membership, User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.words import words_of

TABLE = "submissions_search"
CHUNK = 500
NEWEST = 2**63 - 1
# PostgreSQL looks at so many of the newest rows before it asks its index, which cannot tell the newest of many matches.
LOOKED_AT_FIRST = 2_000
# A shorter word is found whole alone.
SHORTEST_BEGINNING = 3
FINDABLE = (
    Submission.Status.CREATED,
    Submission.Status.PARTLY_CREATED,
    Submission.Status.REJECTED,
    Submission.Status.UNCONFIRMED,
)
# An entry begins with who may find it. This tells that from the words, none of which has it.
MARK = "~"
# Primary keys of rows, with the words of each.
Rows = Iterable[tuple[int, list[str]]]


@dataclass(frozen=True)
class Question:
    """`words` are folded, in the order in which they were asked. Only rows older than `before` are found."""

    words: Sequence[str]
    status: str = ""
    person_id: int | None = None
    workflow_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


def index_rows(submission: Submission, teams: Iterable[int]) -> None:
    """Let the rows be found by those who may see them. Call in the transaction that sends them, through `teams`."""
    allowed = who_may_find(submission.owner_id, submission.key_id, teams)
    who = " ".join(dict.fromkeys([*submission.search_who.split(), *allowed]))
    if submission.search_who == who:
        return
    remove_rows(submission)
    insert = _insert_sqlite if connection.vendor == "sqlite" else _insert_postgresql
    _execute_many(*insert(_rows(submission), who))
    Submission.objects.filter(pk=submission.pk).update(search_who=who)
    submission.search_who = who


def index_first_row(submission: Submission, row: SubmissionRow) -> None:
    """As `index_rows`, of a submission that was just made with this one row and its `search_who`."""
    insert = _insert_sqlite if connection.vendor == "sqlite" else _insert_postgresql
    _execute_many(*insert([(row.pk, words_of(row.fields or {}))], submission.search_who))


def who_may_find(owner_id: int, key_id: int | None, teams: Iterable[int]) -> list[str]:
    return [f"p{owner_id}", *([f"k{key_id}"] if key_id else []), *(f"t{team}" for team in teams)]


def remove_rows(submission: Submission) -> None:
    """Call before the rows' values are removed or changed, in that transaction."""
    if not submission.search_who:
        return
    if connection.vendor == "sqlite":
        delete = f"INSERT INTO {TABLE}({TABLE}, rowid, said) VALUES ('delete', %s, %s)"  # noqa: S608
        _execute_many(delete, _entries_sqlite(_rows(submission), submission.search_who))
    else:
        ids = list(submission.rows.values_list("pk", flat=True))
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {TABLE} WHERE row_id = ANY(%s)", [ids])  # noqa: S608
    Submission.objects.filter(pk=submission.pk).update(search_who="")
    submission.search_who = ""


def _rows(submission: Submission) -> Rows:
    rows = submission.rows.filter(fields__isnull=False).order_by("index").values_list("pk", "fields")
    return ((pk, words_of(fields or {})) for pk, fields in rows.iterator(CHUNK))


def _insert_sqlite(rows: Rows, who: str) -> tuple[str, Iterable[Sequence[Any]]]:
    insert = f"INSERT INTO {TABLE}(rowid, said) VALUES (%s, %s)"  # noqa: S608
    return insert, _entries_sqlite(rows, who)


def _entries_sqlite(rows: Rows, who: str) -> Iterable[Sequence[Any]]:
    marked = [f"{MARK}{one}" for one in who.split()]
    return [(pk, " ".join([*marked, *words])) for pk, words in rows]


def _insert_postgresql(rows: Rows, who: str) -> tuple[str, Iterable[Sequence[Any]]]:
    insert = f"INSERT INTO {TABLE} (row_id, said) VALUES (%s, %s::tsvector)"  # noqa: S608
    marked = [f"'{MARK}{one}'" for one in who.split()]
    return insert, [(pk, " ".join([*marked, *_lexemes(words)])) for pk, words in rows]


def _lexemes(words: list[str]) -> Iterable[str]:
    """As a tsvector is written: each word with its places, of which 16,383 is the last that PostgreSQL stores."""
    places: dict[str, list[str]] = {}
    for place, word in enumerate(words, 1):
        places.setdefault(word, []).append(str(min(place, 16_383)))
    return (f"'{word}':{','.join(at)}" for word, at in places.items())


def _execute_many(statement: str, values: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(statement, list(values))


# Ways in which a row can hold the words, the best first.
PHRASE, WHOLE, BEGINNINGS = range(3)


def ways_of(words: Sequence[str]) -> list[int]:
    """Return the ways that are another question than the one before."""
    phrase = [PHRASE] if len(words) > 1 else []
    beginnings = [BEGINNINGS] if any(len(word) >= SHORTEST_BEGINNING for word in words) else []
    return [*phrase, WHOLE, *beginnings]


def seen_by(user: User) -> list[str]:
    """Return what an entry has one of if they may see its row: see Submissions.visible_to."""
    keys = SavedKey.objects.filter(owner=user).values_list("pk", flat=True)
    teams = Membership.objects.filter(user=user, is_lead=True).values_list("team", flat=True)
    return [f"p{user.pk}", *(f"k{key}" for key in keys), *(f"t{team}" for team in teams)]


def find(who: Sequence[str], question: Question, way: int, before: int, count: int) -> list[int]:
    """Return the primary keys of rows that hold the words in this way and in no better one, newest first.

    `who` is what `seen_by` returned.
    """
    if connection.vendor == "sqlite":
        matching = f"SELECT rowid AS id FROM {TABLE} WHERE {TABLE} MATCH %s AND rowid < %s"  # noqa: S608
        return _ids(matching, [_condition(who, question, way, FTS5), before], question, count)
    values = [_condition(who, question, way, TSQUERY), before]
    # With "IS TRUE" it does not ask the index, and with "+ 0" it does not read all rows in their order.
    newest = (
        f"SELECT row_id AS id FROM {TABLE} WHERE (said @@ %s::tsquery) IS TRUE AND row_id < %s "  # noqa: S608
        f"AND row_id > LEAST(%s, (SELECT max(row_id) FROM {TABLE})) - {LOOKED_AT_FIRST}"
    )
    matching = (
        f"SELECT row_id + 0 AS id FROM {TABLE} WHERE said @@ %s::tsquery AND row_id < %s ORDER BY id DESC OFFSET 0"  # noqa: S608
    )
    found = _ids(newest, [*values, before], question, count)
    return found if len(found) == count else _ids(matching, values, question, count)


def _ids(matching: str, values: list[Any], question: Question, count: int) -> list[int]:
    narrowed, more = _narrowed(question)
    row, submission = SubmissionRow._meta.db_table, Submission._meta.db_table
    statement = (
        f"SELECT f.id FROM ({matching}) f JOIN {row} r ON r.id = f.id JOIN {submission} s ON s.id = r.submission_id "  # noqa: S608
        f"WHERE {narrowed} ORDER BY f.id DESC LIMIT {count}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *more])
        return [pk for (pk,) in cursor.fetchall()]


def _narrowed(question: Question) -> tuple[str, list[Any]]:
    statuses = [question.status] if question.status else [status.value for status in FINDABLE]
    as_database = connection.ops.adapt_datetimefield_value
    conditions: list[tuple[str, Any]] = [
        ("s.owner_id = %s", question.person_id),
        ("s.workflow_id = %s", question.workflow_id),
        ("s.created_at >= %s", question.since and as_database(question.since)),
        ("s.created_at < %s", question.until and as_database(question.until)),
    ]
    used = [(text, value) for text, value in conditions if value is not None]
    text = f"s.status IN ({', '.join(['%s'] * len(statuses))})" + "".join(f" AND {each}" for each, _ in used)
    return text, [*statuses, *(value for _, value in used)]


@dataclass(frozen=True)
class Syntax:
    """How a database writes what it searches for."""

    quote: str
    beginning: str
    followed_by: str
    both: str
    either: str
    but_not: str


FTS5 = Syntax('"', " *", " + ", " AND ", " OR ", " NOT ")
TSQUERY = Syntax("'", ":*", " <-> ", " & ", " | ", " & !")


def _condition(who: Sequence[str], question: Question, way: int, syntax: Syntax) -> str:
    words = [f"{syntax.quote}{word}{syntax.quote}" for word in question.words]
    phrase, whole = syntax.followed_by.join(words), syntax.both.join(words)
    begun = syntax.both.join(
        word + (syntax.beginning if len(asked) >= SHORTEST_BEGINNING else "")
        for asked, word in zip(question.words, words, strict=True)
    )
    said, left_out = {
        PHRASE: (phrase, ""),
        WHOLE: (whole, phrase if len(words) > 1 else ""),
        BEGINNINGS: (begun, whole),
    }[way]
    if left_out:
        said = f"({said}){syntax.but_not}({left_out})"
    marked = [f"{syntax.quote}{MARK}{each}{syntax.quote}" for each in who]
    sender = [f"{syntax.quote}{MARK}p{question.person_id}{syntax.quote}"] if question.person_id else []
    return syntax.both.join(f"({each})" for each in (said, syntax.either.join(marked), *sender))
