"""Conditions on what was sent, and "not" with any condition."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from pipelines_portal.api_client import Schema
from pipelines_portal.attention.models import GroupTask, ProblemGroup
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.models import IndexedTask
from pipelines_portal.tasks import found_tasks
from pipelines_portal.tasks.neighbours import neighbours
from pipelines_portal.workflows.titles import remember_schema
from tests.conftest import EVERY_TYPE
from tests.each_case import each_case
from tests.factories import (
    Desk,
    browser_of,
    make_colleague,
    make_index,
    make_person,
    make_task,
    make_team,
    open_workflow,
    share_key,
)
from tests.fake_api import FakeApi
from tests.pages import text_of
from tests.samples import field
from tests.tasks.test_found_tasks import read, shown
from tests.tasks.test_list import address, ids, link

FIELDS = [
    field("channel", "select", options=["Fax", "Phone", "Fax machine"]),
    field("customer"),
    field("gross_amount", "numeric", title="Gross"),
    field("received_at", "datetime", title="Received at"),
    field("sure", "boolean"),
]
ROWS = [
    {"channel": "Fax", "customer": "Nordlicht GmbH", "gross_amount": 1240.5, "sure": True},
    {"channel": "Phone", "customer": "Nord Süd", "gross_amount": 30000, "received_at": "2026-11-21T10:30:00Z"},
    {"channel": "Fax machine", "customer": "Şahin – fax", "gross_amount": "12345678901234567.5", "sure": False},
]


@pytest.fixture
def at(desk: Desk) -> Desk:
    """Three tasks: 1, 2 and 3, with the values of ROWS."""
    remember_schema(desk.workflow, Schema.model_validate({"fields": FIELDS}))
    read(desk, {1: "pending", 2: "failed", 3: "finished", 4: "pending"})
    send_rows(desk, desk.person, {1: ROWS[0], 2: ROWS[1], 3: ROWS[2]})
    return desk


def send_rows(desk: Desk, by: Any, rows: dict[int, dict[str, Any]]) -> Submission:
    """Store a submission of tasks with these ids and values, and index their words as if they had been sent."""
    submission = Submission.objects.draft(by, desk.workflow, list(rows.values()), uuid4(), "import")
    assert submission.claim(0, until=None)
    for index, task_id in enumerate(rows):
        submission.rows.filter(index=index).update(task_id=task_id, status="created")
    ended = {"status": "created", "success_count": len(rows), "finished_at": timezone.now()}
    Submission.objects.filter(pk=submission.pk).update(**ended)
    return submission


@each_case(
    ("condition", "found"),
    [
        ("channel:fax", [1]),
        ("Channel:PHONE", [2]),
        ("channel:fax machine", [3]),
        ("customer:nordlicht", [1]),
        ("customer:nord", [2]),
        ("customer:nord sud", [2]),
        ("customer:lich", []),
        ("customer:sahin", [3]),
        ("gross:>1240", [3, 2, 1]),
        ("gross:>=30000", [3, 2]),
        ("gross:>30000", [3]),
        ("gross amount:<30,000.00", [1]),
        ("gross_amount:1240.50", [1]),
        ("gross:<=1240.5", [1]),
        ("gross:1000..30000", [2, 1]),
        ("gross:1,240.50..1.240,6", [1]),
        ("not:gross:1000..30000", [3]),
        ("received at:21.11.2026", [2]),
        ("received_at:2026-11-20", []),
        ("received:>20.11.2026", None),
        ("received at:>20.11.2026", [2]),
        ("received at:>21.11.2026", []),
        ("received at:<=21.11.2026", [2]),
        ("received at:2026-11-01..2026-11-27", [2]),
        ("sure:yes", [1]),
        ("sure:no", [3]),
        ("not:channel:fax", [3, 2]),
        ("not:sure:yes", [3, 2]),
        ("not:gross:>1240.5", [1]),
        ("not:status:failed", [4, 3, 1]),
        ("not:status:open", [3, 2]),
        ("not:sent:me", [4]),
        ("not:sent:nobody", [4, 3, 2, 1]),
        ("not:created:today", []),
    ],
)
def test_conditions_are_answered_from_what_was_sent(at: Desk, condition: str, found: list[int] | None) -> None:
    answer = at.browser.get(address(at.workflow), {"where": condition})
    if found is None:
        assert answer.status_code == 422
    else:
        assert (answer.status_code, ids(text_of(answer))) == (200, found)


def test_conditions_add_up(at: Desk) -> None:
    assert shown(at, "?where=channel:fax&where=gross:<2000") == [1]
    assert shown(at, "?where=channel:fax&where=gross:>2000") == []
    assert shown(at, "?where=gross:>1000&status=open") == [1]
    assert shown(at, "?where=gross:>1000&status=failed&where=not:channel:fax") == [2]
    assert shown(at, "?where=gross:>1000&where=not:status:failed") == [3, 1]
    assert shown(at, "?sent=me&where=not:status:failed") == [3, 1]
    assert shown(at, "?where=channel:phone&where=not:sent:me") == []
    assert shown(at, "?q=nord&where=not:status:failed") == [1]
    assert shown(at, "?q=nord&where=gross:>2000") == [2]
    assert shown(at, "?where=channel:phone&status=finished") == []
    assert shown(at, "?day=today&where=channel:phone") == [2]


@each_case("typed", ["created:7 days", 'created:"7 days"', "created:7d"])
def test_days_need_no_quotes(at: Desk, typed: str) -> None:
    answer = at.browser.get(address(at.workflow), {"q": f"{typed} nord"}, follow=True)
    assert '<bdi class="clip">7 days</bdi>' in text_of(answer) and ids(text_of(answer)) == [2, 1]


def test_typed_conditions_become_chips(at: Desk) -> None:
    typed = 'channel:"Fax machine" not:status:failed -customer:nord "Received at":>=7d'
    answer = at.browser.get(address(at.workflow), {"q": typed})
    assert answer.status_code == 302
    assert answer["Location"].count("where=") == 4 and "q=" not in answer["Location"]
    html = text_of(at.browser.get(answer["Location"]))
    chips = [part.split("</span>")[0] for part in html.split('<span class="key">')[1:]]
    assert chips == ["channel:", "not:status:", "not:customer:", "Received at:"]
    assert '<bdi class="clip">Fax machine</bdi>' in html
    days = text_of(at.browser.get(address(at.workflow, "?day=7d")))
    assert '<bdi class="clip">7 days</bdi>' in days and ids(days) == [4, 3, 2, 1]


@each_case(
    ("condition", "error"),
    [
        (
            "chanel:fax",
            "No condition is called chanel. Try Channel:fax, or use status, sent, import, created, stuck or a field: "
            "Channel, Customer, Gross, &quot;Received at&quot;, Sure.",
        ),
        ("channel:e-fax", "No option of Channel is called e-fax. Use Fax, Phone, Fax machine."),
        ("gross:200..100", "Enter the smaller number first: gross:100..200."),
        ("gross:100..much", "“much” isn’t a number."),
        ("colour:red", "No condition is called colour."),
        ("gross:much", "“much” isn’t a number. Use gross:100."),
        ("gross:1.234", "“1.234” can be"),
        ("gross:>", "Enter a value, for example gross:&gt;100."),
        ("received at:soon", "“soon” isn’t a day."),
        ("channel:>fax", "Only numbers and dates can be compared. Use channel:fax."),
        ("sure:maybe", "Use sure:yes or sure:no."),
        ("not:status:lost", "“lost” isn’t a status."),
        ("not:workflow:42", "Tasks of all workflows but one can’t be listed."),
    ],
)
def test_a_wrong_condition_is_named_and_the_list_stays(at: Desk, condition: str, error: str) -> None:
    answer = at.browser.get(address(at.workflow), {"where": condition, "sent": "me"})
    html = text_of(answer)
    assert answer.status_code == 422 and ids(html) == [3, 2, 1]
    assert error.replace("&gt;", ">") in html.split('id="query-error"')[1].split("</p>")[0].replace("&gt;", ">")


def test_at_most_eight_conditions_of_200_characters(at: Desk) -> None:
    eight = [f"customer:{letter}" for letter in "abcdefgh"]
    assert at.browser.get(address(at.workflow), {"where": eight}).status_code == 200
    answer = at.browser.get(address(at.workflow), {"where": [*eight, "customer:i"]})
    assert answer.status_code == 422 and "Use at most 8 conditions." in text_of(answer)
    assert at.browser.get(address(at.workflow), {"where": eight, "status": "failed"}).status_code == 422
    long = at.browser.get(address(at.workflow), {"where": f"customer:{'x' * 400}"})
    assert "x" * 191 in text_of(long) and "x" * 192 not in text_of(long)


def test_nobody_learns_values_of_submissions_that_they_may_not_see(at: Desk) -> None:
    """The list shows that Ben sent the tasks; their values are Ben's, the key owner's and the leads'."""
    ben, lena = make_colleague(), make_person("lena@acme.example")
    team = make_team(ben, lead=lena)
    share_key(at.key, team)
    send_rows(at, ben, {4: ROWS[0]})
    stranger = make_person("tom@acme.example")
    share_key(at.key, stranger)
    for condition in ("channel:fax", "not:gross:>2000"):
        mine = [task_id for task_id in shown(at, f"?where={condition}") if task_id != 3]
        assert mine == [4, 1], condition
        for person, found in ((ben, [4]), (stranger, [])):
            answer = browser_of(person).get(address(at.workflow), {"where": condition})
            assert ids(text_of(answer)) == found, (condition, person)
            among_open = browser_of(person).get(address(at.workflow), {"where": condition, "status": "open"})
            assert ids(text_of(among_open)) == found, (condition, person)
        seen = [i for i in ids(text_of(browser_of(lena).get(address(at.workflow), {"where": condition}))) if i != 3]
        assert seen == [4], condition


def test_a_page_reads_a_bounded_number_of_tasks(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found_tasks, "READ_FIRST", 2)
    monkeypatch.setattr(found_tasks, "MOST_READ", 2)
    html = text_of(at.browser.get(address(at.workflow, "?where=gross:<2000")))
    assert ids(html) == [] and "Press “Older” for the rest" in html
    older = link(html, "older")
    assert older and ids(text_of(at.browser.get(address(at.workflow, older)))) == [1]


def test_pages_of_conditions_follow_each_other(desk: Desk, api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(found_tasks, "READ_FIRST", 7)
    monkeypatch.setattr(found_tasks, "READ_AT_ONCE", 11)
    remember_schema(desk.workflow, Schema.model_validate({"fields": FIELDS}))
    send_rows(desk, desk.person, {number: ROWS[number % 2] for number in range(1, 101)})
    make_index(desk.workflow, [make_task(number, "pending", timezone.now()) for number in range(1, 101)])
    for query in ("channel:fax", "gross:<2000", "gross:<2000&status=open"):
        first = text_of(desk.browser.get(address(desk.workflow, f"?limit=25&where={query}")))
        assert ids(first) == list(range(100, 50, -2)), query
        older = link(first, "older")
        assert older, query
        second = text_of(desk.browser.get(address(desk.workflow, older)))
        assert ids(second) == list(range(50, 0, -2)) and link(second, "older") is None, query


def test_a_reused_id_is_not_found_by_earlier_values(at: Desk) -> None:
    later = timezone.now() + timedelta(days=3)
    IndexedTask.objects.filter(task_id=1).update(created_at=later)
    Submission.objects.update(created_by=timezone.now())
    assert shown(at, "?where=channel:fax") == []


def test_the_search_of_all_workflows_has_no_fields(at: Desk) -> None:
    assert at.browser.get("/search/", {"where": "channel:fax"}).status_code == 422
    html = text_of(at.browser.get("/search/", {"sent": "me", "where": "not:status:failed"}))
    assert ids(html) == [3, 1]


def test_the_export_has_the_same_tasks(at: Desk) -> None:
    exported = at.browser.post(address(at.workflow, "export.csv"), {"where": ["gross:>1240", "not:status:failed"]})
    lines = b"".join(exported).decode("utf-8-sig").splitlines()  # type: ignore[call-overload]
    assert [line.split(",")[0] for line in lines[1:]] == ["3", "1"]


def test_a_task_has_its_neighbours_under_the_conditions(at: Desk) -> None:
    beside = neighbours(at.person, at.workflow, at.client, 2, "where=gross%3A%3E1240", is_away=False)
    assert beside.newer == "../3/?from=where%3Dgross%253A%253E1240" and beside.older.startswith("../1/")


def test_every_type_of_field_can_be_a_condition(desk: Desk) -> None:
    workflow = open_workflow(desk.key, EVERY_TYPE)
    schema = desk.client.schema(EVERY_TYPE)
    remember_schema(workflow, schema)
    for known in schema.fields:
        values = {"numeric": "3", "rating": "3", "datetime": "today", "boolean": "no"}
        value = values.get(known.type) or next(iter(known.choices), "x")
        for prefix in ("", "not:"):
            answer = desk.browser.get(address(workflow), {"where": f"{prefix}{known.name}:{value}"})
            assert answer.status_code == 200, known


def test_the_tasks_of_a_group(at: Desk) -> None:
    now = timezone.now()
    other = open_workflow(at.key, EVERY_TYPE)
    fact = {"kind": "field", "name": "channel", "value": "Fax", "title": "Channel", "label": "Fax"}
    values = {"status": "failed", "step": 1, "steps": 4, "first_at": now, "last_at": now, "facts": [fact]}
    group, elsewhere = (
        ProblemGroup.objects.create(workflow=workflow, signature="1", **values) for workflow in (at.workflow, other)
    )
    sent = Submission.objects.get()
    for task_id in (1, 3):
        GroupTask.objects.create(group=group, task_id=task_id, status="failed", failed_at=now, submission=sent)
    GroupTask.objects.create(group=elsewhere, task_id=2, status="failed", failed_at=now)
    html = text_of(at.browser.get(address(at.workflow, f"?group={group.pk}")))
    assert ids(html) == [3, 1] and "Failed after step 1 of 4, Channel is Fax" in html
    assert shown(at, f"?group={group.pk}&where=channel:fax") == [1]
    assert shown(at, f"?group={group.pk}&sent=me") == shown(at, f"?where=group:{group.pk}") == [3, 1]
    assert shown(at, f"?where=not:group:{group.pk}") == [4, 2]
    assert shown(at, f"?group={elsewhere.pk}") == []
    assert at.browser.get(address(at.workflow, "?group=first")).status_code == 422
    ben = make_colleague()
    share_key(at.key, ben)
    html = text_of(browser_of(ben).get(address(at.workflow, f"?group={group.pk}")))
    assert ids(html) == [3, 1] and "one value of Channel" in html and not re.search(r"\bFax\b", html.split("<main")[1])
