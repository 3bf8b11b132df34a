"""How a person arranged the columns of the grid: their order, which are always shown, and their widths."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field
from pipelines_portal.entry.models import GridLayout
from pipelines_portal.workflows.models import OpenedWorkflow


class Width(StrEnum):
    """The width of a column. One that fits has room for its heading and its texts."""

    FITS = "fits"
    NARROW = "narrow"
    WIDE = "wide"


@dataclass(frozen=True)
class ColumnLayout:
    """An optional column that is not always shown appears while a row has a value or an error in it."""

    name: str
    is_shown: bool = True
    width: Width = Width.FITS


@dataclass(frozen=True)
class Layout:
    """The columns in their order. There are none if the person has not arranged them."""

    columns: list[ColumnLayout] = field(default_factory=list)

    def column_for(self, known: Field) -> ColumnLayout:
        """Return the layout of a field's column. The column of a new field is shown."""
        found = (column for column in self.columns if column.name == known.name)
        return next(found, ColumnLayout(known.name, is_shown=bool(self.columns)))

    def order(self, fields: Iterable[Field]) -> list[Field]:
        """Return the fields in the person's order, then those that are new."""
        places = {column.name: place for place, column in enumerate(self.columns)}
        return sorted(fields, key=lambda known: places.get(known.name, len(places)))

    def always_shown(self, fields: Iterable[Field]) -> set[str]:
        return {known.name for known in fields if self.column_for(known).is_shown}


NO_LAYOUT = Layout()


def read_layout(person: User, workflow: OpenedWorkflow) -> Layout:
    stored = GridLayout.objects.filter(**_place(person, workflow)).values_list("columns", flat=True).first()
    columns = [ColumnLayout(each["name"], each["is_shown"], Width(each["width"])) for each in stored or ()]
    return Layout(columns)


def store_layout(person: User, workflow: OpenedWorkflow, layout: Layout) -> None:
    columns = [asdict(column) for column in layout.columns]
    GridLayout.objects.update_or_create(**_place(person, workflow), defaults={"columns": columns})


def remove_layout(person: User, workflow: OpenedWorkflow) -> None:
    GridLayout.objects.filter(**_place(person, workflow)).delete()


def _place(person: User, workflow: OpenedWorkflow) -> dict[str, Any]:
    return {"person": person, "key_id": workflow.key_id, "workflow_id": workflow.workflow_id}
