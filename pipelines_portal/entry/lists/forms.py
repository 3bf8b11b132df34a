"""The forms of a reference list: its file, what the columns of the file are, and its name."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.base import File

from pipelines_portal.entry.lists.files import ListLines
from pipelines_portal.web.file_names import in_sentence
from pipelines_portal.web.form_fields import NameField, one_line
from pipelines_portal.workflows.lists import MOST_BYTES
from pipelines_portal.workflows.models import LONGEST_LIST_NAME

NO_NAME = ""


class FileForm(forms.Form):
    file = forms.FileField(
        label="File",
        help_text="CSV or XLSX, up to 50,000 rows, 20 columns and 20 MB. The first line names the columns.",
        allow_empty_file=True,
        max_length=1000,
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt,.xlsx"}),
        error_messages={"required": "Choose a file."},
    )

    def clean_file(self) -> "File[bytes]":
        file: File[bytes] = self.cleaned_data["file"]
        if file.size > MOST_BYTES:
            raise forms.ValidationError(f"{in_sentence(file.name or '')} is larger than {MOST_BYTES // 1024**2} MB.")
        if not file.size:
            raise forms.ValidationError(f"{in_sentence(file.name or '')} is empty.")
        return file


class NameForm(forms.Form):
    name = NameField(
        label="Name", max_length=LONGEST_LIST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})
    )


class ColumnsForm(forms.Form):
    """Which column is the code, and which the name; and how a new list is called."""

    name = NameField(
        label="List", max_length=LONGEST_LIST_NAME, widget=forms.TextInput(attrs={"autocomplete": "off", "dir": "auto"})
    )
    code = forms.TypedChoiceField(label="Code", coerce=int, help_text="What is sent. Each code is there once.")
    label = forms.ChoiceField(label="Name", required=False, help_text="Shown beside the code, and found by its words.")

    def __init__(
        self, lines: ListLines, guess: tuple[int, int | None], data: Any = None, *, file_name: str = "", is_new: bool
    ) -> None:
        code, label = guess
        initial = {"name": _name_in(file_name), "code": code, "label": NO_NAME if label is None else label}
        super().__init__(data, initial=initial, label_suffix="")
        places = [(str(place), name) for place, name in enumerate(lines.columns)]
        self.fields["code"].choices = places  # type: ignore[attr-defined]
        self.fields["label"].choices = [(NO_NAME, "No name"), *places]  # type: ignore[attr-defined]
        if not is_new:
            del self.fields["name"]

    @property
    def code_column(self) -> int:
        return int(self.cleaned_data["code"])

    @property
    def name_column(self) -> int | None:
        label = self.cleaned_data["label"]
        return None if label == NO_NAME else int(label)


def _name_in(file_name: str) -> str:
    """Return a name for a list of the file "customers-2026.csv": "Customers 2026"."""
    words = one_line(PurePath(file_name).stem).replace("_", " ").replace("-", " ").split()
    return " ".join(words)[:LONGEST_LIST_NAME].capitalize()
