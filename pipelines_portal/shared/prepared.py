"""Queries whose SQL is made once. Of the small reads that every page does, making the SQL costs five times the answer.

Written like any other, with a `Given` for each value that comes with the call:

    @prepared(name=CharField())
    def teams_named(name: Given) -> QuerySet[Team]:
        return Team.objects.filter(name=name)

    teams_named.all(name="Intake")

Only values may differ from call to call: one that decides on the shape of a query, such as None, makes another query.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, Union

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, BigIntegerField, CharField, Expression, Field, Model, QuerySet, TextField
from django.db.models.constants import OnConflict
from django.db.models.query import FlatValuesListIterable, ValuesListIterable, get_related_populators
from django.db.models.sql import InsertQuery, UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

Row = TypeVar("Row")
PLAIN, TAKES_PLAIN = (int, str), (BigIntegerField, CharField, TextField)
LARGEST = 2**63 - 1
NUMBERS, TEXTS = "bigint", "text"
Kind = Union["Field[Any, Any]", str]
Update = tuple[QuerySet[Any], dict[str, Any]] | tuple[Model, OnConflict]


class Given(Expression):
    """A value that is not known before the call. Its field says how a database takes it."""

    def __init__(self, name: str, field: "Field[Any, Any]") -> None:
        super().__init__(output_field=field)
        self.name = name

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:  # type: ignore[override]
        return "%s", [self]

    def of(self, values: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
        value = values[self.name]
        # Most are taken as they are; to ask the field takes longer than all else here.
        if type(value) in PLAIN and type(self.output_field) in TAKES_PLAIN:
            return value
        return self.output_field.get_db_prep_save(value, connection)


class GivenSeveral(Given):
    """Any number of values, for `__in`: they go as one, so that the query stays the same."""

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(name, BigIntegerField() if kind == NUMBERS else TextField())
        self.kind = kind

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:  # type: ignore[override]
        return f"(SELECT unnest(%s::{self.kind}[]))", [self]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        return "(SELECT value FROM json_each(%s))", [self]

    def of(self, values: dict[str, Any], connection: BaseDatabaseWrapper) -> Any:
        several = [one for one in values[self.name] if isinstance(one, str) or abs(one) <= LARGEST]
        return json.dumps(several) if connection.vendor == "sqlite" else several


@dataclass
class Statement:
    """Of one connection: what converts its answers is bound to it."""

    sql: str
    parameters: tuple[Any, ...]
    converters: list[tuple[int, list[Any], Any]]
    made_of: Callable[[list[Any]], Any]
    # Of the columns of an answer; None where a column has no type of its own.
    fields: "tuple[Field[Any, Any] | None, ...]" = ()

    @property
    def width(self) -> int:
        return len(self.fields)

    def filled(self, values: dict[str, Any]) -> list[Any]:
        return [one.of(values, connection) if isinstance(one, Given) else one for one in self.parameters]

    def execute(self, cursor: Any, values: dict[str, Any]) -> None:
        cursor.execute(self.sql, self.filled(values))

    def converted(self, row: tuple[Any, ...]) -> list[Any]:
        columns = list(row)
        for place, functions, expression in self.converters:
            for function in functions:
                columns[place] = function(columns[place], expression, connection)
        return columns


class _Query:
    def __init__(self, build: Callable[..., Any], kinds: "dict[str, Kind]") -> None:
        self.build = build
        self.givens = {name: _given(name, kind) for name, kind in kinds.items()}

    @property
    def statement(self) -> Statement:
        """Kept with the connection, which belongs to a thread."""
        kept: dict[_Query, Statement] = connection.__dict__.setdefault("prepared_statements", {})
        if self not in kept:
            kept[self] = _made(self.build(**self.givens))
        return kept[self]


class Prepared(_Query, Generic[Row]):
    """What `prepared` makes of a function."""

    def all(self, **values: Any) -> list[Row]:
        asked, statement = self.asked(**values), self.statement
        with connection.cursor() as cursor:
            statement.execute(cursor, asked.values)
            rows = cursor.fetchall()
        return [statement.made_of(statement.converted(row)) for row in rows]

    def asked(self, **values: Any) -> "Asked[Row]":
        """For `together`. A number that no column holds, such as an address may have, is like no other: it is NULL."""
        return Asked(self, {name: None if _is_beyond(value) else value for name, value in values.items()})

    def first(self, **values: Any) -> Row | None:
        """The query itself should be of one row at most."""
        return next(iter(self.all(**values)), None)


@dataclass(frozen=True)
class Asked(Generic[Row]):
    """One call of a query."""

    query: Prepared[Row]
    values: dict[str, Any]

    @property
    def statement(self) -> Statement:
        return self.query.statement

    def all(self) -> list[Row]:
        return self.query.all(**self.values)


class PreparedWrite(_Query):
    """What `prepared_write` makes of a function."""

    def run(self, **values: Any) -> int:
        """How many rows it met."""
        with connection.cursor() as cursor:
            self.statement.execute(cursor, values)
            return int(cursor.rowcount)


def prepared(**kinds: Kind) -> Callable[[Callable[..., QuerySet[Any, Row]]], Prepared[Row]]:
    """`kinds`: a field for each value that comes with a call, by its parameter's name; NUMBERS or TEXTS for several."""
    return lambda build: Prepared(build, kinds)


def prepared_write(**kinds: Kind) -> Callable[[Callable[..., Model | Update]], PreparedWrite]:
    """Of functions that give a queryset and what to set in it, or an unsaved object, with OnConflict.IGNORE or without.

    What such an object does not take from the call is the same in each row: give it its id and its times.
    """
    return lambda build: PreparedWrite(build, kinds)


def _given(name: str, kind: Kind) -> Given:
    return GivenSeveral(name, kind) if isinstance(kind, str) else Given(name, kind)


def _is_beyond(value: Any) -> bool:
    return isinstance(value, int) and abs(value) > LARGEST


def _made(built: Any) -> Statement:
    if isinstance(built, Model):
        return _inserting(built)
    if isinstance(built, tuple) and isinstance(built[0], Model):
        return _inserting(*built)
    return _updating(*built) if isinstance(built, tuple) else reading(built)


def _inserting(row: Model, on_conflict: OnConflict | None = None) -> Statement:
    query = InsertQuery(type(row), on_conflict=on_conflict)
    query.insert_values([field for field in row._meta.concrete_fields if not isinstance(field, AutoField)], [row])
    ((sql, parameters),) = query.get_compiler(connection=connection).as_sql()
    return Statement(sql, tuple(parameters), [], list)


def _updating(queryset: QuerySet[Any], values: dict[str, Any]) -> Statement:
    query = queryset.query.chain(UpdateQuery)
    query.add_update_values(values)  # type: ignore[attr-defined]
    sql, parameters = query.get_compiler(connection=connection).as_sql()
    return Statement(sql, tuple(parameters), [], list)


def reading(queryset: QuerySet[Any, Any]) -> Statement:
    """What the queryset asks, and how it reads its answer. Raises EmptyResultSet where there can be none."""
    compiler = queryset.query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    found = compiler.get_converters([column for column, *_ in compiler.select])
    converters = [(place, functions, expression) for place, (functions, expression) in found.items()]
    fields = tuple(getattr(column, "output_field", None) for column, *_ in compiler.select)
    return Statement(sql, tuple(parameters), converters, _maker(queryset, compiler), fields)


def _maker(queryset: QuerySet[Any, Any], compiler: SQLCompiler) -> Callable[[list[Any]], Any]:
    """What makes of a row what the queryset would."""
    if issubclass(queryset._iterable_class, FlatValuesListIterable):
        return lambda row: row[0]
    return tuple if issubclass(queryset._iterable_class, ValuesListIterable) else _model_maker(compiler)


def _model_maker(compiler: SQLCompiler) -> Callable[[list[Any]], Any]:
    model, columns = compiler.klass_info["model"], compiler.klass_info["select_fields"]
    start, end = columns[0], columns[-1] + 1
    names = [column.target.attname for column, *_ in compiler.select[start:end]]
    related = get_related_populators(compiler.klass_info, compiler.select, connection.alias)  # type: ignore[call-arg]
    annotations = list(compiler.annotation_col_map.items())

    def made(row: list[Any]) -> Any:
        found = model.from_db(connection.alias, names, row[start:end])
        for one in related:
            one.populate(row, found)
        for name, place in annotations:
            setattr(found, name, row[place])
        return found

    return made
