"""Preview the tasks that an archive makes, before anything is sent."""

from collections.abc import Callable, Container
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import chain
from typing import Any, TypeVar

from pipelines_portal.api_client import Schema
from pipelines_portal.core.zip_archives import is_junk, path_in_archive
from pipelines_portal.core.zip_rows import ZipRow
from pipelines_portal.uploads import texts
from pipelines_portal.uploads.archive.directory import Directory
from pipelines_portal.uploads.archive.findings import Finding, Problem, findings_of, summarize, wrapper_problem
from pipelines_portal.uploads.archive.rows import rows_of
from pipelines_portal.uploads.given_rows import GivenRow
from pipelines_portal.web.file_names import LONGEST_FULL, in_sentence
from pipelines_portal.workflows.fields import verdicts
from pipelines_portal.workflows.fields.field_values import FieldValues, is_blank
from pipelines_portal.workflows.fields.types import type_of
from pipelines_portal.workflows.fields.verdicts import NOT_THERE, UNKNOWN

SHOWN = 12
Row = TypeVar("Row")


@dataclass
class PreviewFile:
    path: str
    field: str


@dataclass
class PreviewRow:
    """An expected task. `entry` is the archive's entry that makes it, or the name of its row."""

    entry: str
    files: list[PreviewFile]
    problems: list[str]


@dataclass
class Preview:
    """The first expected tasks, and the problems of all of them."""

    task_count: int = 0
    good_count: int = 0
    rejected_count: int = 0
    # Rows with warnings that nobody has accepted. They are never sent.
    odd_count: int = 0
    # The first rows that will be created, the first that will be rejected, and the first with warnings.
    rows: list[PreviewRow] = field(default_factory=list)
    rejected_rows: list[PreviewRow] = field(default_factory=list)
    odd_rows: list[PreviewRow] = field(default_factory=list)
    # The fields' titles by name, and whether only one field takes a file, for later messages.
    labels: dict[str, str] = field(default_factory=dict)
    has_one_file_field: bool = False
    problems: list[Problem] = field(default_factory=list)
    ignored_count: int = 0
    is_derived: bool = True
    # Rows with errors are not sent, and so Pipelines does not reject them.
    leaves_out_errors: bool = False
    # The number of files and the first of them, if rows are still missing.
    file_count: int = 0
    files: list[str] = field(default_factory=list)

    @property
    def left_out_count(self) -> int:
        return self.odd_count + (self.rejected_count if self.leaves_out_errors else 0)

    @property
    def left_out_words(self) -> str:
        """Which rows are left out: "2 rows to look at and 1 with an error"."""
        wrong, parts = self.left_out_count - self.odd_count, list[str]()
        if self.odd_count:
            parts.append(f"{self.odd_count:,} {'row' if self.odd_count == 1 else 'rows'} to look at")
        if wrong:
            rows = "" if parts else "row " if wrong == 1 else "rows "
            parts.append(f"{wrong:,} {rows}with {'an error' if wrong == 1 else 'errors'}")
        return " and ".join(parts)

    @property
    def waits_for_rows(self) -> bool:
        return self.file_count > 0

    @property
    def can_go_on(self) -> bool:
        """Whether at least one task would be created."""
        return self.good_count > 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def preview_of_archive(directory: Directory, schema: Schema) -> tuple[Preview, list[ZipRow]]:
    """Preview the rows that the API will derive. Raise Unusable."""
    names = [file_field.name for file_field in schema.file_fields]
    rows = rows_of(directory, names)
    findings = [findings_of(row, schema) for row in rows]
    preview = _summarize(findings, schema)
    wrapper = wrapper_problem(directory, schema)
    preview.problems = [wrapper] if wrapper else preview.problems
    preview.ignored_count = sum(is_junk(path) for path in directory.files)
    preview.rows, preview.rejected_rows = shown(rows, findings, partial(_show_derived, schema=schema))
    return preview, rows


def _summarize(findings: list[list[Finding]], schema: Schema) -> Preview:
    """Return a preview with the counts and problems of rows with these findings."""
    good = sum(not any(finding.rejects for finding in found) for found in findings)
    problems = summarize(chain.from_iterable(findings), schema)
    labels = {each.name: each.label for each in schema.fields}
    return Preview(
        len(findings), good, len(findings) - good, problems=problems, labels=labels,
        has_one_file_field=len(schema.file_fields) == 1,
    )  # fmt: skip


def shown(
    rows: list[Row], findings: list[list[Finding]], show: Callable[[Row, list[Finding]], PreviewRow]
) -> tuple[list[PreviewRow], list[PreviewRow]]:
    """Return the first rows that will be created, and the first that will be rejected."""
    good: list[PreviewRow] = []
    rejected: list[PreviewRow] = []
    for row, found in zip(rows, findings, strict=True):
        kind = rejected if any(finding.rejects for finding in found) else good
        if len(kind) < SHOWN:
            kind.append(show(row, found))
    return good, rejected


def _show_derived(row: ZipRow, findings: list[Finding], schema: Schema) -> PreviewRow:
    labels = {file_field.name: file_field.label for file_field in schema.file_fields}
    prefix = row.entry if row.is_folder else ""
    files = [PreviewFile(path.removeprefix(prefix), labels[name]) for name, path in row.files.items()]
    return PreviewRow(row.entry, files, [finding.message for finding in findings][:SHOWN])


def preview_before_rows(directory: Directory) -> Preview:
    """Preview the files that rows will have to name, before there are rows."""
    files = sorted(path for path in directory.files if not is_junk(path))
    ignored = len(directory.files) - len(files)
    return Preview(is_derived=False, file_count=len(files), files=files[:SHOWN], ignored_count=ignored)


def preview_of_rows(rows: list[GivenRow], directory: Directory, schema: Schema) -> Preview:
    """Preview the tasks that rows make together with an archive, and add the errors that only it shows to the rows."""
    files = {path for path in directory.files if not is_junk(path)}
    for row in rows:
        row.errors += _not_there(row, schema, files)
    odd, others = [row for row in rows if row.is_odd], [row for row in rows if not row.is_odd]
    findings, show = [_given_findings(row, schema) for row in others], partial(_show_given, schema=schema)
    preview = _summarize(findings, schema)
    preview.is_derived = False
    preview.task_count, preview.odd_count = len(rows), len(odd)
    preview.problems += summarize(_unnamed(rows, files, schema), schema)
    preview.rows, preview.rejected_rows = shown(others, findings, show)
    preview.odd_rows = [show(row, _given_findings(row, schema)) for row in odd[:SHOWN]]
    return preview


def _unnamed(rows: list[GivenRow], files: set[str], schema: Schema) -> list[Finding]:
    """Find files that no row names."""
    values = [row.values.get(known.name) for row in rows for known in schema.file_fields]
    named = {path_in_archive(value) for value in values if isinstance(value, str)}
    return [Finding("unnamed", "", path, rejects=False) for path in sorted(files - named)]


def row_entry(row: GivenRow, schema: Schema) -> str:
    """Return the name of a row in results: its number, and the first file that it names."""
    paths = (row.values.get(known.name) for known in schema.file_fields)
    path = next((path for path in paths if isinstance(path, str) and not is_blank(path)), "")
    if path:
        return texts.ROW_AND_TEXT.format(number=row.number, text=path[:LONGEST_FULL])
    return texts.ROW.format(number=row.number)


def _not_there(row: GivenRow, schema: Schema, files: Container[str]) -> list[verdicts.Problem]:
    """Return the errors of a row that names files which are not in the archive."""
    wrong = {error.field for error in row.errors}
    paths = [(known, row.values.get(known.name)) for known in schema.file_fields if known.name not in wrong]
    return [
        verdicts.Problem(known.name, NOT_THERE, "Not in the ZIP", f"{in_sentence(path)} isn’t in the ZIP file.", path)
        for known, path in paths
        if isinstance(path, str) and not is_blank(path) and path_in_archive(path) not in files
    ]


def _given_findings(row: GivenRow, schema: Schema) -> list[Finding]:
    labels = {known.name: known.label for known in schema.fields}
    return [_finding(row.number, error, labels.get(error.field, error.value)) for error in row.errors]


def _finding(number: int, error: verdicts.Problem, about: str) -> Finding:
    name = texts.ROW.format(number=number)
    if error.kind == UNKNOWN:
        return Finding("unknown_field", error.sentence, name, error.value)
    if error.kind == NOT_THERE:
        return Finding("not_in_archive", error.sentence, f"{name}: {error.value[:LONGEST_FULL]}", about)
    return Finding("missing" if error.is_missing else "invalid", error.sentence, name, about)


def _show_given(row: GivenRow, findings: list[Finding], schema: Schema) -> PreviewRow:
    files = [
        PreviewFile(str(row.values[known.name])[:LONGEST_FULL], known.label)
        for known in schema.file_fields
        if not is_blank(row.values.get(known.name))
    ]
    messages = [found.message for found in findings]
    glance = _glance(row.values, schema)
    name = texts.ROW_AND_TEXT.format(number=row.number, text=glance) if glance else texts.ROW.format(number=row.number)
    return PreviewRow(name, files, messages)


def _glance(row: FieldValues, schema: Schema) -> str:
    told = (row.get(known.name) for known in schema.fields if type_of(known).tells_rows_apart)
    return next((str(text)[:80] for text in told if not is_blank(text)), "")
