"""Suggestions are the person's own values that became tasks: counted by the worker, most frequent first."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions import suggestions
from pipelines_portal.submissions.models import Submission, TypedCount
from pipelines_portal.submissions.retention import drop_old_values
from pipelines_portal.submissions.suggestions import count_values, delete_old_counts, listed_values, suggested_values
from pipelines_portal.workflows.models import FieldTitles, WorkflowNote
from tests.factories import BAD, GOOD, Desk, make_person, send, share_key
from tests.samples import field


def sent(desk: Desk, *texts: str, days_ago: int = 0) -> Submission:
    """Send a row with each of the texts, and let the worker count."""
    submission = send(desk.draft(*(GOOD | {"notes": text} for text in texts)), desk.client)
    finished_at = timezone.now() - timedelta(days=days_ago)
    Submission.objects.filter(pk=submission.pk).update(finished_at=finished_at)
    while count_values():
        pass
    return submission


def suggested(desk: Desk, typed: str, name: str = "notes", person: User | None = None) -> list[str]:
    return [value for value, _ in suggested_values(person or desk.person, desk.workflow, name, typed)]


def test_most_frequent_first_then_newest(desk: Desk) -> None:
    sent(desk, "Deliver before 9:00", days_ago=3)
    sent(desk, "Deliver to the gate", days_ago=2)
    sent(desk, "Delivery note", "Delivery note", days_ago=9)
    assert suggested(desk, "De") == ["Delivery note", "Deliver to the gate", "Deliver before 9:00"]
    assert suggested_values(desk.person, desk.workflow, "notes", "deliverY") == [("Delivery note", 2)]
    sent(desk, "Deliver before 9:00", "Deliver before 9:00")
    assert suggested_values(desk.person, desk.workflow, "notes", "de")[0] == ("Deliver before 9:00", 3)


def test_from_the_second_letter_at_most_six(desk: Desk) -> None:
    sent(desk, *(f"Text {number}" for number in range(8)))
    assert suggested(desk, "T") == suggested(desk, " T ") == suggested(desk, "") == []
    assert len(suggested(desk, "Te")) == 6


def test_letters_match_without_case_and_accents_and_signs_mean_themselves(desk: Desk) -> None:
    sent(desk, "Şahin Gıda", "50% off", "5x0 off")
    assert suggested(desk, "sah") == suggested(desk, "ŞA") == ["Şahin Gıda"]
    assert suggested(desk, "50%") == ["50% off"]
    assert suggested(desk, "5_") == []


def test_what_was_rejected_or_is_long_is_not_suggested(desk: Desk) -> None:
    submission = send(desk.draft(GOOD | {"notes": "Fine"}, BAD | {"notes": "Rejected"}), desk.client)
    assert submission.status == "partly_created"
    sent(desk, "Long " * 17, "Two\nlines", "ab")
    assert set(TypedCount.objects.filter(field="notes").values_list("value", flat=True)) == {"Fine"}


def test_only_fields_that_have_suggestions_are_counted(desk: Desk) -> None:
    schema = {"workflow_id": 42, "fields": [field("input_text", "long_text"), field("notes")]}
    FieldTitles.objects.update_or_create(workflow=desk.workflow, defaults={"schema": schema})
    sent(desk, "Known")
    assert set(TypedCount.objects.values_list("field", flat=True)) == {"notes"}


def test_others_get_their_own_only(desk: Desk) -> None:
    sent(desk, "Nordlicht")
    colleague = make_person("ben@acme.example")
    share_key(desk.key, colleague)
    assert suggested(desk, "no") == ["Nordlicht"]
    assert suggested(desk, "no", person=colleague) == []
    assert suggested(desk, "no", name="input_text") == []


def test_each_submission_is_counted_once(desk: Desk) -> None:
    sent(desk, "Nordlicht")
    assert not count_values()
    assert TypedCount.objects.get(value="Nordlicht").count == 1


def test_a_submission_is_counted_once_its_outcome_is_known(desk: Desk) -> None:
    submission = desk.draft(GOOD | {"notes": "Nordlicht"})
    assert not count_values()
    send(submission, desk.client)
    assert count_values()
    assert suggested(desk, "no") == ["Nordlicht"]


def test_one_step_counts_few_rows(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "MOST_ROWS", 3)
    for number in range(3):
        send(desk.draft(GOOD | {"notes": f"Text {number}"}, GOOD | {"notes": "Again"}), desk.client)
    assert count_values()
    assert Submission.objects.filter(values_counted_at=None).count() == 2
    assert count_values() and count_values() and not count_values()
    assert TypedCount.objects.get(value="Again").count == 3


def test_the_rarest_and_oldest_of_many_values_are_deleted(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "MOST_VALUES", 2)
    sent(desk, "Frequent", "Frequent", days_ago=5)
    sent(desk, "Older", days_ago=4)
    sent(desk, "Newer", days_ago=3)
    assert set(TypedCount.objects.filter(field="notes").values_list("value", flat=True)) == {"Frequent", "Newer"}


def test_after_90_days_a_value_is_neither_suggested_nor_counted_nor_stored(desk: Desk) -> None:
    sent(desk, "Nordlicht", "Nordwind", days_ago=80)
    TypedCount.objects.filter(value="Nordwind").update(last_at=timezone.now() - timedelta(days=91))
    assert suggested(desk, "no") == ["Nordlicht"]
    assert delete_old_counts() == 1
    sent(desk, "Norma", days_ago=91)
    assert suggested(desk, "no") == ["Nordlicht"]


def test_a_value_is_deleted_with_the_values_of_its_submissions(desk: Desk, settings: Any) -> None:
    sent(desk, "Zanzibar", days_ago=31)
    assert suggested(desk, "za") == ["Zanzibar"]
    settings.SUBMISSION_RETENTION_DAYS = 30
    assert suggested(desk, "za") == []
    assert drop_old_values() == 1
    assert delete_old_counts() > 0
    assert not TypedCount.objects.exists()


def test_values_go_with_the_key(desk: Desk) -> None:
    sent(desk, "Nordlicht")
    desk.key.delete()
    assert not TypedCount.objects.exists()


def test_people_and_those_who_write_hints_switch_them_off(desk: Desk) -> None:
    sent(desk, "Nordlicht")
    note = WorkflowNote.objects.create(
        key=desk.key, workflow_id=desk.workflow.workflow_id, field="notes", has_suggestions=False
    )
    assert suggested(desk, "no") == []
    assert "notes" not in listed_values(desk.person, desk.workflow)
    note.delete()
    assert listed_values(desk.person, desk.workflow)["notes"] == ["Nordlicht"]
    desk.person.has_suggestions = False
    assert suggested(desk, "no") == []
    assert listed_values(desk.person, desk.workflow) == {}


def test_a_list_has_the_most_frequent_values(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggestions, "MOST_LISTED", 2)
    sent(desk, "Rare", "Often", "Often", "Twice", "Twice", days_ago=1)
    sent(desk, "Often")
    assert listed_values(desk.person, desk.workflow)["notes"] == ["Often", "Twice"]


def test_suggesting_takes_one_statement_and_an_index(desk: Desk) -> None:
    with CaptureQueriesContext(connection) as met:
        suggested(desk, "no")
    assert len(met) == 1
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {met[0]['sql']}")
            plan = "\n".join(row[-1] for row in cursor.fetchall())
        assert "folded>? AND folded<?" in plan
