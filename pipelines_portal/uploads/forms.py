"""What the choose page posts."""

from dataclasses import dataclass

from django import forms

from pipelines_portal.spreadsheets.limits import MAX_BYTES
from pipelines_portal.uploads import texts
from pipelines_portal.uploads.archive.directory import MAX_LEVELS, MAX_TAIL_BYTES
from pipelines_portal.web.file_names import in_sentence

LARGEST_ARCHIVE = 2**50
LONGEST_NAME = 255


@dataclass(frozen=True)
class ChosenFile:
    """The chosen archive. `tail` holds its last bytes."""

    name: str
    size: int
    fingerprint: str
    tail: bytes
    levels_left_out: int | None = None


class ChosenFileForm(forms.Form):
    """The archive's name, size and last bytes. The whole archive is never posted."""

    token = forms.UUIDField()
    # A space at the end is part of the name.
    name = forms.CharField(max_length=LONGEST_NAME, strip=False)
    size = forms.IntegerField(min_value=0, max_value=LARGEST_ARCHIVE)
    fingerprint = forms.RegexField(r"^[0-9a-f]{64}$", required=False)
    # The number of outer folders that the page left out when it zipped a folder.
    levels = forms.IntegerField(required=False, min_value=0, max_value=MAX_LEVELS)
    tail = forms.FileField(allow_empty_file=True)

    def clean(self) -> None:
        tail, size = self.cleaned_data.get("tail"), self.cleaned_data.get("size")
        if tail is not None and size is not None and tail.size > min(size, MAX_TAIL_BYTES):
            raise forms.ValidationError(texts.TAIL_TOO_LARGE)

    def chosen_file(self) -> ChosenFile:
        """Return the chosen file. Call on a valid form."""
        values = self.cleaned_data
        tail = values["tail"].read()
        return ChosenFile(values["name"], values["size"], values["fingerprint"], tail, values["levels"])

    @property
    def fault(self) -> tuple[str, str]:
        """The reason why the archive cannot be checked, and advice. Use on a form that is not valid."""
        if self.has_error("name", "max_length"):
            return texts.NAME_TOO_LONG_TITLE.format(most=LONGEST_NAME), texts.RENAME_FILE
        return texts.NOTHING_TO_CHECK, texts.CHOOSE_FIRST


class RowsFileForm(forms.Form):
    """The file of rows, or the number of typed rows."""

    rows_file = forms.FileField(required=False, allow_empty_file=True)
    typed = forms.IntegerField(required=False, min_value=1, max_value=1000)

    def clean_rows_file(self) -> object:
        """Refuse a file that is too large before it is read."""
        file = self.cleaned_data.get("rows_file")
        if file and file.size > MAX_BYTES:
            raise forms.ValidationError(
                texts.ROWS_FILE_TOO_LARGE.format(name=in_sentence(file.name), most=MAX_BYTES // 1024**2)
            )
        return file
