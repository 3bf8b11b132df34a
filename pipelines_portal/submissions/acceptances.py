"""Warnings that people accepted: before a row is sent beside the row, afterwards in a table of their own."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.json_text import cleaned
from pipelines_portal.submissions.models import Acceptance, Submission, SubmissionRow
from pipelines_portal.workflows.fields.verdicts import Problem

# A warning, and who accepted it, when and why: see `accepted_now`.
AcceptedWarning = tuple[Problem, Mapping[str, Any]]
LONGEST_REASON, LONGEST_SHORT = 300, 60
BATCH = 1_000


def accepted_now(problem: Problem, by: User, reason: str) -> dict[str, Any]:
    """Return what is stored at a row that is not sent yet, under the mark of the warning.

    It has what the warning said: where a value was used may change before the row is sent.
    """
    return {
        "field": problem.field, "short": cleaned(problem.short)[:LONGEST_SHORT], "sentence": cleaned(problem.sentence),
        "value": cleaned(problem.value), "reason": cleaned(reason.strip()[:LONGEST_REASON]),
        "at": timezone.now().isoformat(), "by": by.pk, "name": str(by),
    }  # fmt: skip


def record_acceptances(submission: Submission, warnings: Mapping[int, Sequence[AcceptedWarning]]) -> None:
    """Store the accepted warnings of its rows, by their indexes, in place of those of an earlier check or try.

    Call in the transaction that stores the rows.
    """
    if not any(warnings.values()) and not submission.accepted_count:
        return
    indexes = list(warnings)
    rows = dict[int, int]()
    for start in range(0, len(indexes), BATCH):
        found = SubmissionRow.objects.filter(submission=submission, index__in=indexes[start : start + BATCH])
        rows.update(found.values_list("index", "pk"))
    people = {each["by"] for of_row in warnings.values() for _, each in of_row}
    present = set(User.objects.filter(pk__in=people).values_list("pk", flat=True))
    accepted = [
        _acceptance(rows[index], problem, each, present)
        for index, of_row in warnings.items()
        for problem, each in of_row
    ]
    if submission.accepted_count:
        Acceptance.objects.filter(row__submission=submission).delete()
    Acceptance.objects.bulk_create(accepted, BATCH)
    submission.accepted_count = len(accepted)
    Submission.objects.filter(pk=submission.pk).update(accepted_count=len(accepted))


def _acceptance(row: int, problem: Problem, stored: Mapping[str, Any], present: set[int]) -> Acceptance:
    rule, version, _ = problem.mark.split(".")
    return Acceptance(
        row_id=row, rule=int(rule), version=int(version), field=problem.field[:200], short=stored["short"],
        sentence=stored["sentence"], value=stored["value"], reason=stored["reason"],
        by_id=stored["by"] if stored["by"] in present else None, at=datetime.fromisoformat(stored["at"]),
    )  # fmt: skip


def acceptances_of(rows: Iterable[int]) -> dict[int, list[Acceptance]]:
    """Return the accepted warnings of rows, by their IDs."""
    return _by_row(Acceptance.objects.filter(row__in=list(rows)))


def acceptances_in(submission: Submission) -> dict[int, list[Acceptance]]:
    """Return those of all rows of a submission."""
    return _by_row(Acceptance.objects.filter(row__submission=submission))


def _by_row(acceptances: QuerySet[Acceptance]) -> dict[int, list[Acceptance]]:
    found: dict[int, list[Acceptance]] = {}
    for each in acceptances.select_related("by"):
        found.setdefault(each.row_id, []).append(each)
    return found
