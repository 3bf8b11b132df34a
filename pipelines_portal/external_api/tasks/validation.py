"""Check the values of a task against the fields of its workflow."""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipelines_portal.external_api.workflows.field_types import AS_SET, Field, field_type, file_fields, listed

ECHOED = 200
ERRORS_A_ROW = 10
LONGEST_MESSAGE = 500
# Of the errors of one answer, about: their texts, and what stands around each.
MOST_BYTES, BYTES_AROUND = 2_000_000, 60


@dataclass(frozen=True, slots=True)
class RowError:
    """A problem of the task at `index` in the list that was sent. `field_name` is "" if it is about no single field.

    A long message is cut here, so that no check can make an answer that grows with the fields of the workflow.
    """

    index: int
    field_name: str
    message: str

    def __post_init__(self) -> None:
        if len(self.message) > LONGEST_MESSAGE:
            object.__setattr__(self, "message", f"{self.message[: LONGEST_MESSAGE - 1]}…")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def size(self) -> int:
        """About how many bytes it takes as JSON."""
        return BYTES_AROUND + len(json.dumps(self.field_name + self.message))


class RowProblems:
    """The problems of one row. All are counted, but only the first few are stored.

    More would make a response that nobody can read, and that takes seconds to build.
    """

    def __init__(self, index: int) -> None:
        self.index = index
        self._count = 0
        self._first: list[RowError] = []

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self, field_name: str, message: str) -> None:
        self._count += 1
        if len(self._first) < ERRORS_A_ROW:
            self._first.append(RowError(self.index, field_name, message))

    def add_all(self, names: Sequence[str], problem: Callable[[str], tuple[str, str]]) -> None:
        """Add a problem for each name. `problem` returns field and message; it is called for stored problems only."""
        for name in names[:ERRORS_A_ROW]:
            self.add(*problem(name))
        self._count += len(names[ERRORS_A_ROW:])

    def errors(self) -> list[RowError]:
        """Return the first ten problems, and one more that counts the rest."""
        if self._count <= ERRORS_A_ROW:
            return self._first
        return [*self._first, RowError(self.index, "", f"… and {_problems(self._count - ERRORS_A_ROW, 'more ')}")]

    def counted(self) -> RowError:
        """Return one error in place of all, for an answer that has no room for more."""
        return RowError(self.index, "", f"{_problems(self._count)}. Send fewer tasks at once to read about them.")


def _problems(count: int, word: str = "") -> str:
    return f"{count:,} {word}{'problem' if count == 1 else 'problems'}"


class ErrorList:
    """The errors of one answer. Once they are large, each further row has a single one that counts its problems.

    `size` is that of the errors which the answer has already.
    """

    def __init__(self, size: int = 0) -> None:
        self._size = size

    def of(self, rows: Iterable[RowProblems]) -> list[RowError]:
        """Return the errors of the next rows."""
        errors: list[RowError] = []
        for problems in rows:
            new = problems.errors() if problems and self._size < MOST_BYTES else [problems.counted()] * bool(problems)
            self._size += sum(error.size for error in new)
            errors += new
        return errors


class Fields:
    """The fields of a workflow, prepared to check many tasks."""

    def __init__(self, fields: Sequence[Field]) -> None:
        self.by_name = {field["name"]: field | {AS_SET: frozenset(field.get("options") or ())} for field in fields}
        self.files = file_fields(list(fields))
        self.required = [field["name"] for field in fields if field["required"]]


def check_row(fields: Fields, index: int, values: dict[str, Any]) -> RowProblems:
    """Return the problems of a task: unknown names, missing names, then invalid values."""
    by_name, problems = fields.by_name, RowProblems(index)
    known = values.keys() & by_name.keys()
    if len(known) < len(values):
        unknown = [name for name in values if name not in known]
        problems.add_all(unknown, lambda name: (name[:ECHOED], f"Unknown field: {name[:ECHOED]}"))
    missing = [name for name in fields.required if is_blank(values.get(name))]
    if missing:
        problems.add(missing[0], f"Missing required columns: {listed(missing)}")
    for name, value in values.items():
        field = by_name.get(name)
        if field and not is_blank(value) and (expected := field_type(field["type"]).check(field, value)):
            problems.add(name, f"Invalid value for {name}: must be {expected}")
    return problems


def is_blank(value: Any) -> bool:
    """Return whether the value is null, empty or only whitespace."""
    return value is None or (isinstance(value, str) and not value.strip())
