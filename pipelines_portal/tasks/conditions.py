"""The conditions of a list of tasks: as its URL has them, and as people type them, such as "sent:me parcel"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any, NamedTuple

from django.http import QueryDict

from pipelines_portal.api_client import Field, TaskStatus
from pipelines_portal.submissions.filters import midnight
from pipelines_portal.tasks.merged_list import ATTENTION
from pipelines_portal.tasks.value_tests import ValueTest, bare, field_called, read_test
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.query_tokens import quoted, tokens_in
from pipelines_portal.workflows.fields.conditions import CannotRead, listed
from pipelines_portal.workflows.fields.reading.days import DAY_EXAMPLES, days_in
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.titles import known_schema

PAGE_SIZES = (25, 50, 100, 200)
SIZES_AS_WRITTEN = {str(size) for size in PAGE_SIZES}
DEFAULT_SIZE = 50
LONGEST_TEXT = 200
MOST_ERRORS = 2
MOST_CONDITIONS = 8
ME, ANYONE = "me", "anyone"
# All tasks that may still change.
OPEN = "open"
# What is typed before a colon, and the names in the URL.
NAMES = ("status", "sent", "import", "day", "stuck", "workflow", "group")
STATUS_WORDS = {status.label.lower(): status.value for status in TaskStatus}
STATUS_WORDS |= {OPEN: OPEN, "needs attention": ATTENTION}
# What people type for the day on which a task was created.
CREATED = "created"
NOT = "not:"
_HOURS = re.compile(r"(\d{1,4})\s?(h|d|hours?|days?)")
# Examples of what can be typed after a name.
EXAMPLES = {
    "status": "failed",
    "sent": "me",
    "import": "tickets",
    CREATED: "today",
    "stuck": "24h",
    "workflow": "42",
    "group": "17",
}
ERRORS_IF_EMPTY = {
    "status": "Enter a status, for example “failed” or “needs attention”.",
    "day": DAY_EXAMPLES,
    "stuck": "Enter how long, for example “24h” or “3d”.",
    "sent": "Enter “me”, “anyone”, or part of a name or email.",
    "import": "Enter part of a file name.",
    "workflow": "Enter a workflow ID.",
    "group": "Enter the number of a group, for example “17”.",
}
NUMBERED = ("workflow", "group")


class Extra(NamedTuple):
    """A condition that has no parameter of its own in the URL: one on a value, or "not" with any other."""

    name: str
    value: str
    is_not: bool = False

    @classmethod
    def of_text(cls, text: str) -> "Extra":
        is_not = text.lower().startswith(NOT)
        name, _, value = (text[len(NOT) :] if is_not else text)[:LONGEST_TEXT].partition(":")
        own_name = name.strip().lower()
        return cls(own_name if own_name in EXAMPLES else name.strip(), value.strip(), is_not)

    @property
    def text(self) -> str:
        return f"{NOT if self.is_not else ''}{self.name}:{self.value}"

    @property
    def typed(self) -> str:
        """As people type it."""
        return f"{NOT if self.is_not else ''}{quoted(self.name)}:{quoted(self.value)}"

    @property
    def is_of_value(self) -> bool:
        return self.name not in EXAMPLES

    @property
    def is_in_where(self) -> bool:
        return self.is_of_value or self.is_not

    @property
    def parameter(self) -> str:
        return "day" if self.name == CREATED else self.name

    @property
    def negated(self) -> dict[str, Any]:
        """Return the values of the conditions that must not hold."""
        return {"import_" if self.name == "import" else self.parameter: self.value}


@dataclass(frozen=True)
class Conditions:
    """The conditions of a list, and how many tasks a page has.

    `status` is "" for all, OPEN or ATTENTION. A condition that cannot be read is left out: `errors` has a sentence for
    each, and `left_out` has what was typed. `tests` are those on values, once they are `checked`. `view` decides
    nothing: it is the number of the saved view that was opened, "0" if all tasks were chosen in place of one.
    """

    status: str = ""
    words: str = ""
    sent: str = ""
    import_: str = ""
    day: str = ""
    stuck: str = ""
    workflow: str = ""
    group: str = ""
    where: tuple[Extra, ...] = ()
    view: str = ""
    limit: int = DEFAULT_SIZE
    errors: tuple[str, ...] = field(default=(), compare=False)
    left_out: str = field(default="", compare=False)
    # Conditions were typed among the words, and the URL does not have them by their names yet.
    is_typed: bool = field(default=False, compare=False)
    tests: tuple[ValueTest, ...] = field(default=(), compare=False)

    @classmethod
    def from_query(cls, query: QueryDict) -> "Conditions":
        """Read a query. An unknown status or number of tasks in it is ignored."""
        values = {name: query.get(name, "").strip()[:LONGEST_TEXT] for name in NAMES}
        if values["status"] not in (OPEN, ATTENTION) and not TaskStatus.known(values["status"]):
            values["status"] = ""
        typed, extras, words = _typed_in(query.get("q", "").strip()[:LONGEST_TEXT])
        where = [Extra.of_text(text) for text in query.getlist("where")[: MOST_CONDITIONS + 1]]
        values |= {each.parameter: each.value for each in where if not each.is_in_where} | typed
        errors = dict[str, str]()
        for name in NAMES:
            typed_name = CREATED if name == "day" else name
            if (values[name] or name in typed) and (error := _error_in(name, values[name])):
                errors[f"{typed_name}:{quoted(values[name])}"] = error
                values[name] = ""
        where = list(dict.fromkeys(extra for extra in [*where, *extras] if extra.name and extra.is_in_where))
        limit = query.get("limit", "")
        return cls(
            status=values["status"], words=" ".join(words), sent=values["sent"], import_=values["import"],
            day=values["day"], stuck=values["stuck"], workflow=values["workflow"], group=values["group"],
            where=tuple(where),
            view=str(view) if (view := number_in(query.get("view", ""))) is not None else "",
            limit=int(limit) if limit in SIZES_AS_WRITTEN else DEFAULT_SIZE,
            errors=tuple(errors.values())[:MOST_ERRORS], left_out=" ".join(errors), is_typed=bool(typed or extras),
        )  # fmt: skip

    def checked(self, known: Sequence[Field] = ()) -> "Conditions":
        """Read the conditions of `where`, with the fields of the workflow. Those that cannot be read are left out."""
        errors, tests, read = dict[str, str](), list[ValueTest](), list[Extra]()
        own = (self.status, self.sent, self.import_, self.day, self.stuck, self.group)
        room = MOST_CONDITIONS - sum(map(bool, own))
        for extra in self.where:
            try:
                test = _read_extra(extra, known)
                if len(read) >= room:
                    raise CannotRead(f"Use at most {MOST_CONDITIONS} conditions.")
            except CannotRead as error:
                errors[extra.typed] = str(error)
            else:
                read.append(extra)
                tests += [test] if test else []
        return replace(
            self,
            where=tuple(read),
            tests=tuple(tests),
            errors=tuple(dict.fromkeys((*self.errors, *errors.values())))[:MOST_ERRORS],
            left_out=" ".join(filter(None, [self.left_out, *errors])),
        )

    @property
    def is_plain(self) -> bool:
        """Whether the API has this list: all tasks, or those of one status."""
        return self.status != OPEN and self.but(status="").is_without_conditions

    @property
    def is_without_conditions(self) -> bool:
        return replace(self, view="", limit=DEFAULT_SIZE) == Conditions()

    @property
    def is_only_words(self) -> bool:
        return bool(self.words) and self.but(words="").is_without_conditions

    @property
    def is_of_sent(self) -> bool:
        """Whether only tasks that were sent from here can be meant."""
        return bool(self.words or self.sent or self.import_ or self.has_values)

    @property
    def has_values(self) -> bool:
        return any(extra.is_of_value for extra in self.where)

    @property
    def negated(self) -> "list[Conditions]":
        """Return the conditions that must not hold."""
        return [Conditions(**extra.negated) for extra in self.where if not extra.is_of_value]

    def as_query(self) -> dict[str, Any]:
        """Return the parameters of the URL, without those that are not needed. `where` may be there several times."""
        named = {"import_": "import", "words": "q"}
        values = {one.name: getattr(self, one.name) for one in fields(self) if one.compare}
        values["where"] = [extra.text for extra in self.where]
        if self.limit == DEFAULT_SIZE:
            values.pop("limit")
        return {named.get(name, name): value for name, value in values.items() if value}

    def as_pairs(self) -> list[tuple[str, str | int]]:
        """Return the names and values that a form posts."""
        query = self.as_query()
        where = [("where", text) for text in query.pop("where", [])]
        return [*query.items(), *where]

    def but(self, **changed: Any) -> "Conditions":
        """Return these conditions with some of them changed."""
        return replace(self, **changed)

    @property
    def task_id(self) -> int | None:
        """The ID, if the words are a number. It may also be a number in what was sent."""
        return number_in(self.words.removeprefix("#").strip())

    @property
    def days(self) -> tuple[datetime | None, datetime | None]:
        """When the first of the days begins, and when the last one is over."""
        found = days_in(self.day)
        return (midnight(found[0]), midnight(found[1], 1)) if found else (None, None)

    @property
    def stuck_for(self) -> timedelta | None:
        return duration_in(self.stuck)


def read_conditions(query: QueryDict, workflow: OpenedWorkflow | None = None) -> Conditions:
    """Read a query, with conditions on the values of the workflow's fields."""
    conditions = Conditions.from_query(query)
    if not conditions.where:
        return conditions
    schema = known_schema(workflow) if workflow and conditions.has_values else None
    return conditions.checked(schema.fields if schema else ())


def duration_in(text: str) -> timedelta | None:
    """Return the duration of "24h" or "3 days", or None for any other text."""
    found = _HOURS.fullmatch(text.lower())
    return timedelta(hours=int(found[1]) * (24 if found[2][0] == "d" else 1)) if found else None


def _typed_in(text: str) -> tuple[dict[str, str], list[Extra], list[str]]:
    """Return the conditions that were typed, those for `where`, and the words among them."""
    typed, extras, words = dict[str, str](), list[Extra](), list[str]()
    for token in tokens_in(text):
        name, value = token.name, token.value
        own_name = CREATED if name.lower() == "day" else name.lower()
        value = _status_in(value) if own_name == "status" else value
        if token.is_not and (value or own_name in EXAMPLES):
            extras.append(Extra(own_name if own_name in EXAMPLES else name, value, is_not=True))
        elif own_name in EXAMPLES:
            typed["day" if own_name == CREATED else own_name] = value
        elif name and value:
            extras.append(Extra(name, value))
        else:
            words.append(token.text)
    return typed, extras, words


def _status_in(value: str) -> str:
    return STATUS_WORDS.get(value.lower().replace("_", " "), value)


def _read_extra(extra: Extra, known: Sequence[Field]) -> ValueTest | None:
    """Return what a condition on a value means; None for the others, if they can be read."""
    if not extra.is_of_value:
        if extra.name == "workflow":
            raise CannotRead("Tasks of all workflows but one can’t be listed. Use workflow:42.")
        if error := _error_in(extra.parameter, extra.value):
            raise CannotRead(error)
        return None
    found = field_called(extra.name, known)
    if found is None:
        raise CannotRead(_unknown(extra.name, extra.value, known))
    return read_test(found, quoted(extra.name), extra.value, is_not=extra.is_not)


def _unknown(name: str, value: str, known: Sequence[Field]) -> str:
    """Return the error of a condition that does not exist, with one that the person may have meant, and all names."""
    examples = {bare(field.label): (quoted(field.label), value) for field in known}
    examples |= {name: (name, example) for name, example in EXAMPLES.items()}
    near = next(iter(get_close_matches(bare(name), examples, n=1)), "status")
    meant, example = examples[near]
    example = value if near == "status" and value.lower() in STATUS_WORDS else example
    names = ", ".join(name for name in EXAMPLES if name not in NUMBERED)
    of_fields = f" or a field: {listed([quoted(field.label) for field in known])}" if known else ""
    return (
        f"No condition is called {name}. Try {meant}:{quoted(example)}, or use {names}{of_fields}. "
        f'To search for the text, put it in quotes: "{name}:{value}".'
    )


def _error_in(name: str, value: str) -> str:
    """Return the error of a condition, or "" if it can be read."""
    if not value:
        return ERRORS_IF_EMPTY[name]
    if name == "status" and value not in STATUS_WORDS.values():
        words = ", ".join(list(STATUS_WORDS)[:-1])
        return f"“{value}” isn’t a status. Use {words} or needs attention."
    if name == "day" and not days_in(value):
        return f"“{value}” isn’t a day. {DAY_EXAMPLES}"
    if name == "stuck" and not duration_in(value):
        return f"“{value}” isn’t a duration. Use 24h or 3d."
    if name in NUMBERED and not number_in(value.removeprefix("#")):
        return ERRORS_IF_EMPTY[name]
    return ""
