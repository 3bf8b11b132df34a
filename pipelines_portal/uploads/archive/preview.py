"""What will be created, said before anything is sent."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from pipelines_portal.api_client import Schema

from .derived_rows import DerivedRow, derive_rows, is_junk
from .directory import Directory
from .findings import Finding, Problem, findings_of, told_together, wrapper_problem
from .tail import Unusable

SHOWN = 12


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
    rows: list[PreviewRow] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored_count: int = 0
    is_derived: bool = True

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
    preview.rows = [_shown(number, row, findings[number - 1], schema) for number, row in enumerate(rows[:SHOWN], 1)]
    return preview, rows


def summed_up(findings: list[list[Finding]], schema: Schema) -> Preview:
    """Counts and problems of rows whose findings these are."""
    good = sum(not any(finding.rejects for finding in found) for found in findings)
    return Preview(len(findings), good, len(findings) - good, problems=told_together(_flat(findings), schema))


def _flat(findings: Iterable[Iterable[Finding]]) -> Iterable[Finding]:
    return (finding for found in findings for finding in found)


def _shown(number: int, row: DerivedRow, findings: list[Finding], schema: Schema) -> PreviewRow:
    labels = {file_field.name: file_field.label for file_field in schema.file_fields}
    prefix = f"{row.entry}/" if row.is_folder else ""
    files = [PreviewFile(path.removeprefix(prefix), labels[name]) for name, path in row.files.items()]
    problems = [finding.message.replace(prefix, "") if prefix else finding.message for finding in findings]
    return PreviewRow(number, prefix or row.entry, files, problems[:SHOWN])
