"""Forms for several rows on one page. File fields are paths inside the archive."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils import timezone

from pipelines_portal.api_client import Schema
from pipelines_portal.core import notation
from pipelines_portal.workflows.checking import check_row
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.fields.reading.local_times import NOWHERE, known_zone
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import Verdict
from pipelines_portal.workflows.rules.judge import Rule

MAX_ROW_FORMS = 50


class RowForm(forms.Form):
    """The form of one row. An empty row does not count."""

    verdict: Verdict

    def __init__(
        self, schema: Schema, number: int, data: Any = None, zone: str = NOWHERE, rules: Sequence[Rule] = ()
    ) -> None:
        super().__init__(
            data, prefix=f"row-{number}", label_suffix="", empty_permitted=True, use_required_attribute=False
        )
        self.number = number
        self.remote, self.rules = schema.fields, rules
        self.zone = known_zone(zone)
        for field in schema.fields:
            self.fields[field.name] = type_of(field).input(self.zone, notation.current())

    def clean(self) -> None:
        typed = {field.name: self.cleaned_data[field.name] for field in self.remote}
        self.verdict = check_row(self.remote, typed, notation.current(), self.zone, timezone.now(), self.rules)
        for problem in self.verdict.problems:
            if not problem.is_warning:  # the page asks about them below
                self.add_error(problem.field, problem.sentence)

    def payload(self) -> FieldValues:
        """Return the values that were entered, by field name. Call on a valid form."""
        return self.verdict.values

    def labelled_fields(self) -> list[tuple[BoundField, bool]]:
        """Return the fields, and whether each has a label without "(optional)"."""
        return [(self[field.name], not field.is_optional) for field in self.remote]


def row_forms(
    schema: Schema, count: int, data: Any = None, *, zone: str = NOWHERE, rules: Sequence[Rule] = ()
) -> list[RowForm]:
    """Return `count` forms, filled from `data` if given. Times are local times in `zone`."""
    return [RowForm(schema, number, data, zone, rules) for number in range(1, min(max(count, 1), MAX_ROW_FORMS) + 1)]


def payloads(rows: list[RowForm]) -> list[FieldValues] | None:
    """Return the values of the rows that were filled in, or None if one of them has an error."""
    filled = [row for row in rows if row.has_changed()]
    return [row.payload() for row in filled] if all(row.is_valid() for row in filled) else None
