"""The fields of the form as the page shows them."""

from dataclasses import dataclass

from django.forms.boundfield import BoundField

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.workflows.fields.dates import ClockTime
from pipelines_portal.workflows.fields.rankings import in_order, items_of
from pipelines_portal.workflows.fields.schema_form import PREFIX, SchemaForm
from pipelines_portal.workflows.fields.text import Text
from pipelines_portal.workflows.fields.types import type_of


@dataclass(frozen=True)
class Place:
    """One item of a ranking; `number` counts from 1."""

    number: str
    item: str
    is_first: bool
    is_last: bool


@dataclass(frozen=True)
class Entry:
    field: BoundField
    remote: Field
    stays_filled_in: bool

    @property
    def is_group(self) -> bool:
        """Of several inputs: its label is of none of them."""
        return bool(self.field.use_fieldset or self.ranking)

    @property
    def ranking(self) -> list[Place]:
        """The items in order, where the workflow says which there are."""
        if self.remote.type != "ranking" or not items_of(self.remote):
            return []
        items = in_order(self.remote, str(self.field.value() or ""))
        last = len(items) - 1
        return [Place(str(at + 1), item, at == 0, at == last) for at, item in enumerate(items)]

    @property
    def is_sent(self) -> bool:
        """Whether somebody chose the order."""
        return bool(self.field.value())

    @property
    def is_time(self) -> bool:
        return isinstance(self.field, ClockTime)


def entries(form: SchemaForm, kept: set[str]) -> list[Entry]:
    """All fields to fill in; `kept` are the names of those that stay for the next task."""
    return [Entry(form[PREFIX + field.name], field, field.name in kept) for field in form.entered]


def telling_names(schema: Schema) -> list[str]:
    """By what people know a task again: the first required text, then other texts, then what else tells tasks apart."""
    telling = [field for field in schema.fields if type_of(field).tells_rows_apart]
    return [field.name for field in sorted(telling, key=lambda field: (not _is_text(field), not field.required))]


def _is_text(field: Field) -> bool:
    return isinstance(type_of(field), Text)
