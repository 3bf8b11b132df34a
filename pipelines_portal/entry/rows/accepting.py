"""Accept warnings: a person has looked at the rows, and they are sent as they are."""

from collections.abc import Iterable, Sequence
from hashlib import sha256

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import ErrorGroup, Row, RowError, Sheet
from pipelines_portal.entry.rows.fixing import FixOutcome, change_rows
from pipelines_portal.submissions.acceptances import accepted_now
from pipelines_portal.workflows.rules.judge import Rule

# More rows are accepted a page at a time, so that somebody has seen them.
MOST_UNSEEN = 20


def rule_of(sheet: Sheet, groups: Sequence[ErrorGroup]) -> Rule | None:
    """Return the rule of a group of warnings, or None if they are gone or are no warnings."""
    if not groups or not groups[0].problem.is_warning:
        return None
    about = groups[0].problem.rule, groups[0].field_name
    return next((rule for rule in sheet.rules if (rule.pk, rule.field) == about), None)


def seen_mark(rule: Rule, rows: Iterable[Row]) -> str:
    """Return what a page sends back with the rows that it showed: it is another one if a row or the rule changes."""
    seen = [rule.version, *sorted((row.number, row.version) for row in rows)]
    return sha256(repr(seen).encode()).hexdigest()[:16]


def rows_by_group(sheet: Sheet, groups: list[int]) -> dict[int, list[Row]]:
    """Return the rows of groups, in two queries."""
    numbers: dict[int, list[int]] = {}
    for group, number in RowError.objects.filter(group__in=groups).values_list("group", "number"):
        numbers.setdefault(group, []).append(number)
    wanted = {number for each in numbers.values() for number in each}
    rows = {row.number: row for row in sheet.rows.filter(number__in=wanted).defer("cells", "fields")}
    return {group: [rows[number] for number in each if number in rows] for group, each in numbers.items()}


def accept_warnings(sheet: Sheet, by: User, rule: Rule, numbers: list[int], reason: str) -> FixOutcome:
    """Accept what the rule warns of in these rows. Raise CannotChange."""
    reader = sheet.row_reader()

    def accept(row: Row) -> bool:
        verdict = reader.read(row.cells, row.edits, row.accepted_marks)
        warning = next(
            (each for each in verdict.problems if each.is_warning and (each.rule, each.field) == (rule.pk, rule.field)),
            None,
        )
        if warning is None:
            return False
        row.accepted = row.accepted | {warning.mark: accepted_now(warning, by, reason)}
        return True

    return change_rows(sheet, by, "Accept warnings", numbers, accept)
