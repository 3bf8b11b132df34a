"""Find the problems of rows, row by row, and summarize them."""

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipelines_portal.api_client import Schema
from pipelines_portal.core.zip_archives import is_junk
from pipelines_portal.core.zip_rows import ZipRow
from pipelines_portal.uploads import texts
from pipelines_portal.uploads.archive.directory import Directory, Unusable
from pipelines_portal.uploads.archive.rows import rows_of
from pipelines_portal.web.file_names import in_sentence

EXAMPLES = 5


@dataclass(frozen=True)
class Finding:
    """A problem of one row. Findings with the same kind and field are summarized together."""

    kind: str
    message: str
    example: str
    about: str = ""
    rejects: bool = True


@dataclass
class Problem:
    """A problem of many rows, or of the archive as a whole. `level` is error or warning."""

    level: str
    title: str
    advice: str = ""
    examples: list[str] = field(default_factory=list)
    more: int = 0
    # The folder that contains everything, if that is the problem, and its depth.
    wrapper: str = ""
    wrapper_levels: int = 0


def findings_of(row: ZipRow, schema: Schema) -> list[Finding]:
    """Return what the API will say about a derived row."""
    found = [_unmatched(row, path, schema) for path in row.unknown_files]
    found += [
        Finding("second_file", f"{_shown_path(row, path)} is a second file for its field", path)
        for _, path in row.second_files
    ]
    if not row.files and not row.unknown_files and not row.second_files:
        return [*found, Finding("empty", "The folder is empty", row.entry)]
    if found and found[0].kind in ("in_folder", "outside"):
        return found  # its missing files follow from this
    for file_field in schema.file_fields:
        if file_field.required and file_field.name not in row.files:
            found.append(Finding("missing", f"{file_field.label} is missing", row.entry, file_field.label))
    return found


def _unmatched(row: ZipRow, path: str, schema: Schema) -> Finding:
    several = len(schema.file_fields) > 1
    if row.is_folder and not several:
        return Finding("in_folder", texts.IN_FOLDER.format(path=_shown_path(row, path)), path)
    if not row.is_folder and several:
        return Finding("outside", f"{_shown_path(row, path)} isn’t in a folder", path)
    if path.count("/") > 1:
        return Finding("nested", texts.IN_FOLDER.format(path=_shown_path(row, path)), path)
    return Finding("unmatched", f"{_shown_path(row, path)} matches no field", path)


def _shown_path(row: ZipRow, path: str) -> str:
    """Return a path without the folder of its row."""
    return in_sentence(path.removeprefix(f"{row.name}/"))


# For each kind of finding: the title for one and for several, and the advice.
_WORDS = {
    "missing": (
        "1 task without {field}",
        "{count:,} tasks without {field}",
        "{field} is required. Add it, or Pipelines rejects the task.",
    ),
    "unmatched": (
        "1 file with an unknown name",
        "{count:,} files with unknown names",
        "Pipelines rejects a folder with other files. Remove them, or name each file after a field: {fields}.",
    ),
    "in_folder": (
        "1 file in a subfolder",
        "{count:,} files in subfolders",
        "Each file that isn’t in a folder becomes a task. Pipelines rejects folders.",
    ),
    "nested": (
        "1 file in a subfolder",
        "{count:,} files in subfolders",
        "Put the files of a task directly into its folder, not into a subfolder.",
    ),
    "outside": (
        "1 file outside a folder",
        "{count:,} files outside folders",
        "Each folder becomes a task. Pipelines rejects files outside folders.",
    ),
    "empty": ("1 empty folder", "{count:,} empty folders", "Remove it, or add the files of its task."),
    "second_file": (
        "1 second file for a field",
        "{count:,} second files for a field",
        "Pipelines rejects folders with two files for a field. Remove one of them.",
    ),
    "not_in_archive": (
        "1 file named in {field} isn’t in the ZIP file",
        "{count:,} files named in {field} aren’t in the ZIP file",
        "Enter the whole path inside the ZIP file, for example images/cat.png.",
    ),
    "invalid": (
        "1 invalid {field}",
        "{count:,} invalid values in {field}",
        "Fix these rows, or Pipelines rejects them.",
    ),
    "unknown_field": (
        "Unknown column “{field}”",
        "Unknown column “{field}”",
        "Use the names of the fields, or these rows are rejected.",
    ),
    "unnamed": (
        "1 file isn’t used",
        "{count:,} files aren’t used",
        "Files that no row of the spreadsheet names are not used.",
    ),
}


def summarize(findings: Iterable[Finding], schema: Schema) -> list[Problem]:
    """Return one problem for each kind and field, with a few examples."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.kind, finding.about), []).append(finding)
    fields = ", ".join(file_field.name for file_field in schema.file_fields)
    problems = []
    for (kind, about), found in groups.items():
        one, many, advice = _WORDS[kind]
        field, level = in_sentence(about), "error" if found[0].rejects else "warning"
        title = (one if len(found) == 1 else many).format(count=len(found), field=field)
        examples = list(dict.fromkeys(finding.example for finding in found))
        more = max(len(examples) - EXAMPLES, 0)
        problems.append(Problem(level, title, advice.format(field=field, fields=fields), examples[:EXAMPLES], more))
    return problems


def wrapper_problem(directory: Directory, schema: Schema) -> Problem | None:
    """Return a problem if everything is in one folder, and its contents would make tasks without that folder."""
    files = [path for path in directory.files if not is_junk(path)]
    wrapper = next((top for top in _folders_of_all(files) if _works_without(top, files, schema)), "")
    if not wrapper:
        return None
    return Problem(
        "error",
        f"All files are inside {in_sentence(wrapper)}",
        "Pipelines takes this whole folder for one task, and rejects it.",
        [wrapper],
        wrapper=wrapper,
        wrapper_levels=wrapper.count("/"),
    )


def _folders_of_all(files: list[str]) -> Iterator[str]:
    """Yield the folders that contain all files, from the outermost one."""
    common = posixpath.commonpath([posixpath.dirname(path) for path in files]) if files else ""
    for level in range(common.count("/") + 1 if common else 0):
        yield "/".join(common.split("/")[: level + 1]) + "/"


def _works_without(top: str, files: list[str], schema: Schema) -> bool:
    """Return whether the files make a good task without the folder, but none with it."""
    names = [file_field.name for file_field in schema.file_fields]
    inside = Directory([path.removeprefix(top) for path in files])
    try:
        with_it, without = rows_of(Directory(files), names), rows_of(inside, names)
    except Unusable:
        return False
    rejected = any(finding.rejects for finding in findings_of(with_it[0], schema))
    return rejected and any(not any(f.rejects for f in findings_of(row, schema)) for row in without)
