"""Rules of a team that rows break which were stored before: they hold when the rows leave."""

from django.utils import timezone

from pipelines_portal.submissions.acceptances import acceptances_in
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.fields.verdicts import Verdict
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.judge import Rule, Rules, mark_of
from pipelines_portal.workflows.rules.stored import rules_for
from pipelines_portal.workflows.titles import known_schema

ADVICE = "Create it again, so that you can correct or accept it."


class BreaksRules(Exception):
    """Rows cannot be sent as they are stored. Nothing was sent. The message is shown to the person."""


def require_kept_rules(submission: Submission) -> list[Rule]:
    """Judge stored rows by the rules that hold now, with the warnings that were accepted for them. Raise BreaksRules.

    Return the rules. The claim looks at values that are used once.
    """
    place = {"key": submission.key_id, "workflow_id": submission.workflow_id}
    stored = rules_for(submission.key_id, submission.workflow_id)
    workflow = OpenedWorkflow.objects.filter(**place).first() if stored else None
    schema = known_schema(workflow) if workflow else None
    if schema is None:
        return stored
    rules, accepted = Rules(stored, schema.fields), acceptances_in(submission) if submission.accepted_count else {}
    for row in submission.rows.filter(fields__isnull=False).iterator():
        verdict, seen = (
            Verdict(values=row.fields or {}),
            {(each.rule, each.version, each.field) for each in accepted.get(row.pk, ())},
        )
        marks = {
            mark_of(rule, verdict.values): "accepted" for rule in stored if (rule.pk, rule.version, rule.field) in seen
        }
        rules.judge(verdict, timezone.now(), marks)
        if verdict.problems:
            first = verdict.problems[0]
            label, where = rules.label(first.field), f" in row {row.shown_number:,}" if submission.row_count > 1 else ""
            raise BreaksRules(f"Not sent. {label}{where}: {first.sentence} {ADVICE}")
    return stored
