"""Rows named by a query that gives a few of them, whatever PostgreSQL believes about the table."""

from typing import Any

from django.db.models import BooleanField, Func, QuerySet, Subquery


class _Few(Subquery):
    # Of none nothing is asked at all.
    empty_result_set_value = NotImplemented


class Among(Func):
    """`filter(Among("number", wanted[:50]))`: as `number__in=wanted[:50]`, with `wanted` asked once, and first.

    PostgreSQL plans an IN by what it knows of a table. Of one that was just filled it knows nothing: it expects a row,
    and asks the inner query again for each of those that are there.
    """

    output_field = BooleanField()
    template = "%(expressions)s"
    arg_joiner = " IN "

    def __init__(self, field: Any, few: QuerySet[Any, Any] | Subquery, **extra: Any) -> None:
        super().__init__(field, few if isinstance(few, Subquery) else _Few(few), **extra)

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return super().as_sql(compiler, connection, template="%(expressions)s)", arg_joiner=" = ANY(ARRAY", **context)
