"""Rows that were stored before a rule was there, or before it changed, are judged again when they leave."""

from typing import Any
from uuid import uuid4

from django.urls import reverse

from pipelines_portal.submissions.acceptances import accepted_now, record_acceptances
from pipelines_portal.submissions.models import Acceptance, Submission
from pipelines_portal.workflows.cached_schemas import cached_schema
from pipelines_portal.workflows.rules.judge import Rules
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.factories import Desk, browser_of
from tests.fake_api import FakeApi
from tests.pages import text_of

VALUES = {"input_text": "Hello", "target_language": "French"}


def make_rule(desk: Desk, **values: Any) -> WorkflowRule:
    return WorkflowRule.objects.create(
        key=desk.key, workflow_id=desk.workflow.workflow_id, position=1, kind="one of", field="input_text",
        value={"values": ["A"]}, **values,
    )  # fmt: skip


def make_draft(desk: Desk, *rows: dict[str, Any]) -> Submission:
    cached_schema(desk.workflow, desk.client)
    return Submission.objects.draft(desk.person, desk.workflow, rows or [VALUES], uuid4(), "form")


def send(draft: Submission) -> str:
    return text_of(browser_of(draft.owner).post(reverse("submissions:send", args=[draft.pk]), follow=True))


def test_a_draft_that_breaks_a_new_rule_is_not_sent(desk: Desk, api: FakeApi) -> None:
    draft = make_draft(desk)
    make_rule(desk)
    assert "Not sent. Text to translate: Not one of " in send(draft) and not api.tasks
    WorkflowRule.objects.update(is_on=False)
    send(draft)
    assert len(api.tasks) == 1


def test_a_warning_holds_a_draft_unless_it_was_accepted(desk: Desk, api: FakeApi) -> None:
    draft, rule = make_draft(desk), make_rule(desk, is_warning=True).as_rule()
    assert "Create it again, so that you can correct or accept it." in send(draft) and not api.tasks
    warning = Rules([rule], cached_schema(desk.workflow, desk.client).fields).broken_by(rule, VALUES, "Not allowed", "")
    record_acceptances(draft, {0: [(warning, accepted_now(warning, desk.person, ""))]})
    WorkflowRule.objects.update(version=2)
    send(draft)
    assert not api.tasks, "another version was accepted"
    WorkflowRule.objects.update(version=1)
    send(draft)
    assert len(api.tasks) == 1


def test_a_draft_of_rejected_rows_keeps_what_was_accepted(desk: Desk) -> None:
    other = make_draft(desk, VALUES, VALUES)
    draft, rule = make_draft(desk, VALUES, VALUES), make_rule(desk, is_warning=True).as_rule()
    warning = Rules([rule], cached_schema(desk.workflow, desk.client).fields).broken_by(rule, VALUES, "Not allowed", "")
    accepted = [(warning, accepted_now(warning, desk.person, ""))]
    for each in (draft, draft, other):
        record_acceptances(each, {0: accepted, 1: accepted})
    for each in (draft, other):
        assert Acceptance.objects.filter(row__submission=each).count() == 2
        assert Submission.objects.get(pk=each.pk).accepted_count == 2
    draft.rows.filter(index=1).update(status="rejected")
    again = Submission.objects.get(pk=draft.draft_rejected_rows().pk)
    assert again.accepted_count == 1 and Acceptance.objects.filter(row__submission=again).count() == 1
