"""Check the values of a task against the fields of its workflow."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipelines_portal.external_api.workflows.field_types import Field, field_type

ECHOED = 200
ERRORS_A_ROW = 10


@dataclass(frozen=True, slots=True)
class RowError:
    """A problem of the task at `index` in the list that was sent. `field_name` is "" if it is about no single field."""

    index: int
    field_name: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


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
        more = self._count - ERRORS_A_ROW
        rest = f"… and {more:,} more {'problem' if more == 1 else 'problems'}"
        return [*self._first, RowError(self.index, "", rest)]


def check_row(fields: list[Field], index: int, values: dict[str, Any]) -> RowProblems:
    """Return the problems of a task: unknown names, missing names, then invalid values."""
    by_name = {field["name"]: field for field in fields}
    problems = RowProblems(index)
    known = values.keys() & by_name.keys()
    if len(known) < len(values):
        unknown = [name for name in values if name not in known]
        problems.add_all(unknown, lambda name: (name[:ECHOED], f"Unknown field: {name[:ECHOED]}"))
    missing = [field["name"] for field in fields if field["required"] and is_blank(values.get(field["name"]))]
    if missing:
        problems.add(missing[0], f"Missing required columns: {', '.join(missing)}")
    for name, value in values.items():
        field = by_name.get(name)
        if field and not is_blank(value) and (expected := field_type(field["type"]).check(field, value)):
            problems.add(name, f"Invalid value for {name}: must be {expected}")
    return problems


def is_blank(value: Any) -> bool:
    """Return whether the value is null, empty or only whitespace."""
    return value is None or (isinstance(value, str) and not value.strip())
