"""How the columns of a file become the fields of a workflow, and how that is remembered for the next file."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any

from django.utils import timezone

from pipelines_portal.api_client import Schema
from pipelines_portal.entry.imports.headers import REMEMBERED, Guess, folded
from pipelines_portal.entry.models import ImportJob, RememberedMatching


@dataclass
class Column:
    """A column of the file. It becomes a field or is set aside; one that is neither stops the import."""

    header: str
    field: str = ""
    is_aside: bool = False
    # The reason for the match, in words for people. Empty if a person chose it.
    how: str = ""
    # The field that the workflow lost. The column is matched again if the field comes back.
    gone: str = ""

    @property
    def is_settled(self) -> bool:
        return bool(self.field) or self.is_aside


@dataclass
class Matching:
    """What the columns and words of a file mean.

    `header_line` is the index of the line that names the columns. The lines below it are the rows.
    """

    header_line: int = 0
    columns: list[Column] = field(default_factory=list)
    # Values for all rows, by field, as a person typed them.
    constants: dict[str, str] = field(default_factory=dict)
    # The choice for each folded word of the file, by field.
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    decimal: str = "."
    day_first: bool = True
    # The time zone of dates without an offset.
    zone: str = "UTC"

    @classmethod
    def load(cls, stored: dict[str, Any]) -> "Matching":
        """Create it from the value of ImportJob.matching."""
        columns = [Column(**column) for column in stored.get("columns", [])]
        return cls(**{**stored, "columns": columns})

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    def places(self) -> dict[str, int]:
        """Return the index of each field's column."""
        return {column.field: place for place, column in enumerate(self.columns) if column.field}


MOST_HEADERS, MOST_WORDS = 500, 500


def read_remembered(import_job: ImportJob) -> dict[str, Any]:
    """Return what was matched last with this key and workflow, as `remember` stores it."""
    found = RememberedMatching.objects.filter(key=import_job.key_id, workflow_id=import_job.workflow_id).first()
    return found.data if found else {}


def remember(import_job: ImportJob, matching: Matching) -> None:
    """Store a matching for the next file. Call in the transaction of the step that settles it.

    `columns` holds for each folded header its field, empty if it was set aside, and the date. `words` is by field.
    """
    found, _ = RememberedMatching.objects.select_for_update().get_or_create(
        key=import_job.key, workflow_id=import_job.workflow_id
    )
    today = timezone.now().date().isoformat()
    columns = found.data.get("columns", {})
    for column in matching.columns:
        if column.header and not column.how.startswith("added"):
            columns.pop(folded(column.header), None)
            columns[folded(column.header)] = {"field": column.field, "on": today}
    words = {name: found.data.get("words", {}).get(name, {}) | more for name, more in matching.words.items()}
    found.data = {
        "columns": _newest(columns, MOST_HEADERS),
        "words": found.data.get("words", {}) | {name: _newest(each, MOST_WORDS) for name, each in words.items()},
        "decimal": matching.decimal,
        "day_first": matching.day_first,
        "zone": matching.zone,
    }
    found.save()


def guesses_from(remembered: dict[str, Any], schema: Schema) -> dict[str, Guess]:
    """Return guesses by folded header, for fields that the workflow still has."""
    names = {known.name for known in schema.fields}
    columns = remembered.get("columns", {})
    return {
        header: Guess(column["field"], REMEMBERED, f"as remembered from {_day(column['on'])}")
        for header, column in columns.items()
        if column["field"] in names
    }


def reason_to_set_aside(remembered: dict[str, Any], header: str) -> str:
    """Return the reason in words if the column was set aside last time, or an empty string."""
    column = remembered.get("columns", {}).get(folded(header))
    return f"set aside, as remembered from {_day(column['on'])}" if column and not column["field"] else ""


def _newest(stored: dict[str, Any], most: int) -> dict[str, Any]:
    return dict(list(stored.items())[-most:])


def _day(on: str) -> str:
    day = date.fromisoformat(on)
    return f"{day.day} {day:%b}" if day.year == timezone.now().year else f"{day.day} {day:%b} {day.year}"
