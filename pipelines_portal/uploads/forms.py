"""What the choose page posts."""

from dataclasses import dataclass

from django import forms

from pipelines_portal.core.file_names import in_sentence
from pipelines_portal.spreadsheets.limits import MAX_BYTES
from pipelines_portal.uploads.archive.names import MAX_LEVELS
from pipelines_portal.uploads.archive.tail import MAX_TAIL_BYTES

LARGEST_ARCHIVE = 2**50
LONGEST_NAME = 255


@dataclass(frozen=True)
class ChosenFile:
    """The archive as the browser sees it; `tail` are its last bytes."""

    name: str
    size: int
    fingerprint: str
    tail: bytes
    levels_left_out: int | None = None


class ChosenFileForm(forms.Form):
    """The archive as the browser sees it: its name, size and end, never the whole of it."""

    token = forms.UUIDField()
    # As the browser has it: a space at its end is part of a name.
    name = forms.CharField(max_length=LONGEST_NAME, strip=False)
    size = forms.IntegerField(min_value=0, max_value=LARGEST_ARCHIVE)
    fingerprint = forms.RegexField(r"^[0-9a-f]{64}$", required=False)
    # Only of one that the page made of a folder: how many outer folders were left out.
    levels = forms.IntegerField(required=False, min_value=0, max_value=MAX_LEVELS)
    tail = forms.FileField(allow_empty_file=True)

    def clean(self) -> None:
        tail, size = self.cleaned_data.get("tail"), self.cleaned_data.get("size")
        if tail is not None and size is not None and tail.size > min(size, MAX_TAIL_BYTES):
            raise forms.ValidationError("The end of the ZIP file is larger than it may be.")

    def chosen_file(self) -> ChosenFile:
        """Call on a valid form."""
        values = self.cleaned_data
        tail = values["tail"].read()
        return ChosenFile(values["name"], values["size"], values["fingerprint"], tail, values["levels"])

    @property
    def fault(self) -> tuple[str, str]:
        """What keeps the archive from being checked, and what to do. Ask a form that is not valid."""
        if self.has_error("name", "max_length"):
            length = len(self.data.get("name", ""))
            title = f"The ZIP file's name is too long: it has {length:,} characters, at most {LONGEST_NAME} can be kept"
            return title, "Nothing was sent. Rename it and choose it again."
        advice = "Choose a ZIP file or a folder first. If you did, the browser could not read it: choose it again."
        return "There is no ZIP file to check", advice


class RowsFileForm(forms.Form):
    """The rows that go along: a file, or else how many are typed."""

    rows_file = forms.FileField(required=False, allow_empty_file=True)
    typed = forms.IntegerField(required=False, min_value=1, max_value=1000)

    def clean_rows_file(self) -> object:
        """A file far too large is not even read; what fits is judged by its content."""
        file = self.cleaned_data.get("rows_file")
        if file and file.size > MAX_BYTES:
            raise forms.ValidationError(f"{in_sentence(file.name)} is larger than {MAX_BYTES // 1024**2} MB. Split it.")
        return file
