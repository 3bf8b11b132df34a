"""What will be created, said before anything is sent."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, TypeVar

from pipelines_portal.api_client import Schema
from pipelines_portal.uploads.archive.derived_rows import DerivedRow, derive_rows, is_junk
from pipelines_portal.uploads.archive.directory import Directory
from pipelines_portal.uploads.archive.findings import Finding, Problem, findings_of, told_together, wrapper_problem
from pipelines_portal.uploads.archive.tail import Unusable

SHOWN = 12
Row = TypeVar("Row")


@dataclass
class PreviewFile:
    path: str
    field: str


@dataclass
class PreviewRow:
    """One task to be. `entry` is the archive's entry that makes it, or the row's own name."""

    number: int
    entry: str
    files: list[PreviewFile]
    problems: list[str]


@dataclass
class Preview:
    """Bounded: the first rows, and what is wrong in all of them."""

    task_count: int = 0
    good_count: int = 0
    rejected_count: int = 0
    # The first that will be created, and the first that will not.
    rows: list[PreviewRow] = field(default_factory=list)
    rejected_rows: list[PreviewRow] = field(default_factory=list)
    # What the fields are called, by name: for what is said of them later.
    labels: dict[str, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ignored_count: int = 0
    is_derived: bool = True
    # Where the rows are still to come: how many files there are for them, and the first.
    file_count: int = 0
    files: list[str] = field(default_factory=list)

    @property
    def waits_for_rows(self) -> bool:
        return self.file_count > 0

    @property
    def can_go_on(self) -> bool:
        """Whether at least one task would come of it."""
        return self.good_count > 0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def preview_of_refusal(refusal: Unusable) -> Preview:
    return Preview(problems=[Problem("error", refusal.title, refusal.advice, list(refusal.examples))])


def preview_of_archive(directory: Directory, schema: Schema) -> tuple[Preview, list[DerivedRow]]:
    """The rows the API will derive. Raises Unusable."""
    names = [file_field.name for file_field in schema.file_fields]
    rows = derive_rows(directory, names)
    findings = [findings_of(row, schema) for row in rows]
    preview = summed_up(findings, schema)
    wrapper = wrapper_problem(directory, schema)
    preview.problems = [wrapper] if wrapper else preview.problems
    preview.ignored_count = sum(is_junk(path) for path in directory.files)
    preview.rows, preview.rejected_rows = shown(rows, findings, partial(_shown, schema=schema))
    return preview, rows


def summed_up(findings: list[list[Finding]], schema: Schema) -> Preview:
    """Counts and problems of rows whose findings these are."""
    good = sum(not any(finding.rejects for finding in found) for found in findings)
    problems = told_together(_flat(findings), schema)
    labels = {each.name: each.label for each in schema.fields}
    return Preview(len(findings), good, len(findings) - good, problems=problems, labels=labels)


def shown(
    rows: list[Row], findings: list[list[Finding]], show: Callable[[int, Row, list[Finding]], PreviewRow]
) -> tuple[list[PreviewRow], list[PreviewRow]]:
    """The first rows that will be created, and the first that will not."""
    good: list[PreviewRow] = []
    rejected: list[PreviewRow] = []
    for number, (row, found) in enumerate(zip(rows, findings, strict=True), 1):
        kind = rejected if any(finding.rejects for finding in found) else good
        if len(kind) < SHOWN:
            kind.append(show(number, row, found))
    return good, rejected


def _flat(findings: Iterable[Iterable[Finding]]) -> Iterable[Finding]:
    return (finding for found in findings for finding in found)


def _shown(number: int, row: DerivedRow, findings: list[Finding], schema: Schema) -> PreviewRow:
    labels = {file_field.name: file_field.label for file_field in schema.file_fields}
    prefix = f"{row.entry}/" if row.is_folder else ""
    files = [PreviewFile(path.removeprefix(prefix), labels[name]) for name, path in row.files.items()]
    return PreviewRow(number, prefix or row.entry, files, [finding.message for finding in findings][:SHOWN])
