"""Judge rows of an import by the fields that are used once: against what was sent, and against each other."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from django.db.models import Exists, OuterRef, QuerySet

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import RowValue, Sheet
from pipelines_portal.submissions.models import Submission, SubmissionTeam
from pipelines_portal.submissions.used_values import find_uses, query_uses, read_uses
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.fields.verdicts import USED_BY_TASK, Problem, Verdict
from pipelines_portal.workflows.rules.judge import Rules
from pipelines_portal.workflows.rules.once import (
    Use,
    UsedValue,
    add_used,
    has_to_be_free,
    once_rules,
    used_values,
    values_to_be_free,
)

BATCH = 500


class JudgedRow(NamedTuple):
    """A row with its verdict, and the task that it corrects.

    `is_duplicate_wanted`: it has the values of a task, and a person wants it all the same.
    """

    number: int
    verdict: Verdict
    corrects_task: int | None
    is_duplicate_wanted: bool = False


class OnceCheck:
    """The fields that are used once in the workflow of an import, as the rules say now."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self.rules = Rules(sheet.rules, sheet.parsed_schema.fields)
        self._once = once_rules(self.rules.rules)
        # The first row with each value.
        self.first: dict[UsedValue, Use] = {}
        # Where values were sent, as far as everybody may know who may see the import, and which were looked up.
        self._sent: dict[UsedValue, Use] = {}
        self._looked_up: set[UsedValue] = set()

    @property
    def is_needed(self) -> bool:
        return bool(self._once)

    def values(self, fields: FieldValues) -> dict[str, str]:
        return used_values(self._once, fields)

    def judge(self, rows: Sequence[JudgedRow]) -> None:
        """Add problems to the verdicts of rows, which are in the order of their numbers.

        Of rows with the same value, the first one has it. A row whose value is that of a task can become a corrected
        copy of the task.
        """
        job, values = self._sheet, [self.values(row.verdict.values) for row in rows]
        wanted = {
            (field, digest)
            for row, digests in zip(rows, values, strict=True)
            for field, digest in digests.items()
            if has_to_be_free(self._once, field, row.verdict.values)
        } - self._looked_up
        self._sent |= find_uses(job.key_id, job.workflow_id, wanted, _visible_to_readers(job), group=job.pk)
        for (number, verdict, corrects_task, is_wanted), digests in zip(rows, values, strict=True):
            first = {value: self.first[value] for value in digests.items() if value in self.first}
            earlier = {value: use for value, use in first.items() if use.row < number}
            add_used(self.rules, verdict, self._sent, first=earlier, corrects_task=corrects_task)
            if not (corrects_task or is_wanted):
                verdict.problems = [_with_task(problem) for problem in verdict.problems]
            self.first |= {value: Use(number) for value in digests.items() if value not in earlier}

    def look_up(self, rows: Mapping[int, Verdict]) -> list[tuple[int, UsedValue]]:
        """Return the numbers and values of rows that have a value which `rows`, given by ID, have or had.

        The same query finds where their values were sent, for `judge`.
        """
        job, same, ids = self._sheet, list[tuple[int, UsedValue]](), list(rows)
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            values = {value for pk in batch for value in self.values(rows[pk].values).items()}
            wanted = {value for pk in batch for value in values_to_be_free(self._once, rows[pk].values)}
            found: Any = RowValue.objects.sharing(job, batch, values).as_uses()
            if wanted:
                found = query_uses(job.key_id, job.workflow_id, wanted, _visible_to_readers(job)).union(found, all=True)
            uses = list(found)
            same += [(number, (field, digest)) for field, digest, number, is_sent, *_ in uses if is_sent is None]
            self._sent |= read_uses((use for use in uses if use[3] is not None), group=job.pk)
            self._looked_up |= wanted
        return sorted(same)

    def store(self, rows: Mapping[int, Verdict]) -> None:
        """Store the values of rows, given by ID, so that others are found. Call in the transaction that writes them."""
        none = dict.fromkeys((rule.field for rule in self._once), "")
        if none:
            RowValue.objects.store(self._sheet, {pk: none | self.values(row.values) for pk, row in rows.items()})


def _with_task(problem: Problem) -> Problem:
    """Return the error of a value that a known task has as one that a corrected copy resolves."""
    if not problem.task:
        return problem
    return replace(problem, kind=f"{USED_BY_TASK}{problem.rule}")


def _visible_to_readers(sheet: Sheet) -> QuerySet[Submission]:
    """Return what its owner may see, and the leads of all of its teams too: they read its errors.

    The owner of its key sees everything that was sent with it.
    """
    teams = SubmissionTeam.objects.filter(submission=OuterRef(OuterRef("pk"))).order_by().values("team")
    hidden_from = Sheet.teams.through.objects.filter(sheet=sheet.pk).exclude(team__in=teams)
    return Submission.objects.visible_to(User(pk=sheet.owner_id)).exclude(Exists(hidden_from))
