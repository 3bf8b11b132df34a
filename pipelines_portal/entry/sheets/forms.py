"""The form in which a person arranges the columns of the grid."""

from typing import Any

from django import forms
from django.http import QueryDict

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.rows.layout import ColumnLayout, Layout, Width
from pipelines_portal.entry.rows.row_list import sorted_fields

WIDTH_CHOICES = [(Width.FITS, "Fits"), (Width.NARROW, "Narrow"), (Width.WIDE, "Wide")]


class ColumnForm(forms.Form):
    """One column: its place, its width, and whether it is always shown. Required fields are."""

    is_shown = forms.BooleanField(required=False)
    place = forms.IntegerField(required=False)
    width = forms.ChoiceField(choices=WIDTH_CHOICES, required=False)

    def __init__(self, known: Field, column: ColumnLayout, place: int, count: int, data: QueryDict | None) -> None:
        initial = {"is_shown": column.is_shown, "place": place, "width": column.width}
        super().__init__(data, prefix=f"column-{known.name}", initial=initial)
        self.known, self.count = known, count
        for name, label in {"is_shown": "Always shown", "place": "Place", "width": "Width"}.items():
            self.fields[name].widget.attrs["aria-label"] = f"{label}: {known.label}"
        self.fields["place"].widget.attrs |= {"min": 1, "max": count}
        self.fields["place"].error_messages["invalid"] = self._place_error
        if known.required:
            del self.fields["is_shown"]

    @property
    def _place_error(self) -> str:
        return f"Enter a number from 1 to {self.count}."

    def clean_place(self) -> int:
        place = self.cleaned_data["place"]
        if place is None:
            return int(self.initial["place"])
        if not 1 <= place <= self.count:
            raise forms.ValidationError(self._place_error)
        return int(place)

    def layout(self) -> ColumnLayout:
        cleaned: dict[str, Any] = self.cleaned_data
        return ColumnLayout(
            self.known.name, cleaned.get("is_shown", True), Width(cleaned["width"] or self.initial["width"])
        )


class ColumnsForm:
    """All columns of a grid, in the person's order."""

    def __init__(self, schema: Schema, layout: Layout, data: QueryDict | None = None) -> None:
        self.is_bound, self.is_arranged = data is not None, bool(layout.columns)
        fields = layout.order(sorted_fields(schema))
        self.rows = [
            ColumnForm(known, layout.column_for(known), place, len(fields), data)
            for place, known in enumerate(fields, start=1)
        ]

    def is_valid(self) -> bool:
        return self.is_bound and not self.errors

    @property
    def errors(self) -> list[ColumnForm]:
        return [row for row in self.rows if row.errors]

    def columns(self) -> list[ColumnLayout]:
        """Return the columns in the new order: the moved ones at their places, the others around them as before."""
        moved = [row for row in self.rows if row.cleaned_data["place"] != row.initial["place"]]
        columns = [row for row in self.rows if row not in moved]
        for row in sorted(moved, key=lambda row: row.cleaned_data["place"]):
            columns.insert(row.cleaned_data["place"] - 1, row)
        return [row.layout() for row in columns]
