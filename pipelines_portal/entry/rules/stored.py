"""Add, change, switch and delete rules. Open drafts and imports are checked again afterwards."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.db.transaction import on_commit
from django.http import Http404
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client import Schema
from pipelines_portal.audit.models import Event
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rows.checking import check_all
from pipelines_portal.entry.statuses import SheetStep
from pipelines_portal.submissions.models import Acceptance, RecordedField
from pipelines_portal.web.time_budget import TimeBudget
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.models import OpenedWorkflow, ReferenceList
from pipelines_portal.workflows.rules.judge import MOST_RULES, Rule, Rules
from pipelines_portal.workflows.rules.stored import WorkflowRule

MOST_AT_ONCE = 1_000
MOST_EVENTS, MOST_SHOWN, COUNTED_DAYS = 500, 10, 30
RULES_CHANGED = "Its rules changed, so the rows are checked again."


class NotStored(Exception):
    """Nothing was stored. The message is shown to the person."""


def stored_rules(workflow: OpenedWorkflow) -> list[WorkflowRule]:
    """Return all rules, also those that are off."""
    found = WorkflowRule.objects.filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
    return list(found.select_related("added_by", "reference_list"))


def stored_rule(workflow: OpenedWorkflow, pk: int) -> WorkflowRule:
    """Return a rule of the workflow, or raise Http404."""
    found = WorkflowRule.objects.filter(pk=pk, key=workflow.key_id, workflow_id=workflow.workflow_id)
    rule = found.select_related("reference_list").first()
    if rule is None:
        raise Http404
    return rule


@transaction.atomic
def add_rule(workflow: OpenedWorkflow, rule: Rule, schema: Schema, by: User) -> WorkflowRule:
    """Add a rule after the others. Raise NotStored."""
    _lock_list(rule)
    OpenedWorkflow.objects.select_for_update().filter(pk=workflow.pk).first()
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id}
    others = WorkflowRule.objects.filter(**place)
    if others.count() >= MOST_RULES:
        raise NotStored(f"A workflow has at most {MOST_RULES} rules. Delete one first.")
    last = others.aggregate(last=Max("position"))["last"] or 0
    stored = WorkflowRule(**place, position=last + 1, added_by=by, changed_by=by, **_columns(rule))
    stored.save(force_insert=True)
    _record(workflow, stored, schema, by, "added")
    _start_recording(workflow, stored)
    check_open_rows_again(workflow)
    return stored


@transaction.atomic
def change_rule(workflow: OpenedWorkflow, stored: WorkflowRule, rule: Rule, schema: Schema, by: User) -> bool:
    """Store the rule as its next version. Return False if somebody else has changed it since it was read.

    Raise NotStored.
    """
    _lock_list(rule)
    field_before = stored.field if stored.kind == Kind.ONCE else ""
    values = _columns(rule) | {"version": stored.version + 1, "changed_by": by, "changed_at": timezone.now()}
    if not WorkflowRule.objects.filter(pk=stored.pk, version=stored.version).update(**values):
        return False
    stored.refresh_from_db()
    _record(workflow, stored, schema, by, "changed")
    if stored.field != field_before:
        _start_recording(workflow, stored)
    check_open_rows_again(workflow)
    return True


@transaction.atomic
def switch_rule(workflow: OpenedWorkflow, stored: WorkflowRule, schema: Schema, by: User, *, is_on: bool) -> None:
    changed = {"is_on": is_on, "changed_by": by, "changed_at": timezone.now()}
    if WorkflowRule.objects.filter(pk=stored.pk, is_on=not is_on).update(**changed):
        _record(workflow, stored, schema, by, "switched on" if is_on else "switched off")
        if is_on:
            _start_recording(workflow, stored)
        check_open_rows_again(workflow)


@transaction.atomic
def delete_rule(workflow: OpenedWorkflow, stored: WorkflowRule, schema: Schema, by: User) -> None:
    _record(workflow, stored, schema, by, "deleted")
    stored.delete()
    check_open_rows_again(workflow)


def _lock_list(rule: Rule) -> None:
    """Wait for a person who deletes the list of the rule at the same time. Call in a transaction. Raise NotStored."""
    if rule.codes and not ReferenceList.objects.select_for_update().filter(pk=rule.codes.pk).exists():
        raise NotStored(f"{rule.codes.name} was deleted. Choose another list.")


def _start_recording(workflow: OpenedWorkflow, stored: WorkflowRule) -> None:
    if stored.kind == Kind.ONCE:
        RecordedField.start(workflow.key, workflow.workflow_id, stored.field)


def recorded_since(workflow: OpenedWorkflow) -> dict[str, datetime]:
    """Return the fields of which earlier values are not recorded yet, with the time since which they are."""
    fields = RecordedField.objects.filter(key=workflow.key_id, workflow_id=workflow.workflow_id, done_at=None)
    return dict(fields.values_list("field", "since"))


def check_open_rows_again(workflow: OpenedWorkflow) -> None:
    """Let the rows of open drafts and imports be judged again. Call in a transaction.

    The worker does it, but for few rows of grids: after the transaction, for whose lock all senders wait. Rows on their
    way are judged when they are claimed.
    """
    grids: list[Sheet] = []
    is_still = (Sheet.Status.CHECKED, Sheet.Status.PAUSED)
    for sheet in Sheet.objects.filter(
        key=workflow.key_id, workflow_id=workflow.workflow_id, status__in=is_still
    ).unfinished():
        if sheet.counts_as_read.requested:
            continue
        is_taken = sheet.take_step(SheetStep.RECHECK, Sheet.Status.CHECKING, problem=RULES_CHANGED)
        if is_taken and sheet.is_typed:
            grids.append(sheet)
    # Somebody who types hardly ever sees a grid while it is being checked.
    if sum(sheet.row_count for sheet in grids) <= MOST_AT_ONCE:
        on_commit(partial(_check_now, grids), robust=True)  # what fails is left to the worker


def _check_now(grids: list[Sheet]) -> None:
    for sheet in grids:
        if sheet.take_lease():
            check_all(sheet, TimeBudget())


def _columns(rule: Rule) -> dict[str, Any]:
    return {
        "kind": rule.kind.value, "field": rule.field, "value": dict(rule.value), "when": rule.when,
        "is_value": rule.is_value, "message": rule.message, "is_warning": rule.is_warning,
        "needs_reason": rule.needs_reason, "reference_list": rule.codes,
    }  # fmt: skip


def _record(workflow: OpenedWorkflow, stored: WorkflowRule, schema: Schema, by: User, what: str) -> None:
    sentence = Rules((), schema.fields).sentence(replace(stored.as_rule(), message=""))
    record(
        Verb.RULE_CHANGED, by=by, target=workflow, key=str(workflow.key), what=what, rule=sentence[:300],
        number=stored.pk,
    )  # fmt: skip


def history_of(workflow: OpenedWorkflow, rule_id: int) -> list[Event]:
    """Return the last changes of a rule, the newest first."""
    place = {"target_type": OpenedWorkflow._meta.model_name, "target_id": str(workflow.pk)}
    events = Event.objects.filter(verb=Verb.RULE_CHANGED, **place)[:MOST_EVENTS]
    return [event for event in events if event.detail.get("number") == rule_id][:MOST_SHOWN]


def accepted_by_rule(rules: Iterable[WorkflowRule]) -> dict[int, int]:
    """Return how often people accepted what the rules warned of, in the last 30 days."""
    since = timezone.now() - timedelta(days=COUNTED_DAYS)
    found = Acceptance.objects.filter(rule__in=[rule.pk for rule in rules], at__gte=since).order_by()
    return dict(found.values_list("rule").annotate(Count("pk")))
