"""Read a file of rows completely, as the wizard does."""

from dataclasses import dataclass

from pipelines_portal.api_client import Schema
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.proposals import rows_below
from pipelines_portal.spreadsheets.reading import read_all_lines
from pipelines_portal.uploads.columns import match_columns
from pipelines_portal.uploads.given_rows import Corrections, GivenRow, rows_of_lines
from pipelines_portal.web.time_budget import TimeBudget
from pipelines_portal.workflows.fields.field_values import FieldValues


@dataclass
class RowsRead:
    given: list[GivenRow]
    remarks: list[str]
    matching: Matching

    @property
    def rows(self) -> list[FieldValues]:
        return [row.values for row in self.given]


def read_rows(name: str, data: bytes, schema: Schema, corrections: Corrections | None = None) -> RowsRead:
    lines, found = read_all_lines(name, data, TimeBudget())
    matching = match_columns(name, lines, schema)
    below = rows_below(lines, matching.header_line)
    return RowsRead(rows_of_lines(below, schema, matching, corrections or Corrections("")), found.remarks, matching)
