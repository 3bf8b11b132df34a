"""The forms of an import: file, columns, reading options, new owner."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.base import ContentFile, File

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Field, Schema
from pipelines_portal.core import notation, times
from pipelines_portal.entry import texts
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.forms import person_here
from pipelines_portal.keys.permissions import may_send_with
from pipelines_portal.matching.columns import Column, Matching
from pipelines_portal.matching.notation import has_doubts, settle_notation
from pipelines_portal.matching.proposals import numbers_and_dates
from pipelines_portal.matching.row_values import RowReader
from pipelines_portal.spreadsheets.cells import Lines
from pipelines_portal.spreadsheets.encodings import LABELS
from pipelines_portal.workflows.fields.date_time import is_serial
from pipelines_portal.workflows.fields.types import type_of

DELIMITERS = ((",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Vertical bar"))
NUMBER_NOTATIONS = {".": "1,234.5", ",": "1.234,5"}
UNKNOWN = "Detect automatically"
DAY_FIRST = {"": None, "day": True, "month": False}
SERIALS = {"": None, "days": True, "none": False}


class ChooseForm(forms.Form):
    """A file, or rows pasted from a spreadsheet."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
    )
    text = forms.CharField(
        required=False,
        strip=False,
        label="Paste from Excel or Sheets",
        widget=forms.Textarea(attrs={"rows": 6, "class": "code", "spellcheck": "false"}),
    )

    def clean_file(self) -> "File[bytes] | None":
        file: File[bytes] | None = self.cleaned_data["file"]
        if file is not None and file.size > settings.IMPORT_MAX_MB * 1024**2:
            raise forms.ValidationError(f"{file.name} is larger than {settings.IMPORT_MAX_MB} MB. Split it.")
        if file is not None and not file.size:
            raise forms.ValidationError(f"{file.name} is empty.")
        return file

    def clean(self) -> None:
        file, text = self.cleaned_data.get("file"), self.cleaned_data.get("text", "")
        if file and text.strip():
            self.add_error("text", "Choose a file or paste rows, not both.")
        elif not file and not text.strip() and not self.errors:
            self.add_error("file", "Choose a file or paste rows.")

    def focus_first_error(self) -> None:
        """Put the focus on the first field with an error, or else on the file."""
        name = "text" if "text" in self.errors and "file" not in self.errors else "file"
        self.fields[name].widget.attrs["autofocus"] = True

    def chosen_file(self) -> tuple["File[bytes]", str]:
        """Return the file and its name. Call on a valid form."""
        file: File[bytes] | None = self.cleaned_data["file"]
        if file is not None:
            return file, file.name or ""
        return ContentFile(self.cleaned_data["text"].encode(errors="replace")), texts.PASTED_ROWS


class TransferForm(forms.Form):
    owner = forms.EmailField(
        max_length=254,
        label="New owner’s email",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter the new owner’s email."},
    )

    def __init__(self, sheet: Sheet, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet
        self.fields["owner"].help_text = f"They need access to the API key “{sheet.key}”."

    def clean_owner(self) -> User:
        person = person_here(self.cleaned_data["owner"].strip().lower())
        if person.pk == self.sheet.owner_id:
            raise forms.ValidationError(f"{person} already owns this import.")
        if not person.may_send:
            raise forms.ValidationError(f"{person} is a viewer and can’t create tasks.")
        if not may_send_with(person, self.sheet.key):
            raise forms.ValidationError(f"{person} can’t use the key {self.sheet.key.name}. Share it first.")
        return person


class ReadingForm(forms.Form):
    """Options for reading the file. An empty one is detected."""

    encoding = forms.ChoiceField(required=False, choices=[("", texts.DETECT), *LABELS.items()])
    delimiter = forms.ChoiceField(required=False, choices=[("", texts.DETECT), *DELIMITERS], label="Separator")
    sheet = forms.CharField(required=False, max_length=100, strip=False)

    def options(self) -> dict[str, str]:
        """Return the options as in spreadsheets.files.ReadingOptions. Call on a valid form."""
        return {name: self.cleaned_data[name] for name in ("encoding", "delimiter", "sheet")}


def notation_fields(schema: Schema) -> dict[str, forms.Field]:
    """Return form fields for the notation of numbers and dates, if the workflow has such fields.

    The first answer is the one that is likely for the person. None is chosen.
    """
    kinds, likely = [type_of(known) for known in schema.fields], notation.likely()
    fields: dict[str, forms.Field] = {}
    if any(each.is_number for each in kinds):
        fields["decimal"] = forms.ChoiceField(
            choices=_first(likely.decimal, [*NUMBER_NOTATIONS.items(), ("", UNKNOWN)]),
            required=False,
            widget=forms.RadioSelect,
            label="Number format",
        )
    if any(each.is_time for each in kinds):
        order = [("day", "Day first: 3/5 is 3 May"), ("month", "Month first: 3/5 is 5 March"), ("", UNKNOWN)]
        day_or_month = next(word for word, is_day_first in DAY_FIRST.items() if is_day_first == likely.is_day_first)
        fields["day_first"] = forms.ChoiceField(
            choices=_first(day_or_month, order), required=False, widget=forms.RadioSelect, label="Date format"
        )
        fields["zone"] = forms.ChoiceField(
            choices=[("", "Not set"), *times.zone_choices()], required=False, label="Time zone"
        )
    return fields


def _first(likely: str, choices: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(choices, key=lambda choice: choice[0] != likely)


ASIDE, FIELD = "aside", "field:"


@dataclass
class ColumnChoice:
    """A column with its samples and the fields that are offered for it."""

    place: int
    column: Column
    samples: list[str]
    offered: list[Field] = field(default_factory=list)
    error: str = ""

    @property
    def input(self) -> str:
        return f"column-{self.place}"

    @property
    def value(self) -> str:
        return f"{FIELD}{self.column.field}" if self.column.field else ASIDE


@dataclass
class Constant:
    """A field without a column, and the value for all rows."""

    known: Field
    text: str = ""
    error: str = ""

    @property
    def input(self) -> str:
        return f"constant-{self.known.name}"

    @property
    def is_folded(self) -> bool:
        return not (self.known.required or self.text or self.error)


class MatchForm:
    """The form that matches columns. `matching` is the stored one, changed by what was posted."""

    def __init__(
        self,
        schema: Schema,
        stored: Matching,
        offered: list[list[str]],
        first: Lines,
        data: Mapping[str, str] | None,
        zone: str = "",
    ) -> None:
        """Create the form.

        `offered` are the names of fields for each column, `first` the first lines of the file, and `zone` is the time
        zone to begin with if that of the file is not known.
        """
        self.schema, self.data, self.offered, self.zone = schema, data, offered, zone
        self.fields = {known.name: known for known in schema.fields}
        self.matching = stored if data is None else self._read_posted(stored, data)
        numbers, dates = numbers_and_dates(schema, self.matching, first)
        self.switches = self._switches(dates)
        # The columns that were just chosen may show what the others did not.
        settle_notation(self.matching, numbers, dates)
        self.has_doubts = has_doubts(numbers, dates, self.matching)
        self.errors: dict[str, str] = {}

    def _read_posted(self, stored: Matching, data: Mapping[str, str]) -> Matching:
        columns = [self._column(place, column, data) for place, column in enumerate(stored.columns)]
        constants = {name: data.get(f"constant-{name}", "").replace("\r\n", "\n") for name in self.fields}
        return replace(stored, columns=columns, constants={name: text for name, text in constants.items() if text})

    def _column(self, place: int, column: Column, data: Mapping[str, str]) -> Column:
        value = data.get(f"column-{place}")
        if not column.header or value is None:
            return column
        name = value.removeprefix(FIELD) if value.startswith(FIELD) else ""
        chosen = Column(column.header, name if name in self.fields else "")
        chosen.is_aside = not chosen.field
        return column if (chosen.field, chosen.is_aside) == (column.field, column.is_aside) else chosen

    def _switches(self, dates: list[str]) -> forms.Form:
        """Return a form for the notation of numbers and dates, and store its values in the matching."""
        order = next(word for word, is_day_first in DAY_FIRST.items() if is_day_first == self.matching.day_first)
        days = next(word for word, has_serials in SERIALS.items() if has_serials == self.matching.serials)
        zone = self.matching.zone or self.zone
        initial = {"decimal": self.matching.decimal, "day_first": order, "serials": days, "zone": zone}
        form = forms.Form(self.data, initial=initial, label_suffix="")
        form.fields.update(notation_fields(self.schema))
        if self.matching.serials is not None or any(map(is_serial, dates)):
            choices = [
                ("", "Not set"),
                ("days", "Days as Excel counts them: 46001 is 10 Dec 2025"),
                ("none", "No dates"),
            ]
            form.fields["serials"] = forms.ChoiceField(
                choices=choices, required=False, widget=forms.RadioSelect, label="Numbers in columns of dates"
            )
        if form.is_valid():
            values = initial | {"zone": self.matching.zone} | form.cleaned_data
            self.matching.decimal, self.matching.zone = values["decimal"], values["zone"]
            self.matching.day_first, self.matching.serials = DAY_FIRST[values["day_first"]], SERIALS[values["serials"]]
        return form

    def choose_offer(self, place: str, name: str) -> None:
        """Match a column with a field that was offered."""
        if place.isdigit() and int(place) < len(self.matching.columns) and name in self.fields:
            self.matching.columns[int(place)] = Column(self.matching.columns[int(place)].header, name)

    def is_valid(self) -> bool:
        """Return whether the form is valid, and fill `errors`, by the name of the input."""
        self._check_columns()
        self._check_constants()
        return not self.errors and self.switches.is_valid()

    def _check_columns(self) -> None:
        taken = [column.field for column in self.matching.columns if column.field]
        for place, column in enumerate(self.matching.columns):
            if taken.count(column.field) > 1:
                others = (
                    each.header for each in self.matching.columns if each.field == column.field and each is not column
                )
                self.errors[f"column-{place}"] = "The field {field} is also used by the column {columns}.".format(
                    field=self.fields[column.field].label, columns=", ".join(others)
                )
            elif not taken and column.header and not self.errors:
                self.errors[f"column-{place}"] = "Select a field for at least one column."

    def _check_constants(self) -> None:
        reader = RowReader(self.schema, self.matching)
        for name, text in self.matching.constants.items():
            if problem := reader.read_value(self.fields[name], text).problem:
                self.errors[f"constant-{name}"] = problem.sentence

    def columns(self, samples: list[list[str]]) -> list[ColumnChoice]:
        """Return the columns that are not empty."""
        return [
            ColumnChoice(
                place, column, samples[place], self._offers(place, column), self.errors.get(f"column-{place}", "")
            )
            for place, column in enumerate(self.matching.columns)
            if column.header
        ]

    def _offers(self, place: int, column: Column) -> list[Field]:
        """Return the fields that a column without a field may be, as long as no other column is one."""
        taken = self.matching.places()
        names = self.offered[place] if place < len(self.offered) and not column.field else []
        return [self.fields[name] for name in names if name not in taken]

    def constants(self) -> list[Constant]:
        """Return the fields without a column, and those with a value for all rows. Required ones come first."""
        values, places = self.matching.constants, self.matching.places()
        left = [known for known in self.schema.fields if known.name not in places or known.name in values]
        return [
            Constant(known, values.get(known.name, ""), self.errors.get(f"constant-{known.name}", ""))
            for known in sorted(left, key=lambda known: not known.required)
        ]
