"""Accept warnings: a person has looked at the rows, and they are sent as they are."""

from collections.abc import Sequence
from dataclasses import replace

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import ErrorGroup, ImportJob, ImportRow, RowError
from pipelines_portal.entry.rows.fixing import FixOutcome, change_rows
from pipelines_portal.submissions.acceptances import accepted_now
from pipelines_portal.values.rules import Kind, Rule, Rules
from pipelines_portal.values.verdicts import WARNING

# More rows are accepted a page at a time, so that somebody has seen them.
MOST_UNSEEN = 20
BATCH = 500


def rule_of(import_job: ImportJob, groups: Sequence[ErrorGroup]) -> Rule | None:
    """Return the rule of a group of warnings, or None if they are gone or are no warnings."""
    number = groups[0].problem.rule if groups and groups[0].problem.is_warning else 0
    return next((rule for rule in import_job.rules if rule.pk == number), None)


def accept_warnings(import_job: ImportJob, by: User, rule: Rule, numbers: list[int], reason: str) -> FixOutcome:
    """Accept what the rule warns of in these rows. Raise CannotChange."""
    said = _said_of(import_job, rule, numbers) if rule.kind == Kind.ONCE else {}
    reader, rules = import_job.row_reader(), Rules(import_job.rules, import_job.parsed_schema.fields)

    def accept(row: ImportRow) -> bool:
        verdict = reader.read(row.cells, row.edits, row.accepted_marks)
        warning = next((each for each in verdict.problems if each.is_warning and each.rule == rule.pk), None)
        if rule.kind == Kind.ONCE and row.number in said and verdict.values.get(rule.field):
            short, sentence = said[row.number]
            warning = replace(rules.broken_by(rule, verdict.values, short), sentence=sentence)
        if warning is None:
            return False
        row.accepted = row.accepted | {warning.mark: accepted_now(warning, by, reason)}
        return True

    return change_rows(import_job, by, "Accept warnings", lambda: numbers, accept)


def _said_of(import_job: ImportJob, rule: Rule, numbers: list[int]) -> dict[int, tuple[str, str]]:
    """Return what people read of used values, in a few words and as a sentence, by the numbers of the rows."""
    found, errors = dict[int, tuple[str, str]](), RowError.objects.filter(group__import_job=import_job)
    errors = errors.filter(group__kind=f"{WARNING}{rule.pk}")
    for start in range(0, len(numbers), BATCH):
        batch = errors.filter(number__in=numbers[start : start + BATCH])
        found |= {
            number: (short, sentence)
            for number, short, sentence in batch.values_list("number", "group__short", "group__message")
        }
    return found
