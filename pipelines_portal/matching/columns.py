"""How the columns of a file become the fields of a workflow."""

from dataclasses import asdict, dataclass, field
from typing import Any

from pipelines_portal.api_client import Schema
from pipelines_portal.core.notation import Notation
from pipelines_portal.matching import texts
from pipelines_portal.matching.headers import REMEMBERED, Guess
from pipelines_portal.workflows.fields.reading.plain_words import folded

# In place of the decimal mark of typed rows: each number shows it, or the person is asked.
AS_TYPED = "typed"
# The header line of a file whose first line is a row.
NO_HEADER = -1
# Why a column that a download of the portal added is not imported.
OWN = "Added by a download from the portal"
# The columns that a download of rows with errors adds, and those that a download of all rows adds, too.
OWN_COLUMNS = ("Row in the file", "Errors in the row")
STATUS_COLUMNS = ("Status of the row", "Task in Pipelines", "Status of the task")


@dataclass
class Column:
    """A column of the file. One without a field is not imported."""

    header: str
    field: str = ""
    # A person or the portal decided that it is not imported.
    is_aside: bool = False
    # The reason for the match, in words for people. Empty if a person chose it.
    how: str = ""
    # The field that the workflow lost. The column is matched again if the field comes back.
    gone: str = ""


@dataclass
class Matching:
    """What the columns and words of a file mean, as far as it is certain.

    `header_line` is the index of the line that names the columns, or NO_HEADER. The lines below it are the rows.
    """

    header_line: int = 0
    columns: list[Column] = field(default_factory=list)
    # Values for all rows, by field, as a person typed them.
    constants: dict[str, str] = field(default_factory=dict)
    # The learned words of the file and their choices, by field: see values.choices. A check keeps those that it met.
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    # The decimal mark. Empty if it is not known.
    decimal: str = ""
    # Whether the day comes before the month. None if it is not known.
    day_first: bool | None = None
    # The time zone of dates without an offset. Empty if it is not known.
    zone: str = ""
    # Whether numbers in columns of dates are days as spreadsheets count them. None if it is not known.
    serials: bool | None = None

    @classmethod
    def load(cls, stored: dict[str, Any]) -> "Matching":
        """Create it from the value of Sheet.matching."""
        columns = [Column(**column) for column in stored.get("columns", [])]
        return cls(**{**stored, "columns": columns})

    def dump(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def notation(self) -> Notation:
        return Notation("" if self.decimal == AS_TYPED else self.decimal, self.day_first, self.serials)

    @property
    def imported(self) -> list[Column]:
        return [column for column in self.columns if column.field]

    @property
    def left_out(self) -> list[Column]:
        """The columns of the person's file that are not imported."""
        return [column for column in self.columns if column.header and not column.field and column.how != OWN]

    def places(self) -> dict[str, int]:
        """Return the index of each field's column."""
        return {column.field: place for place, column in enumerate(self.columns) if column.field}


def guesses_from(remembered: dict[str, Any], schema: Schema) -> dict[str, Guess]:
    """Return guesses by folded header, for fields that the workflow still has."""
    names = {known.name for known in schema.fields}
    columns = remembered.get("columns", {})
    return {
        header: Guess(column["field"], REMEMBERED, texts.REMEMBERED)
        for header, column in columns.items()
        if column["field"] in names
    }


def reason_to_skip(remembered: dict[str, Any], header: str) -> str:
    """Return the reason in words if the column was not imported last time, or an empty string."""
    column = remembered.get("columns", {}).get(folded(header))
    return texts.REMEMBERED if column and not column["field"] else ""
