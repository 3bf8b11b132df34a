"""Find the problems of rows, row by row, and summarize them."""

import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pipelines_portal.api_client import Schema
from pipelines_portal.core.file_names import in_sentence
from pipelines_portal.uploads.archive.directory import Directory, Unusable
from pipelines_portal.uploads.archive.rows import DerivedRow, derive_rows, is_junk

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


def findings_of(row: DerivedRow, schema: Schema) -> list[Finding]:
    """Return what the API will say about a derived row."""
    found = [_unmatched(row, path, schema) for path in row.unmatched]
    found += [
        Finding("passed_over", f"{_shown_path(row, path)} is left out", path, rejects=False) for path in row.passed_over
    ]
    if not row.files and not row.unmatched and not row.passed_over:
        return [*found, Finding("empty", "The folder is empty", f"{row.entry}/")]
    if found and found[0].kind in ("in_folder", "outside"):
        return found  # its missing files follow from this
    for file_field in schema.file_fields:
        if file_field.required and file_field.name not in row.files:
            name = f"{row.entry}/" if row.is_folder else row.entry
            found.append(Finding("missing", f"{file_field.label} is missing", name, file_field.label))
    return found


def _unmatched(row: DerivedRow, path: str, schema: Schema) -> Finding:
    several = len(schema.file_fields) > 1
    if row.is_folder and not several:
        return Finding("in_folder", f"{_shown_path(row, path)} lies in a folder", path)
    if not row.is_folder and several:
        return Finding("outside", f"{_shown_path(row, path)} lies in no folder", path)
    return Finding("unmatched", f"{_shown_path(row, path)} matches no field", path)


def _shown_path(row: DerivedRow, path: str) -> str:
    """Return a path without the folder of its row."""
    return in_sentence(path.removeprefix(f"{row.entry}/"))


def summarize(findings: Iterable[Finding], schema: Schema) -> list[Problem]:
    """Return one problem for each kind and field, with a few examples."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.kind, finding.about), []).append(finding)
    return [_problem(kind, about, found, schema) for (kind, about), found in groups.items()]


def _problem(kind: str, about: str, found: list[Finding], schema: Schema) -> Problem:
    title, advice = _TEXTS[kind](len(found), in_sentence(about), schema)
    level = "error" if found[0].rejects else "warning"
    examples = list(dict.fromkeys(finding.example for finding in found))
    return Problem(level, title, advice, examples[:EXAMPLES], max(len(examples) - EXAMPLES, 0))


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _field_names(schema: Schema) -> str:
    return ", ".join(file_field.name for file_field in schema.file_fields)


Text = Callable[[int, str, Schema], tuple[str, str]]
_TEXTS: dict[str, Text] = {
    "missing": lambda number, about, schema: (
        f"{_count(number, 'task has', 'tasks have')} no {about}",
        f"{about} is a required field. Those tasks are rejected unless you add the value or file.",
    ),
    "unmatched": lambda number, about, schema: (
        f"{_count(number, 'file matches', 'files match')} no field",
        f"A file's name without its ending must be a field's name: {_field_names(schema)}. "
        "Folders that hold other files make no task.",
    ),
    "in_folder": lambda number, about, schema: (
        f"{_count(number, 'file lies', 'files lie')} in a folder",
        "This workflow has one file field: each file at the top of the ZIP file makes a task. Folders make none.",
    ),
    "outside": lambda number, about, schema: (
        f"{_count(number, 'file lies', 'files lie')} outside of any folder",
        "This workflow has several file fields: each folder at the top of the ZIP file makes a task. "
        "Files beside them make none.",
    ),
    "empty": lambda number, about, schema: (
        f"{_count(number, 'folder is', 'folders are')} empty",
        "Remove it, or put the files in that its task needs.",
    ),
    "passed_over": lambda number, about, schema: (
        f"{_count(number, 'file is', 'files are')} left out",
        "Another file of the same folder already goes to that field.",
    ),
    "not_in_archive": lambda number, about, schema: (
        f"{_count(number, 'file', 'files')} named in {about} {'is' if number == 1 else 'are'} not in the ZIP file",
        "The value must be the file's path inside the ZIP file, from its top, in the same spelling. "
        "Those rows are rejected.",
    ),
    "invalid": lambda number, about, schema: (
        f"{_count(number, 'row has', 'rows have')} a value that {about} does not take",
        "Those rows are rejected.",
    ),
    "unknown_field": lambda number, about, schema: (
        f"No field is called {about}",
        "Every row that has it is rejected. Use the fields' names.",
    ),
    "unnamed": lambda number, about, schema: (
        f"{_count(number, 'file is', 'files are')} named by no row",
        "No task gets them. Name each in a row, or leave it at that if it is not needed.",
    ),
}


def wrapper_problem(directory: Directory, schema: Schema) -> Problem | None:
    """Return a problem if everything is in one folder, and its contents would make tasks without that folder."""
    files = [path for path in directory.files if not is_junk(path)]
    wrapper = next((top for top in _folders_of_all(files) if _works_without(top, files, schema)), "")
    if not wrapper:
        return None
    return Problem(
        "error",
        f"Everything lies in one folder, {in_sentence(wrapper)}",
        "Tasks are made of what is at the top of the ZIP file, so this folder counts as one task.",
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
        with_it, without = derive_rows(Directory(files), names), derive_rows(inside, names)
    except Unusable:
        return False
    rejected = any(finding.rejects for finding in findings_of(with_it[0], schema))
    return rejected and any(not any(f.rejects for f in findings_of(row, schema)) for row in without)
