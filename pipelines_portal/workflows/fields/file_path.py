"""A file of the archive, by its path."""

from typing import Any

from pipelines_portal.workflows.fields.base import FieldType
from pipelines_portal.workflows.fields.circumstances import Circumstances
from pipelines_portal.workflows.fields.texts import as_text
from pipelines_portal.workflows.fields.verdicts import Wrong


class FilePath(FieldType):
    api_name, label_in_portal, label_in_files = "file_upload", "File", "File"
    accepted = "The file’s path in the ZIP file"
    is_file = True
    help = "Its path inside the ZIP file."
    hint_for_programs = "File path inside the ZIP"
    hint = "A file. In a spreadsheet: its path in the ZIP file, for example images/cat.png."

    def read(self, entered: Any, about: Circumstances) -> Any:
        path = as_text(entered)
        if not isinstance(path, str):
            raise Wrong("path", "Not a path", "Enter a path in the ZIP file.")
        return path
