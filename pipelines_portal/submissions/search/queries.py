"""The queries of lists of what was sent: rows that contain some words, or tasks; newest first."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet, TextField
from django.db.models.functions import Cast

from pipelines_portal.accounts.models import Membership, User
from pipelines_portal.core.sql import aware, fetch_rows
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.reads import VISIBLE
from pipelines_portal.submissions.search_index import MARK, TABLE
from pipelines_portal.submissions.search_words import SHORTEST_BEGINNING, Term
from pipelines_portal.submissions.statuses import FINAL, Status
from pipelines_portal.task_index.models import IndexedTask, WorkflowIndex
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.models import OpenedWorkflow

NEWEST = 2**63 - 1
# PostgreSQL looks at so many of the newest rows before it asks its index, which cannot tell the newest of many matches.
LOOKED_AT_FIRST = 2_000
FINDABLE = (*FINAL, Status.UNCONFIRMED)


@dataclass(frozen=True)
class SearchQuery:
    """What a person looks for in what was sent. `terms` are in the order in which they were typed.

    `people` are the ids of senders, `group` is the id of an import. `task_status`: the index knows the task with this
    status. `rows` selects the primary keys of the only rows in question, which are few.
    """

    terms: Sequence[Term] = ()
    people: Sequence[int] | None = None
    key_id: int | None = None
    workflow_id: int | None = None
    group: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    task_status: str = ""
    rows: "QuerySet[SubmissionRow, Any] | None" = None


def seen_by(user: User) -> list[str]:
    """Return the marks of which an entry has one if the person may see its row: see Submissions.visible_to."""
    keys = SavedKey.objects.filter(owner=user).values_list("pk", flat=True)
    teams = Membership.objects.filter(user=user, is_lead=True).values_list("team", flat=True)
    return [f"p{user.pk}", *(f"k{key}" for key in keys), *(f"t{team}" for team in teams)]


def find(who: Sequence[str], search_query: SearchQuery, before: int, count: int) -> list[int]:
    """Return the primary keys of rows that have all terms, newest first.

    `who` is the result of `seen_by`.
    """
    # With "+ 0", SQLite does not search for each of the rows alone.
    among, chosen = _only_rows(search_query)
    if connection.vendor == "sqlite":
        matching = f"SELECT rowid AS id FROM {TABLE} WHERE {TABLE} MATCH %s AND rowid < %s{among.format('rowid + 0')}"  # noqa: S608
        return _ids(matching, [_condition(who, search_query, FTS5), before, *chosen], search_query, count)
    values = [_condition(who, search_query, TSQUERY), before, *chosen]
    if search_query.rows is not None:
        few = f"SELECT row_id AS id FROM {TABLE} WHERE (said @@ %s::tsquery) IS TRUE AND row_id < %s"  # noqa: S608
        return _ids(few + among.format("row_id"), values, search_query, count)
    # With "IS TRUE" it does not ask the index, and with "+ 0" it does not read all rows in their order.
    newest = (
        f"SELECT row_id AS id FROM {TABLE} WHERE (said @@ %s::tsquery) IS TRUE AND row_id < %s "  # noqa: S608
        f"AND row_id > LEAST(%s, (SELECT max(row_id) FROM {TABLE})) - {LOOKED_AT_FIRST}"
    )
    matching = (
        f"SELECT row_id + 0 AS id FROM {TABLE} WHERE said @@ %s::tsquery AND row_id < %s ORDER BY id DESC OFFSET 0"  # noqa: S608
    )
    found = _ids(newest, [*values, before], search_query, count)
    return found if len(found) == count else _ids(matching, values, search_query, count)


def _only_rows(search_query: SearchQuery) -> tuple[str, tuple[Any, ...]]:
    if search_query.rows is None:
        return "", ()
    statement, values = search_query.rows.query.sql_with_params()
    return f" AND {{}} IN ({statement})", values


def _ids(matching: str, values: list[Any], search_query: SearchQuery, count: int) -> list[int]:
    narrowed, more = _narrowed(search_query)
    narrowed += f" AND s.status IN ({_marks(FINDABLE)})"
    more += [status.value for status in FINDABLE]
    row, submission = SubmissionRow._meta.db_table, Submission._meta.db_table
    statement = (
        f"SELECT f.id FROM ({matching}) f JOIN {row} r ON r.id = f.id JOIN {submission} s ON s.id = r.submission_id "  # noqa: S608
        f"WHERE {narrowed} ORDER BY f.id DESC LIMIT {count}"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*values, *more])
        return [pk for (pk,) in cursor.fetchall()]


# The index knows the task of a row `r` of a submission `s` with this status. Not as EXISTS, of which PostgreSQL makes a
# join of all tasks and all rows; and not as a comparison alone, which it expects of one row in 200.
_HAS_STATUS = f"""CASE WHEN (
    SELECT t.status FROM {IndexedTask._meta.db_table} t WHERE t.task_id = r.task_id AND t.index_id = (
        SELECT i.id FROM {WorkflowIndex._meta.db_table} i JOIN {OpenedWorkflow._meta.db_table} w ON w.id = i.workflow_id
        WHERE w.key_id = s.key_id AND w.workflow_id = s.workflow_id
    )
) = %s THEN TRUE ELSE FALSE END"""  # noqa: S608 - names of our own tables


def _narrowed(search_query: SearchQuery) -> tuple[str, list[Any]]:
    """Return the conditions of a row `r` of a submission `s`."""
    as_database = connection.ops.adapt_datetimefield_value
    people = search_query.people
    # Submissions of a sender or an import are read in their order. "+ 0" keeps the database from those of the key.
    has_order = bool(search_query.group) or (people is not None and len(people) == 1)
    key, workflow = "s.key_id", "s.workflow_id"
    if has_order:
        key += " + 0"
    if search_query.group:
        workflow += " + 0"
    conditions: list[tuple[str, Any]] = [
        (f"{key} = %s", search_query.key_id),
        (f"{workflow} = %s", search_query.workflow_id),
        (
            's."group" = %s',
            search_query.group and Submission._meta.pk.get_db_prep_value(search_query.group, connection),
        ),
        ("s.created_at >= %s", search_query.since and as_database(search_query.since)),
        ("s.created_at < %s", search_query.until and as_database(search_query.until)),
        (_HAS_STATUS, search_query.task_status or None),
    ]
    used = [(text, value) for text, value in conditions if value is not None]
    texts = [text for text, _ in used]
    if people is not None:
        texts.append(f"s.owner_id IN ({_marks(people)})" if people else "1 = 0")
    return " AND ".join(texts or ["1 = 1"]), [*(value for _, value in used), *(people or ())]


def _marks(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


@dataclass(frozen=True)
class Syntax:
    """The query language of a database's full-text search."""

    quote: str
    beginning: str
    followed_by: str
    both: str
    either: str


FTS5 = Syntax('"', " *", " + ", " AND ", " OR ")
TSQUERY = Syntax("'", ":*", " <-> ", " & ", " | ")


def _condition(who: Sequence[str], search_query: SearchQuery, syntax: Syntax) -> str:
    # The marks of a row's sender and of its key are in the index, so rows of others are not read.
    either = [
        who,
        [f"p{pk}" for pk in search_query.people or ()],
        [f"k{search_query.key_id}"] if search_query.key_id else [],
    ]
    marked = [
        syntax.either.join(f"{syntax.quote}{MARK}{one}{syntax.quote}" for one in marks) for marks in either if marks
    ]
    return syntax.both.join(f"({each})" for each in (_with_all(search_query.terms, syntax), *marked))


def _with_all(terms: Sequence[Term], syntax: Syntax) -> str:
    """Return the condition that a row has all terms, each in one of its spellings."""
    spelled = ([_spelled(words, syntax) for words in term.spellings] for term in terms)
    return syntax.both.join(f"({syntax.either.join(each)})" for each in spelled)


def _spelled(words: Sequence[str], syntax: Syntax) -> str:
    """Return the condition that these words follow each other. The last one may be longer."""
    end = syntax.beginning if len(words[-1]) >= SHORTEST_BEGINNING else ""
    return syntax.followed_by.join(f"{syntax.quote}{word}{syntax.quote}" for word in words) + end


PAGE = 25


@dataclass
class SearchPage:
    """A page of results. The next page begins before the row `before`, which is 0 if there is none."""

    rows: list[SubmissionRow]
    before: int = 0


def find_page(user: User, search_query: SearchQuery, before: int = NEWEST, count: int = PAGE) -> SearchPage:
    """Return the rows that have all terms, newest first."""
    ids = find(seen_by(user), search_query, before, count + 1)
    return SearchPage(_rows(user, ids[:count]), ids[count - 1] if len(ids) > count else 0)


@dataclass(frozen=True)
class SentTask:
    """A task that was sent from here. `number` is its row in the file of an import.

    `row_id` and `stored_fields` are there only if the values were read.
    """

    task_id: int
    number: int | None
    key_id: int | None
    workflow_id: int
    stored_submission_id: Any
    stored_at: datetime
    group_number: int | None
    row_id: int = 0
    stored_fields: str | None = None

    @property
    def fields(self) -> FieldValues:
        return json.loads(self.stored_fields) if self.stored_fields else {}

    @property
    def submission_id(self) -> UUID:
        return UUID(str(self.stored_submission_id))

    @property
    def sent_at(self) -> datetime:
        return aware(self.stored_at) or self.stored_at

    def by_time(self) -> Any:
        return self.sent_at, self.submission_id.hex, self.task_id

    def by_batch(self) -> Any:
        return self.group_number or 0, self.task_id


# By CROSS JOIN, SQLite reads the submissions in the order of the list, and stops after a page.
_TASKS = """
    SELECT r.task_id, {number}, s.key_id, s.workflow_id, s.id, s.created_at, s.group_number{fields}
    FROM {first} {joined} WHERE r.submission_id = s.id AND r.task_id IS NOT NULL AND {narrowed}
    ORDER BY {order} LIMIT {count}
"""
# The order of batches of an import, and of other submissions, as their indexes have it.
_BY_BATCH, _BY_TIME = ("group_number",), ("created_at", "id")


def find_tasks(
    reader: User | None,
    search_query: SearchQuery,
    last: tuple[UUID, int] | None,
    count: int,
    *,
    with_fields: bool = False,
) -> list[SentTask]:
    """Return the tasks that were sent, newest submission first, after `last`: a submission and a task of it.

    With a `reader`, only those of submissions that the reader may see. If the submission of `last` is gone, there are
    none.
    """
    narrowed, values = _narrowed(search_query)
    columns = _BY_BATCH if search_query.group else _BY_TIME
    if reader is not None:
        narrowed += f" AND {VISIBLE}"
        values += [reader.pk] * 3
    if last is not None:
        place = Submission.objects.filter(pk=last[0]).values_list(*columns).first()
        if place is None:
            return []
        fields: list[Any] = [Submission._meta.get_field(name) for name in columns]
        stored = [each.get_db_prep_value(value, connection) for each, value in zip(fields, place, strict=True)]
        narrowed += f" AND s.{columns[0]} <= %s AND ({_named(columns)}, r.task_id) < ({_marks([*stored, last])})"
        values += [stored[0], *stored, last[1]]
    submissions = f"{Submission._meta.db_table} s LEFT JOIN {SavedKey._meta.db_table} k ON k.id = s.key_id"
    rows, unattributed = f"{SubmissionRow._meta.db_table} r", f"{UnattributedTask._meta.db_table} r"
    parts = {"narrowed": narrowed, "order": f"{_named(columns, ' DESC')}, r.task_id DESC", "count": count}
    columns_of_rows = {"number": "r.number", "fields": ", r.id, r.fields" if with_fields else ""}
    of_rows = _TASKS.format(**columns_of_rows, first=submissions, joined=f"CROSS JOIN {rows}", **parts)
    # There are few of these.
    of_others = _TASKS.format(fields="", number="NULL", first=unattributed, joined=f"CROSS JOIN {submissions}", **parts)
    found = [SentTask(*row) for statement in (of_rows, of_others) for row in fetch_rows(statement, values)]
    return sorted(found, key=SentTask.by_batch if search_query.group else SentTask.by_time, reverse=True)[:count]


def read_sent(rows: "QuerySet[SubmissionRow]") -> list[SentTask]:
    """Return those of the rows that became tasks and have values, in their order."""
    read = rows.filter(task_id__isnull=False, fields__isnull=False).annotate(stored_fields=Cast("fields", TextField()))
    values = read.values_list(
        "task_id", "number", "submission__key", "submission__workflow_id", "submission", "submission__created_at",
        "submission__group_number", "pk", "stored_fields",
    )  # fmt: skip
    return [SentTask(*row) for row in cast("Iterable[Any]", values)]


def count_up_to(reader: User, search_query: SearchQuery, most: int) -> int:
    """Return how many rows have the terms, or how many tasks were sent; not more than `most`."""
    if search_query.terms:
        return len(find(seen_by(reader), search_query, NEWEST, most))
    narrowed, values = _narrowed(search_query)
    submission, number = Submission._meta.db_table, 0
    for model in (SubmissionRow, UnattributedTask):
        tasks = (
            f"SELECT 1 FROM {submission} s CROSS JOIN {model._meta.db_table} r "  # noqa: S608
            f"WHERE r.submission_id = s.id AND r.task_id IS NOT NULL AND {narrowed} LIMIT {most}"
        )
        ((counted,),) = fetch_rows(f"SELECT COUNT(*) FROM ({tasks}) f", values)  # noqa: S608
        number += counted
    return min(number, most)


def _named(columns: Sequence[str], direction: str = "") -> str:
    return ", ".join(f"s.{name}{direction}" for name in columns)


def _rows(user: User, ids: list[int]) -> list[SubmissionRow]:
    """Read the rows in this order, and set `is_key_usable` of each: True if the person may see its task."""
    usable = SavedKey.objects.usable_by(user).filter(pk=OuterRef("submission__key"))
    rows = SubmissionRow.objects.filter(pk__in=ids).select_related("submission__owner", "submission__key")
    by_pk = {row.pk: row for row in rows.annotate(is_key_usable=Exists(usable)).order_by()}
    return [by_pk[pk] for pk in ids if pk in by_pk]
