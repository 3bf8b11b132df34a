"""The rows of an upload: sent at its start or derived from the archive, and checked against it."""

from dataclasses import dataclass, field
from typing import Any

from pipelines_portal.core.zip_archives import MAX_NAME_BYTES, is_junk, path_in_archive
from pipelines_portal.core.zip_rows import ZipRow
from pipelines_portal.external_api.models import SentRows, Upload
from pipelines_portal.external_api.tasks.validation import Fields, RowProblems, check_row, is_blank
from pipelines_portal.external_api.uploads.archives import Archive
from pipelines_portal.external_api.uploads.workers import Lease
from pipelines_portal.external_api.uploads.zip_rows import PathHints, problems_of_files, rows_of_files

# Long enough for every path that an archive may contain.
ECHOED_PATH = MAX_NAME_BYTES


@dataclass
class UploadRow:
    """A row with its problems. `paths` are the files that it names, by field."""

    values: dict[str, Any]
    problems: RowProblems
    paths: dict[str, str] = field(default_factory=dict)

    @property
    def index(self) -> int:
        return self.problems.index


def plan_rows(upload: Upload, archive: Archive, lease: Lease) -> tuple[list[UploadRow], list[str]]:
    """Return all rows, checked except for the bytes of their files, and the files that no row names.

    Raise NoRowsError if there are no rows.
    """
    fields = Fields(upload.workflow.fields)
    rows = SentRows.objects.filter(upload=upload).values_list("rows", flat=True).first()
    if rows is None:
        derived = rows_of_files(archive.files, archive.folders, fields.files)
    else:
        derived = [ZipRow(name="", files=values) for values in rows]  # with the values of other fields, too
    hints = PathHints(archive.files)
    planned = []
    for index, (row, problems) in enumerate(zip(derived, problems_of_files(derived, fields.files), strict=True)):
        lease.renew_if_due()
        planned.append(_plan_row(fields, archive, hints, index, row, problems))
    return planned, _ignored_files(planned, archive) if rows is not None else []


def _ignored_files(rows: list[UploadRow], archive: Archive) -> list[str]:
    named = {path for row in rows for path in row.paths.values()}
    return sorted(path for path in archive.files if path not in named and not is_junk(path))


def unpacked_bytes(rows: list[UploadRow], archive: Archive) -> int:
    """Return the size of the files of all valid rows. Each file counts once."""
    paths = {path for row in rows if not row.problems for path in row.paths.values()}
    return sum(archive.files[path].file_size for path in paths)


def _plan_row(
    fields: Fields, archive: Archive, hints: PathHints, index: int, sent: ZipRow, problems: list[tuple[str, str]]
) -> UploadRow:
    row = UploadRow(dict(sent.files), check_row(fields, index, sent.files))
    for name, message in problems:
        row.problems.add(name, message)
    row.problems.add_all(sent.unknown_files, lambda path: (fields.files[0], f"Unknown file: {path}"))
    for name in fields.files:
        if isinstance(row.values.get(name), str) and not is_blank(row.values[name]):
            _find_file(archive, hints, row, name)
    return row


def _find_file(archive: Archive, hints: PathHints, row: UploadRow, name: str) -> None:
    path = path_in_archive(row.values[name])
    if path in archive.files and not is_junk(path):
        row.paths[name] = path
        return
    row.problems.add(name, f"File not found in ZIP: {row.values[name][:ECHOED_PATH]}")
    if hint := hints.hint(row.values[name]):
        row.problems.add(name, hint)
