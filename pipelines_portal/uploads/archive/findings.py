"""Find the problems of rows, row by row, and summarize them."""

import posixpath
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from pipelines_portal.api_client import Schema
from pipelines_portal.uploads import texts
from pipelines_portal.uploads.archive.directory import Directory, Unusable
from pipelines_portal.uploads.archive.rows import DerivedRow, derive_rows, is_junk
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


def findings_of(row: DerivedRow, schema: Schema) -> list[Finding]:
    """Return what the API will say about a derived row."""
    found = [_unmatched(row, path, schema) for path in row.unmatched]
    found += [
        Finding("passed_over", texts.LEFT_OUT.format(path=_shown_path(row, path)), path, rejects=False)
        for path in row.passed_over
    ]
    if not row.files and not row.unmatched and not row.passed_over:
        return [*found, Finding("empty", texts.EMPTY_FOLDER, f"{row.entry}/")]
    if found and found[0].kind in ("in_folder", "outside"):
        return found  # its missing files follow from this
    for file_field in schema.file_fields:
        if file_field.required and file_field.name not in row.files:
            name = f"{row.entry}/" if row.is_folder else row.entry
            found.append(Finding("missing", texts.MISSING.format(field=file_field.label), name, file_field.label))
    return found


def _unmatched(row: DerivedRow, path: str, schema: Schema) -> Finding:
    several = len(schema.file_fields) > 1
    if row.is_folder and not several:
        return Finding("in_folder", texts.IN_FOLDER.format(path=_shown_path(row, path)), path)
    if not row.is_folder and several:
        return Finding("outside", texts.IN_NO_FOLDER.format(path=_shown_path(row, path)), path)
    if path.count("/") > 1:
        return Finding("nested", texts.IN_FOLDER.format(path=_shown_path(row, path)), path)
    return Finding("unmatched", texts.NO_FIELD.format(path=_shown_path(row, path)), path)


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


def _field_names(schema: Schema) -> str:
    return ", ".join(file_field.name for file_field in schema.file_fields)


Text = Callable[[int, str, Schema], tuple[str, str]]
_TEXTS: dict[str, Text] = {
    "missing": lambda count, field, schema: (texts.no_value(count, field), texts.REQUIRED_FIELD.format(field=field)),
    "unmatched": lambda count, field, schema: (
        texts.unmatched(count), texts.NAME_AFTER_FIELD.format(fields=_field_names(schema)),
    ),
    "in_folder": lambda count, field, schema: (texts.in_folder(count), texts.ONE_FILE_ONE_TASK),
    "nested": lambda count, field, schema: (texts.in_folder(count), texts.FILES_OF_A_TASK),
    "outside": lambda count, field, schema: (texts.outside(count), texts.ONE_FOLDER_ONE_TASK),
    "empty": lambda count, field, schema: (texts.empty(count), texts.FILL_OR_REMOVE),
    "passed_over": lambda count, field, schema: (texts.passed_over(count), texts.FIELD_TAKEN),
    "not_in_archive": lambda count, field, schema: (texts.not_in_archive(count, field), texts.USE_WHOLE_PATH),
    "invalid": lambda count, field, schema: (texts.invalid(count, field), texts.FIX_OR_REJECTED),
    "unknown_field": lambda count, field, schema: (texts.NO_SUCH_FIELD.format(name=field), texts.USE_FIELD_NAMES),
    "unnamed": lambda count, field, schema: (texts.unnamed(count), texts.NO_TASK_GETS_IT),
}  # fmt: skip


def wrapper_problem(directory: Directory, schema: Schema) -> Problem | None:
    """Return a problem if everything is in one folder, and its contents would make tasks without that folder."""
    files = [path for path in directory.files if not is_junk(path)]
    wrapper = next((top for top in _folders_of_all(files) if _works_without(top, files, schema)), "")
    if not wrapper:
        return None
    return Problem(
        "error",
        texts.ALL_IN_ONE_FOLDER.format(folder=in_sentence(wrapper)),
        texts.COUNTS_AS_ONE,
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
