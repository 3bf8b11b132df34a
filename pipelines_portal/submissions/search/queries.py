"""The queries of the search: rows that contain the words, best matches first, then newest first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef

from pipelines_portal.accounts.models import Membership, User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.search_index import MARK, TABLE
from pipelines_portal.submissions.statuses import FINAL, Status

NEWEST = 2**63 - 1
# PostgreSQL looks at so many of the newest rows before it asks its index, which cannot tell the newest of many matches.
LOOKED_AT_FIRST = 2_000
# A shorter word is found whole alone.
SHORTEST_BEGINNING = 3
FINDABLE = (*FINAL, Status.UNCONFIRMED)


@dataclass(frozen=True)
class Question:
    """What a person searches for. `words` are folded, in the order in which they were typed."""

    words: Sequence[str]
    status: str = ""
    person_id: int | None = None
    workflow_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


# Ways in which a row can hold the words, the best first.
PHRASE, WHOLE, BEGINNINGS = range(3)


def ways_of(words: Sequence[str]) -> list[int]:
    """Return the ways of matching that differ for these words."""
    phrase = [PHRASE] if len(words) > 1 else []
    beginnings = [BEGINNINGS] if any(len(word) >= SHORTEST_BEGINNING for word in words) else []
    return [*phrase, WHOLE, *beginnings]


def seen_by(user: User) -> list[str]:
    """Return the marks of which an entry has one if the person may see its row: see Submissions.visible_to."""
    keys = SavedKey.objects.filter(owner=user).values_list("pk", flat=True)
    teams = Membership.objects.filter(user=user, is_lead=True).values_list("team", flat=True)
    return [f"p{user.pk}", *(f"k{key}" for key in keys), *(f"t{team}" for team in teams)]


def find(who: Sequence[str], question: Question, way: int, before: int, count: int) -> list[int]:
    """Return the primary keys of rows that match in this way and in no better one, newest first.

    `who` is the result of `seen_by`.
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
    """The query language of a database's full-text search."""

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


PAGE = 25


@dataclass
class Found:
    """A page of results. The next page begins at `way` and `before`; `before` is 0 if there is none."""

    rows: list[SubmissionRow] = field(default_factory=list)
    way: int = 0
    before: int = 0


def find_page(user: User, question: Question, first_way: int, before: int, count: int = PAGE) -> Found:
    """Return exact phrases first, then whole words, then beginnings of words; newest first within each."""
    who, ids = seen_by(user), list[int]()
    for way in (way for way in ways_of(question.words) if way >= first_way):
        found = find(who, question, way, before if way == first_way else NEWEST, count + 1 - len(ids))
        ids += found
        if len(ids) > count:
            shown = ids[:count]
            is_first_of_way = len(found) == 1
            return Found(_rows(user, shown), way, NEWEST if is_first_of_way else shown[-1])
    return Found(_rows(user, ids))


def _rows(user: User, ids: list[int]) -> list[SubmissionRow]:
    """Read the rows in this order, and set `is_key_usable` of each: True if the person may see its task."""
    usable = SavedKey.objects.usable_by(user).filter(pk=OuterRef("submission__key"))
    rows = SubmissionRow.objects.filter(pk__in=ids).select_related("submission__owner", "submission__key")
    by_pk = {row.pk: row for row in rows.annotate(is_key_usable=Exists(usable)).order_by()}
    return [by_pk[pk] for pk in ids if pk in by_pk]
