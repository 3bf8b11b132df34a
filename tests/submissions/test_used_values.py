"""Values that are used once, claimed by several connections at once, and what their recording costs."""

import time
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines_portal.submissions.models import FieldValue, RecordedField, Submission, SubmissionRow, ValuesUsed
from pipelines_portal.submissions.outcomes import Outcome, rejection, unconfirmed
from pipelines_portal.submissions.sent_rows import lock_comparison
from pipelines_portal.submissions.used_values import FIRST_WAIT, find_uses, record_earlier
from pipelines_portal.workflows.rules.once import once_rules
from pipelines_portal.workflows.rules.stored import WorkflowRule, rules_for
from tests.at_once import AtOnce
from tests.factories import GOOD, Desk, open_desk, open_workflow
from tests.fake_api import FakeApi


@pytest.fixture
def desk(before_api: FakeApi) -> Desk:
    desk = open_desk(before_api)
    place = {"key": desk.key, "workflow_id": desk.workflow.workflow_id}
    WorkflowRule.objects.create(**place, position=1, kind="once", field="notes", value={"is_number": False})
    return desk


def rows(*notes: str) -> list[dict[str, Any]]:
    return [GOOD | {"notes": each} for each in notes]


def claim(draft: Submission) -> list[str] | None:
    once = once_rules(rules_for(draft.key_id, draft.workflow_id))
    with transaction.atomic():
        lock_comparison(draft.key_id, draft.workflow_id)
        return draft.claim_rows(0, until=timezone.now() + timedelta(minutes=5), once=once)


def used() -> list[SubmissionRow]:
    """Return the rows whose values are used."""
    return [value.row for value in FieldValue.objects.used().order_by("row_id")]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_claims_at_once_the_second_loses(desk: Desk) -> None:
    first, second = desk.draft(*rows("A-1")), desk.draft(*rows("a-1 "))
    other = AtOnce(lambda: claim(second))
    with transaction.atomic():
        assert claim(first) is not None
        other.start()
        time.sleep(0.5)  # it waits for the workflow by now
        assert other.is_alive()
    other.join()
    assert isinstance(other.result, ValuesUsed)
    second.refresh_from_db()
    assert second.status == Submission.Status.DRAFT and second.attempt == 0
    assert used() == [first.rows.get()]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_claim_that_waited_has_the_value_if_the_first_was_rolled_back(desk: Desk) -> None:
    first, second = desk.draft(*rows("A-1")), desk.draft(*rows("A-1"))
    other = AtOnce(lambda: claim(second))
    with transaction.atomic():
        claim(first)
        other.start()
        time.sleep(0.5)
        transaction.set_rollback(True)
    other.join()
    assert isinstance(other.result, list)
    assert used() == [second.rows.get()]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_claims_of_the_same_values_in_other_orders_never_wait_in_a_circle(desk: Desk) -> None:
    names = [f"A-{number}" for number in range(40)]
    drafts = [desk.draft(*rows(*names)), desk.draft(*rows(*reversed(names)))]
    for _ in range(5):
        claims = [AtOnce(lambda pk=draft.pk: claim(Submission.objects.get(pk=pk))) for draft in drafts]  # type: ignore[misc]
        for each in claims:
            each.start()
        for each in claims:
            each.join()
        assert sorted(type(each.result).__name__ for each in claims) == ["ValuesUsed", "list"]
        won = Submission.objects.get(status=Submission.Status.SENDING)
        won.record(Outcome(Submission.Status.DRAFT))
        assert not used()


@pytest.mark.django_db
def test_two_rows_of_one_submission_cannot_use_a_value(desk: Desk) -> None:
    draft = desk.draft(*rows("A-1", "A-2", "A-1"))
    with pytest.raises(ValuesUsed) as raised:
        claim(draft)
    assert raised.value.rows == [draft.rows.get(index=2).pk]
    assert draft.status == Submission.Status.DRAFT and not FieldValue.objects.exists(), "nothing was stored"


@pytest.mark.django_db
def test_rejected_rows_use_nothing_and_those_that_a_late_answer_creates_do(desk: Desk) -> None:
    sent = desk.draft(*rows("A-1", "A-2"))
    assert claim(sent)
    partly = Outcome(Submission.Status.PARTLY_CREATED, "", 1, 1, rejection(2, "", [(1, "", "No")]).rejections, (7,))
    sent.record(unconfirmed("The connection broke."))
    assert len(used()) == 2
    assert sent.decide_not_created(desk.person) and not used()
    only_second = {index: why for index, why in (partly.rejections or {}).items() if index == 1}
    sent.record(Outcome(Submission.Status.PARTLY_CREATED, "", 1, 1, only_second, (7,)))
    assert used() == [sent.rows.get(index=0)]
    at_once = desk.draft(*rows("B-1", "B-2"))
    assert claim(at_once)
    at_once.record(Outcome(Submission.Status.PARTLY_CREATED, "", 1, 1, only_second, (8,)))
    assert used() == [sent.rows.first(), at_once.rows.first()]


@pytest.mark.django_db
def test_the_same_value_of_another_field_or_workflow_is_free(desk: Desk) -> None:
    other = open_workflow(desk.key, 43)
    for place, field in ((desk.workflow, "input_text"), (other, "notes")):
        WorkflowRule.objects.create(
            key=desk.key, workflow_id=place.workflow_id, position=2, kind="once", field=field, value={}
        )
    for values, workflow in (
        ({"notes": "A", "input_text": "B"}, desk.workflow),
        ({"notes": "B", "input_text": "A"}, desk.workflow),
        ({"notes": "A"}, other),
    ):
        assert claim(desk.draft(GOOD | values, workflow=workflow))
    assert FieldValue.objects.count() == 5


@pytest.mark.django_db
def test_a_value_is_used_when_its_row_has_no_values_any_more(desk: Desk) -> None:
    """Those of a task are removed after the time that the administrator chose."""
    sent = desk.draft(*rows("A-1"))
    assert claim(sent) and sent.record(created(7)) and sent.drop_values()
    assert sent.rows.get().fields is None
    with pytest.raises(ValuesUsed):
        claim(desk.draft(*rows("A-1")))


@pytest.mark.django_db
def test_what_a_draft_recorded_goes_with_its_rows(desk: Desk) -> None:
    tried = desk.draft(*rows("A-1"))
    assert claim(tried) and tried.record(Outcome(Submission.Status.DRAFT))
    assert FieldValue.objects.exists() and not used()
    assert tried.discard(desk.person) and not FieldValue.objects.exists()


@pytest.mark.django_db
def test_a_claim_takes_two_statements_for_what_is_used_once(desk: Desk) -> None:
    def count(draft: Submission) -> int:
        with CaptureQueriesContext(connection) as met:
            assert claim(draft)
        return len(met)

    with_rule = count(desk.draft(*rows("A-1")))
    WorkflowRule.objects.all().delete()
    without = count(desk.draft(*rows("A-2")))
    assert with_rule == without + 2, "who has the values, and what is recorded"


def created(*tasks: int) -> Outcome:
    return Outcome(Submission.Status.CREATED, "", len(tasks), 0, {}, tasks)


@pytest.mark.django_db
def test_the_newest_row_for_which_the_rule_holds_has_the_value(desk: Desk) -> None:
    """A copy that corrects the task may have it, and so may one that corrects the copy, whatever has it besides."""
    values, tasks = {"notes": "A-1"}, []
    WorkflowRule.objects.update(when="target_language", is_value="French")
    for task, more in ((7, {}), (8, {}), (9, {"target_language": "German"})):
        sent = desk.draft(GOOD | values | {"target_language": "French"} | more)
        sent.record_values(rules_for(desk.key.pk, desk.workflow.workflow_id))
        assert sent.claim(0, until=None) and sent.record(created(task))
        place = (desk.key.pk, desk.workflow.workflow_id, [next(iter(FieldValue.objects.all())).used])
        tasks += [use.corrected_task for use in find_uses(*place, Submission.objects.all()).values()]
    assert tasks == [7, 8, 8]


def two_tries(desk: Desk) -> tuple[Submission, Submission]:
    """Return a submission on its second try, and as it was on the first, which a person declared not created."""
    sent = desk.draft(*rows("A-1"))
    assert claim(sent)
    first = Submission.objects.get(pk=sent.pk)
    sent.record(unconfirmed("The connection broke."))
    assert sent.decide_not_created(desk.person) and claim(sent)
    return sent, first


@pytest.mark.django_db
def test_values_are_used_if_an_earlier_try_made_a_task(desk: Desk) -> None:
    """A person said that nothing was created, the second try was rejected, and the first had made a task after all."""
    sent, first = two_tries(desk)
    assert not sent.is_decided_by_person, "nobody has decided about the second try"
    sent.record(rejection(1, "No"))
    assert not used()
    first.record(created(7))
    assert sent.unattributed_tasks.get().task_id == 7 and used() == [sent.rows.get()]


@pytest.mark.django_db
def test_a_rejected_try_frees_no_value_of_a_task_of_the_first(desk: Desk) -> None:
    sent, first = two_tries(desk)
    first.record(created(7))
    assert sent.record(rejection(1, "No")) and used() == [sent.rows.get()]


@pytest.mark.django_db
def test_a_late_answer_that_nothing_was_created_frees_the_values(desk: Desk) -> None:
    sent = desk.draft(*rows("A-1"))
    assert claim(sent)
    as_sent = Submission.objects.get(pk=sent.pk)
    sent.record(unconfirmed("The connection broke."))
    assert sent.decide_created([7], desk.person) and used()
    assert as_sent.record(Outcome(Submission.Status.DRAFT)) and not used()


@pytest.mark.django_db
def test_a_draft_that_was_tried_before_has_no_right_to_its_value(desk: Desk) -> None:
    """Its row is the newer one, but another was sent in the meantime."""
    other, tried = desk.draft(*rows("A-1")), desk.draft(*rows("A-1"))
    assert claim(tried) and tried.record(Outcome(Submission.Status.DRAFT)) and claim(other)
    with pytest.raises(ValuesUsed):
        claim(tried)


@pytest.mark.django_db
def test_a_restore_doubts_drafts_and_has_their_values_recorded(desk: Desk) -> None:
    tried, untried = desk.draft(*rows("A-1")), desk.draft(*rows("A-2"))
    called_off = desk.draft(*rows("A-3"))
    called_off.call_off()
    tried.record_newest(5)
    RecordedField.start(desk.key, desk.workflow.workflow_id, "notes")
    RecordedField.objects.update(done_at=timezone.now())
    Submission.objects.all().unconfirm_restored(timezone.now(), {desk.workflow.workflow_id: 9})
    for draft, newest in ((tried, 5), (untried, 9)):
        draft.refresh_from_db()
        assert (draft.status, draft.newest_task_id_before, draft.rows.get().status) == (
            "unconfirmed",
            newest,
            "unconfirmed",
        )
    called_off.refresh_from_db()
    assert called_off.status == "draft" and RecordedField.objects.get().done_at is None


@pytest.mark.django_db
def test_what_left_already_is_claimed_although_its_value_is_used(desk: Desk) -> None:
    first, second = desk.draft(*rows("A-1")), desk.draft(*rows("A-1"))
    assert claim(first) and second.claim(0, until=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "group", "is_used"), [("form", None, False), ("import", uuid4(), True), ("import", None, False)]
)
def test_a_refused_request_of_an_import_keeps_its_values(
    desk: Desk, kind: str, group: UUID | None, is_used: bool
) -> None:
    """Its rows wait in the import, unless that was removed. A request that was called off uses no values."""
    sent = desk.draft(*rows("A-1"))
    Submission.objects.update(kind=kind, group=group)
    sent.refresh_from_db()
    assert claim(sent)
    sent.record(Outcome(Submission.Status.DRAFT))
    assert bool(used()) is is_used
    other = desk.draft()
    sent.call_off()
    other.refresh_from_db()
    assert not used() and claim(sent) is None and not other.is_called_off


@pytest.mark.django_db
def test_a_large_submission_of_earlier_is_recorded(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines_portal.submissions.used_values.MOST_ROWS", 1)
    for names in (["A-1", "A-2"], ["A-3"]):
        assert claim(desk.draft(*rows(*names)))
    FieldValue.objects.all().delete()
    RecordedField.start(desk.key, desk.workflow.workflow_id, "notes")
    RecordedField.objects.update(since=timezone.now() - FIRST_WAIT)
    counts = [FieldValue.objects.count() for _ in range(4) if record_earlier()]
    assert counts == [2, 3, 3]


@pytest.mark.django_db
def test_what_was_sent_before_the_clock_was_set_back_is_recorded(desk: Desk) -> None:
    assert claim(desk.draft(*rows("A-1")))
    Submission.objects.update(created_at=timezone.now() + timedelta(minutes=30))
    RecordedField.start(desk.key, desk.workflow.workflow_id, "notes")
    RecordedField.objects.update(since=timezone.now() - FIRST_WAIT)
    assert record_earlier() and FieldValue.objects.exists()


@pytest.mark.django_db
def test_drafts_of_earlier_and_other_workflows_use_no_value(desk: Desk) -> None:
    desk.draft(*rows("A-1"))
    assert claim(desk.draft(*rows("A-2"), workflow=open_workflow(desk.key, 43)))
    RecordedField.start(desk.key, desk.workflow.workflow_id, "notes")
    RecordedField.objects.update(since=timezone.now() - FIRST_WAIT)
    assert record_earlier() and not used()


@pytest.mark.django_db
def test_a_task_that_both_tries_name_is_listed_once(desk: Desk) -> None:
    """An API that honours keys answers the second try with the task of the first, whose answer came late."""
    sent = desk.draft(*rows("A-1"))
    assert claim(sent)
    first, created = Submission.objects.get(), Outcome(Submission.Status.CREATED, "", 1, 0, {}, (7,))
    sent.record(unconfirmed("The connection broke."))
    assert sent.decide_not_created(desk.person) and claim(sent)
    assert not first.record(created) and sent.unattributed_tasks.exists()
    assert sent.record(created) and not sent.unattributed_tasks.exists() and sent.rows.get().task_id == 7


@pytest.mark.django_db
def test_uses_of_many_values_are_found(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines_portal.submissions.used_values.VALUES_PER_QUERY", 1)
    assert claim(desk.draft(*rows("A-1", "A-2")))
    values = list(FieldValue.objects.values_list("field", "digest"))
    SubmissionRow.objects.update(number=2)
    group, place = uuid4(), (desk.key.pk, desk.workflow.workflow_id, values, Submission.objects.all())
    found = find_uses(*place)
    assert found.keys() == set(values) and {use.row for use in found.values()} == {0}, "of no import"
    assert not find_uses(desk.key.pk, 43, *place[2:]) and not find_uses(desk.key.pk + 1, *place[1:])
    Submission.objects.update(group=group)
    assert {use.row for use in find_uses(*place, group=group).values()} == {2}
