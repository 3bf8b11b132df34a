"""Try a rule on the last rows that were sent, before it holds."""

from dataclasses import dataclass, field
from datetime import datetime

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.origin import title_of
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.fields.verdicts import Problem
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.judge import Rule, Rules
from pipelines_portal.workflows.rules.masks import mask_of
from pipelines_portal.workflows.rules.once import Use, problem_of_use, used_values

MOST_TRIED, MOST_SHOWN, MOST_MASKS = 500, 10, 6
# A rule that stops more of the rows is likely wrong.
NEARLY_EVERY = 0.5


@dataclass(frozen=True)
class Stopped:
    """A row that the rule would have stopped."""

    title: str
    value: str
    why: str
    task_id: int | None
    sent_at: datetime | None
    by: User


@dataclass(frozen=True)
class Trial:
    """How many of the last rows that the person may see the rule would have stopped, and the newest of them."""

    tried: int
    stopped: int
    is_warning: bool = False
    shown: list[Stopped] = field(default_factory=list)

    @property
    def passed(self) -> int:
        return self.tried - self.stopped

    @property
    def stops_nearly_every(self) -> bool:
        return self.stopped > NEARLY_EVERY * self.tried > 0


def last_rows(reader: User, workflow: OpenedWorkflow) -> list[SubmissionRow]:
    """Return the last rows with values that the reader may see, the newest first."""
    visible = Submission.objects.visible_to(reader).filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
    rows = SubmissionRow.objects.filter(submission__in=visible, status=SubmissionRow.Status.CREATED)
    return list(rows.exclude(fields=None).select_related("submission__owner").order_by("-pk")[:MOST_TRIED])


def try_rule(rows: list[SubmissionRow], rule: Rule, schema: Schema, title_field: str) -> Trial:
    rules, stopped = Rules([rule], schema.fields), []
    used = _used_before(rows, rule) if rule.kind == Kind.ONCE else {}
    for row in rows:
        sent, values = row.submission, row.fields or {}
        if use := used.get(row.pk):
            problem: Problem | None = problem_of_use(rules, rule, values, use)
        else:
            # A time was not in the future when it was sent.
            problem = rules.problem_of(rule, values, sent.sent_at or timezone.now())
        if problem:
            title = title_of(row.fields or {}, title_field)
            stopped.append(Stopped(title, problem.value, problem.short, row.task_id, sent.sent_at, sent.owner))
    return Trial(len(rows), len(stopped), rule.is_warning, stopped[:MOST_SHOWN])


def _used_before(rows: list[SubmissionRow], rule: Rule) -> dict[int, Use]:
    """Return the rows that share their value with an earlier one, with the first row that has it."""
    first: dict[str, SubmissionRow] = {}
    found: dict[int, Use] = {}
    for row in reversed(rows):
        for digest in used_values([rule], row.fields or {}).values():
            earlier = first.setdefault(digest, row)
            if earlier is not row and rule.holds_for(row.fields or {}):
                found[row.pk] = Use(task_id=earlier.task_id)
    return found


def masks_in(rows: list[SubmissionRow], name: str) -> list[tuple[str, str, int]]:
    """Return the masks of the values of a field, the most frequent first: mask, an example, count."""
    examples: dict[str, str] = {}
    counts: dict[str, int] = {}
    for row in rows:
        text = (row.fields or {}).get(name)
        if isinstance(text, str) and text.strip():
            mask = mask_of(text.strip()[:60])
            examples.setdefault(mask, text.strip()[:60])
            counts[mask] = counts.get(mask, 0) + 1
    most = sorted(counts, key=lambda mask: -counts[mask])[:MOST_MASKS]
    return [(mask, examples[mask], counts[mask]) for mask in most]
