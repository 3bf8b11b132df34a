"""What the pages before the sending post."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.base import ContentFile, File

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.core import clocks
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.forms import person_here
from pipelines_portal.keys.permissions import may_send_with
from pipelines_portal.spreadsheets.encodings import LABELS

PASTED = "Pasted rows"
DELIMITERS = ((",", "Comma"), (";", "Semicolon"), ("\t", "Tab"), ("|", "Vertical bar"))
WRITTEN = {".": "1,234.5", ",": "1.234,5"}
CHOOSE_ONE = "Choose a file, or paste rows."
BOTH = "There is a file and pasted text: take one of them away."


class ChooseForm(forms.Form):
    """A file, or rows pasted from a spreadsheet."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    # Filled in by the page's script.
    zone = forms.CharField(required=False, widget=forms.HiddenInput)
    file = forms.FileField(
        required=False,
        allow_empty_file=True,
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx,.json,.jsonl,.ndjson"}),
    )
    text = forms.CharField(
        required=False,
        strip=False,
        label="Or paste rows here",
        help_text="Copied cells of a spreadsheet, up to 2 MB, with or without the line that names the columns.",
        widget=forms.Textarea(attrs={"rows": 6, "class": "code", "spellcheck": "false"}),
    )

    def clean_zone(self) -> str:
        """Whatever else somebody sends is no zone."""
        zone: str = self.cleaned_data["zone"]
        return zone if zone in clocks.zones() else ""

    def clean_file(self) -> "File[bytes] | None":
        file: File[bytes] | None = self.cleaned_data["file"]
        if file is not None and file.size > settings.IMPORT_MAX_MB * 1024**2:
            raise forms.ValidationError(
                f"{file.name} is larger than {settings.IMPORT_MAX_MB} MB. Nothing was kept: split it."
            )
        if file is not None and not file.size:
            raise forms.ValidationError(f"{file.name} is empty.")
        return file

    def clean(self) -> None:
        file, text = self.cleaned_data.get("file"), self.cleaned_data.get("text", "")
        if file and text.strip():
            self.add_error("text", BOTH)
        elif not file and not text.strip() and not self.errors:
            self.add_error("file", CHOOSE_ONE)

    def focus_first_error(self) -> None:
        """Where the page begins: at what is wrong, else at the file."""
        name = "text" if "text" in self.errors and "file" not in self.errors else "file"
        self.fields[name].widget.attrs["autofocus"] = True

    def given(self) -> tuple["File[bytes]", str]:
        """The bytes, and what they are called. Call on a valid form."""
        file: File[bytes] | None = self.cleaned_data["file"]
        if file is not None:
            return file, file.name or ""
        return ContentFile(self.cleaned_data["text"].encode(errors="replace")), PASTED


class HandOverForm(forms.Form):
    owner = forms.EmailField(
        max_length=254,
        label="New owner, by email",
        help_text="Somebody who can send with its key.",
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={"required": "Enter the email of the new owner."},
    )

    def __init__(self, import_job: ImportJob, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.import_job = import_job

    def clean_owner(self) -> User:
        person = person_here(self.cleaned_data["owner"].strip().lower())
        if person.pk == self.import_job.owner_id:
            raise forms.ValidationError(f"The import is {person}'s already. Choose somebody else.")
        if not may_send_with(person, self.import_job.key):
            refusal = f"{person} can't send with the key {self.import_job.key.name}."
            raise forms.ValidationError(f"{refusal} Share it first, or choose somebody else.")
        return person


class ReadingForm(forms.Form):
    """How the file is to be read; "" leaves it to be found out."""

    encoding = forms.ChoiceField(required=False, choices=[("", "Detect it"), *LABELS.items()])
    delimiter = forms.ChoiceField(required=False, choices=[("", "Detect it"), *DELIMITERS], label="Separator")
    sheet = forms.CharField(required=False, max_length=100, strip=False)

    def asked(self) -> dict[str, str]:
        """As rows.reading.Asked. Call on a valid form."""
        return {name: self.cleaned_data[name] for name in ("encoding", "delimiter", "sheet")}


def zone_choices(now: str) -> list[tuple[str, str]]:
    choices = clocks.zone_choices()
    return choices if now in clocks.zones() else [(now, now), *choices]


def numbers_and_dates(schema: Schema) -> dict[str, forms.Field]:
    """The switches that a workflow's fields ask for."""
    types = {known.type for known in schema.fields}
    fields: dict[str, forms.Field] = {}
    if types & {"numeric", "rating"}:
        fields["decimal"] = forms.ChoiceField(
            choices=[*WRITTEN.items()], widget=forms.RadioSelect, label="Numbers are written"
        )
    if "datetime" in types:
        order = [("day", "Day first: 3/5 is 3 May"), ("month", "Month first: 3/5 is 5 March")]
        fields["day_first"] = forms.ChoiceField(choices=order, widget=forms.RadioSelect, label="Dates are written")
        fields["zone"] = forms.ChoiceField(choices=zone_choices("UTC"), label="Times without an offset are in")
    return fields
