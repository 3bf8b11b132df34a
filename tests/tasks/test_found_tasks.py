"""Lists with conditions that the API does not know, from the index and from what was sent."""

import csv
import io
from datetime import datetime, timedelta
from email.utils import formatdate
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict
from django.utils import timezone
from openpyxl import load_workbook

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.submissions.search.queries import SearchQuery, find_tasks
from pipelines_portal.task_index.models import IndexedTask, WorkflowIndex
from pipelines_portal.workflows.fields.reading.days import days_in
from pipelines_portal.workflows.models import FieldTitles
from tests.each_case import each_case
from tests.factories import (
    Desk,
    make_colleague,
    make_index,
    make_stranger,
    make_task,
    make_team,
    open_workflow,
    save_key,
    share_key,
)
from tests.fake_api import FakeApi, error
from tests.pages import text_of
from tests.submissions.search.sending import send_texts
from tests.tasks.test_list import address, ids, link

POLL = {"HX-Request": "true", "HX-Target": "task-page", "HX-Trigger": "task-page"}


def send(by: Any, workflow: Any, *task_ids: int, group: Any = None, day: Any = None, number: int = 1) -> Submission:
    """Store a submission of tasks with these ids, as if it had been sent."""
    kind = "import" if group else "form"
    rows = [{"input_text": f"Text {task_id}"} for task_id in task_ids]
    submission = Submission.objects.draft(by, workflow, rows, uuid4(), kind)
    for index, task_id in enumerate(task_ids):
        submission.rows.filter(index=index).update(task_id=task_id, status="created", number=index + 2)
    values = {"status": "created", "success_count": len(task_ids), "created_at": day or timezone.now()}
    of_import = {"group": group, "group_number": number, "group_name": "tickets.csv"} if group else {}
    Submission.objects.filter(pk=submission.pk).update(**values, **of_import)
    return submission


def shown(at: Desk, query: str) -> list[int]:
    answer = at.browser.get(address(at.workflow, query))
    assert answer.status_code == 200, (query, answer.status_code)
    return ids(answer.content.decode())


def read(at: Desk, statuses: dict[int, str], **values: Any) -> WorkflowIndex:
    now = timezone.now()
    return make_index(at.workflow, [make_task(number, status, now) for number, status in statuses.items()], **values)


# --- senders, imports, days -------------------------------------------------------------------------------------------


def test_tasks_of_a_sender(desk: Desk) -> None:
    ben = make_colleague()
    share_key(desk.key, ben)
    read(desk, {1: "pending", 2: "failed", 3: "finished", 4: "pending"})
    send(desk.person, desk.workflow, 1)
    send(ben, desk.workflow, 2)
    send(ben, desk.workflow, 3)
    assert shown(desk, "?sent=me") == [1]
    assert shown(desk, "?sent=ben@acme.example") == shown(desk, "?sent=okafor") == [3, 2]
    assert shown(desk, "?sent=anyone") == [3, 2, 1]
    assert shown(desk, "?sent=ben&status=failed") == [2]
    assert shown(desk, "?sent=ben&status=finished") == [3]
    assert shown(desk, "?sent=me&status=attention") == []
    assert shown(desk, "?sent=nobody") == []


def test_a_task_of_a_workflow_of_two_keys_is_listed_once(desk: Desk) -> None:
    """With its values, which only the key that sent it knows."""
    read(desk, {7: "failed"})
    send(desk.person, desk.workflow, 7)
    other = open_workflow(save_key(desk.person, "pk_other", "Other"), desk.workflow.workflow_id)
    make_index(other, [make_task(7, "failed", timezone.now())])
    html = text_of(desk.browser.get("/search/?status=failed"))
    assert html.count('class="rowlink"') == 1 and "Text 7" in html
    by_id = text_of(desk.browser.get("/search/?q=7"))
    assert by_id.split('class="places"')[1].split("</ul>")[0].count("<li>") == 1


def test_tasks_that_the_index_has_not_read_are_shown_as_created(desk: Desk) -> None:
    send(desk.person, desk.workflow, 7)
    html = text_of(desk.browser.get(address(desk.workflow, "?sent=me")))
    assert ids(html) == [7] and "Created</span>" in html and "No steps" not in html


def test_unattributed_tasks_are_their_senders_too(desk: Desk) -> None:
    read(desk, {5: "failed", 6: "pending"})
    first = send(desk.person, desk.workflow, 6)
    UnattributedTask.objects.create(submission=first, task_id=5)
    assert shown(desk, "?sent=me") == [6, 5]
    assert shown(desk, "?sent=me&status=failed") == [5]


def test_tasks_of_an_import_with_their_rows(desk: Desk) -> None:
    group, other = uuid4(), uuid4()
    read(desk, {number: "failed" if number == 12 else "finished" for number in range(10, 20)})
    send(desk.person, desk.workflow, 11, 12, group=group)
    send(desk.person, desk.workflow, 14, group=group, number=2)
    send(desk.person, desk.workflow, 15, group=other)
    html = text_of(desk.browser.get(address(desk.workflow, f"?import={group}")))
    assert ids(html) == [14, 12, 11]
    assert '<th class="num">Row</th>' in html and "tickets.csv" in html
    assert '<td class="rw num faint">3</td>' in html.split('id="t12"')[1].split("</tr>")[0]
    assert shown(desk, f"?import={group}&status=failed") == [12]
    assert '<td class="rw num faint">3</td>' in text_of(
        desk.browser.get(address(desk.workflow, f"?import={group}&status=failed"))
    )
    assert shown(desk, f"?import={group}&status=finished") == [14, 11]
    assert shown(desk, "?import=ticket") == [15], "the newest of that name"
    assert shown(desk, f"?import={uuid4()}") == []


def test_an_import_is_of_those_who_may_see_it(desk: Desk) -> None:
    """Others who use the key see the same tasks in the list, but not which import they are of."""
    ben = make_colleague()
    share_key(desk.key, ben)
    group = uuid4()
    send(desk.person, desk.workflow, 11, group=group)
    desk.browser.force_login(ben)
    assert shown(desk, f"?import={group}") == shown(desk, "?import=tickets") == []
    assert "tickets.csv" not in text_of(desk.browser.get(address(desk.workflow, f"?import={group}")))


def test_days_are_those_of_the_person(desk: Desk) -> None:
    now = timezone.now()
    tasks = [make_task(1, "finished", now - timedelta(days=5)), make_task(2, "failed", now)]
    make_index(desk.workflow, [*tasks, make_task(3, "finished", now)])
    send(desk.person, desk.workflow, 1, day=now - timedelta(days=5))
    send(desk.person, desk.workflow, 2)
    past = timezone.localdate(now - timedelta(days=5))
    assert shown(desk, f"?day={past}") == [1]
    assert shown(desk, "?day=today") == [3, 2]
    assert shown(desk, "?day=today&status=finished") == [3]
    assert shown(desk, f"?day={past}..{timezone.localdate()}") == [3, 2, 1]
    assert shown(desk, "?day=today&sent=me") == [2]
    assert shown(desk, "?day=yesterday") == []


def test_stuck_tasks_are_those_that_did_not_move(desk: Desk) -> None:
    old = timezone.now() - timedelta(hours=30)
    statuses = ["pending", "paused", "finished", "failed", "in_progress"]
    tasks = [make_task(number, status, old) for number, status in enumerate(statuses, 1)]
    make_index(desk.workflow, [*tasks, make_task(9, "pending", timezone.now())])
    assert shown(desk, "?stuck=24h") == [5, 1]
    assert shown(desk, "?stuck=1d&status=pending") == [1]
    assert shown(desk, "?stuck=3d") == []


@pytest.mark.parametrize("query", ["", "?sent=me"])
def test_the_list_offers_tasks_that_are_stuck_as_people_set_it(desk: Desk, api: Any, query: str) -> None:
    make_index(desk.workflow, [make_task(1, "pending", timezone.now())]).update(stuck_hours=72)
    html = text_of(desk.browser.get(address(desk.workflow, query)))
    assert "Stuck for 72 h" in html and "?stuck=72h" in html


# --- words ------------------------------------------------------------------------------------------------------------


def test_words_find_tasks_with_their_status(desk: Desk) -> None:
    sent = send_texts(desk, "Parcel for Graz", "Letter", "Parcel for Vienna")
    task_ids = [row.task_id or 0 for row in sent.rows.all()]
    read(desk, dict(zip(task_ids, ["failed", "failed", "finished"], strict=True)))
    assert shown(desk, "?q=parcel") == [task_ids[2], task_ids[0]]
    assert shown(desk, "?q=parcel&status=failed") == [task_ids[0]]
    assert shown(desk, "?q=parcel&status=finished") == [task_ids[2]]
    assert shown(desk, "?q=parcel&sent=me&day=today") == [task_ids[2], task_ids[0]]
    assert shown(desk, "?q=parcel&sent=nobody") == []
    html = text_of(desk.browser.get(address(desk.workflow, "?q=parcel")))
    assert "<mark>Parcel</mark> for Graz" in html and "2 results" in html
    empty = text_of(desk.browser.get(address(desk.workflow, "?q=qqqq")))
    assert "No results for “qqqq”" in empty


def test_a_task_is_shown_by_its_own_text_and_under_it_the_value_with_the_words(desk: Desk) -> None:
    FieldTitles.objects.create(workflow=desk.workflow, titles={"target_language": "Target language"})
    sent = send_texts(desk, "Broken parcel <b>")
    for place in (address(desk.workflow), "/search/"):
        html = text_of(desk.browser.get(place, {"q": "french"}))
        text = '<span title="Broken parcel &lt;b&gt;">Broken parcel &lt;b&gt;</span>'
        assert f'{text} <span class="match">Target language: <mark>French</mark></span></td>' in html
        assert 'class="match"' not in text_of(desk.browser.get(place, {"q": "parcel"}))
    option = desk.browser.get("/palette/", {"q": "french"}).content.decode()
    assert f"{sent.rows.get().task_id} · Broken parcel" in option
    found = option.split('class="match">')[1].split("</span>")[0]
    assert " ".join(found.split()) == "Target language: <mark>French</mark>"


def test_rows_that_became_no_task_are_found_too(desk: Desk) -> None:
    sent = send_texts(desk, "Parcel", "Parcel too")
    sent.rows.filter(index=1).update(status="rejected", task_id=None)
    html = text_of(desk.browser.get(address(desk.workflow, "?q=parcel")))
    assert len(ids(html)) == 1 and "Rejected" in html and f"/submissions/{sent.pk}/" in html
    assert html.count('name="task"') == 1, "only tasks can be chosen"


def test_a_number_is_a_task_and_a_text(desk: Desk) -> None:
    """The task is asked of Pipelines if the index does not know it."""
    sent = send_texts(desk, "Order 417000417", "Order 5")
    read(desk, {417000417: "failed"})
    first = sent.rows.get(index=0).task_id
    assert shown(desk, "?q=417000417") == [417000417, first]
    IndexedTask.objects.all().delete()
    assert shown(desk, f"?q={first}") == [first]
    assert shown(desk, "?q=999999999") == []


def test_words_of_others_are_not_found(desk: Desk) -> None:
    ben = make_colleague()
    share_key(desk.key, ben)
    send_texts(desk, "Parcel of the owner")
    send_texts(desk, "Parcel of Ben", by=ben)
    assert len(shown(desk, "?q=parcel")) == 2
    desk.browser.force_login(ben)
    html = text_of(desk.browser.get(address(desk.workflow, "?q=parcel")))
    assert len(ids(html)) == 1 and "of the owner" not in html


# --- pages ------------------------------------------------------------------------------------------------------------


def test_pages_lead_through_all_tasks_and_back(desk: Desk) -> None:
    sent = send_texts(desk, *(f"Text {number}" for number in range(60)))
    Submission.objects.filter(pk=sent.pk).update(group=uuid4(), group_number=1, group_name="tickets.csv")
    task_ids = list(sent.rows.values_list("task_id", flat=True))
    read(desk, dict.fromkeys(task_ids, "pending"))
    for query in ("sent=me", "sent=me&status=pending", "day=today", "q=text", "import=tickets"):
        found, page, before = [], f"?{query}&limit=25", []
        while page:
            html = desk.browser.get(address(desk.workflow, page)).content.decode()
            found += ids(html)
            back = link(html, "newer")
            if before:
                assert ids(desk.browser.get(address(desk.workflow, back)).content.decode()) == before
            before, page = ids(html), link(html, "older")
        assert found == sorted(task_ids, reverse=True), query


@each_case(
    "query",
    ["sent=me&cursor=x", "sent=me&cursor=sent-1-x", "q=parcel&cursor=row-x", "q=parcel&cursor=known-3",
     "day=today&cursor=row-1", "day=today&cursor=known-x"],
)  # fmt: skip
def test_a_bad_cursor_leads_to_the_first_page(desk: Desk, query: str) -> None:
    read(desk, {1: "pending"})
    answer = desk.browser.get(address(desk.workflow, f"?{query}"), follow=True)
    assert answer.redirect_chain and "That page is gone" in text_of(answer)


def test_the_list_refreshes_itself_and_announces_new_tasks(desk: Desk) -> None:
    read(desk, {1: "pending"})
    send(desk.person, desk.workflow, 1)
    html = text_of(desk.browser.get(address(desk.workflow, "?sent=me")))
    poll = html.split('hx-get="?')[1].split('"')[0].replace("&amp;", "&")
    assert desk.browser.get(address(desk.workflow, f"?{poll}"), headers=POLL).status_code == 204
    send(desk.person, desk.workflow, 2)
    polled = text_of(desk.browser.get(address(desk.workflow, f"?{poll}"), headers=POLL))
    assert ids(polled) == [1] and "1 new task" in polled


def test_the_list_says_how_new_it_is_and_what_is_not_read(desk: Desk) -> None:
    assert "We haven’t read this workflow yet" in text_of(desk.browser.get(address(desk.workflow, "?day=today")))
    assert WorkflowIndex.objects.filter(workflow=desk.workflow).exists(), "opening the list starts the scans"
    now = timezone.now()
    read(desk, {1: "pending"}, is_backfilled=False, backfilled_to=now - timedelta(days=2))
    html = text_of(desk.browser.get(address(desk.workflow, "?day=today")))
    assert "Updated " in html and "are still loading" in html
    assert "are still loading" not in text_of(desk.browser.get(address(desk.workflow, "?sent=me")))


def test_it_is_shown_while_pipelines_is_away(desk: Desk, api: Any) -> None:
    read(desk, {1: "failed"})
    send(desk.person, desk.workflow, 1)
    api.routes = {"/tasks": error(503, "service_unavailable", "Down")}
    assert shown(desk, "?sent=me") == [1]


# --- what is typed ----------------------------------------------------------------------------------------------------


@each_case(
    ("typed", "query"),
    [
        ("sent:me parcel", "?q=parcel&sent=me"),
        ('late parcel sent:"Ben Okafor"', "?q=late+parcel&sent=Ben+Okafor"),
        ("status:Failed", "?status=failed"),
        ("STATUS:in_progress created:today", "?status=in_progress&day=today"),
        ("day:today", "?day=today"),
        ('status:"needs attention"', "?status=attention"),
        ("stuck:3d", "?stuck=3d"),
        ("status:Open", "?status=open"),
    ],
)
def test_typed_conditions_become_chips(desk: Desk, typed: str, query: str) -> None:
    answer = desk.browser.get(address(desk.workflow), {"q": typed})
    said = answer["Location"].split("?")[1].split("&")
    assert sorted(said) == sorted(query[1:].split("&"))


def test_chips_can_be_removed_and_are_carried_by_the_form(desk: Desk) -> None:
    html = text_of(desk.browser.get(address(desk.workflow, "?q=parcel&sent=me&status=failed")))
    place = address(desk.workflow)
    assert f'href="{place}?status=failed&amp;q=parcel"' in html
    assert f'href="{place}?status=failed&amp;sent=me"' in html, "the words"
    assert '<input type="hidden" name="sent" value="me">' in html
    assert 'name="q" id="query" value="parcel"' in html


@each_case(
    ("query", "error"),
    [
        ("day=soon", "“soon” isn’t a day. Use today, monday, 27.11.2026 or"),
        ("day=2026-03-02..2026-03-01", "isn’t a day"),
        ("stuck=long", "“long” isn’t a duration. Use 24h or 3d."),
        ("q=status:odd", "“odd” isn’t a status. Use in progress,"),
        ("q=sent:", "Enter “me”, “anyone”,"),
        ("q=foo:bar", "To search for the text, put it in quotes: &quot;foo:bar"),
        ("q=is:paused", "No condition is called is. Try status:paused,"),
    ],
)  # fmt: skip
def test_a_wrong_condition_is_named_above_the_list_which_ignores_it(
    desk: Desk, api: Any, query: str, error: str
) -> None:
    [task_id] = api.create(1, desk.workflow.workflow_id)
    answer = desk.browser.get(address(desk.workflow, f"?{query}"))
    html = text_of(answer)
    assert answer.status_code == 422 and error in html and 'aria-describedby="query-error"' in html
    assert ids(html) == [task_id] and 'id="export-menu"' in html
    read(desk, {1: "failed", 2: "pending"})
    answer = desk.browser.get(f"/search/?{query}&status=failed")
    html = text_of(answer)
    assert answer.status_code == 422 and error in html and (ids(html) == [1] or "q=status" in query)


def test_text_with_a_colon_is_searched_in_quotes_and_where_no_name_is_before_it(desk: Desk) -> None:
    sent = send_texts(desk, "Note foo:bar of 12:30, see http://x.example Re: parcel")
    task_id = sent.rows.get().task_id
    for words in ('"foo:bar"', "12:30", "http://x.example", "Re: parcel", '"sent:nobody" parcel'):
        found = [] if "nobody" in words else [task_id]
        assert ids(text_of(desk.browser.get(address(desk.workflow), {"q": words}))) == found


def test_what_was_typed_wrong_stays_in_the_box_while_the_list_refreshes_itself(desk: Desk) -> None:
    read(desk, {1: "pending"})
    send(desk.person, desk.workflow, 1)
    html = text_of(desk.browser.get(address(desk.workflow), {"q": "status:foo sent:me"}))
    assert 'value="status:foo"' in html and "Remove sent" in html
    poll = html.split('hx-get="?')[1].split('"')[0].replace("&amp;", "&")
    assert desk.browser.get(address(desk.workflow, f"?{poll}"), headers=POLL).status_code == 204
    send(desk.person, desk.workflow, 2)
    polled = desk.browser.get(address(desk.workflow, f"?{poll}"), headers=POLL)
    assert polled.status_code == 200 and "“foo” isn’t a status" in text_of(polled)


@pytest.mark.parametrize(
    ("typed", "days"),
    [
        ("27.11.2026", ("2026-11-27", "2026-11-27")),
        ("1.11.2026..27.11.2026", ("2026-11-01", "2026-11-27")),
        ("1.11.2026...27.11.2026", None),
        ("2026-11-01..", ("2026-11-01", "2026-11-01")),
        ("27 Nov 2026..28 November 2026", ("2026-11-27", "2026-11-28")),
        ("27.11.2026 10:00", None),
    ],
)
def test_days_are_read_as_people_write_them(typed: str, days: tuple[str, str] | None) -> None:
    found = days_in(typed)
    assert (tuple(map(str, found)) if found else None) == days
    assert days_in("1.11...27.11.")


def test_open_tasks_are_those_that_may_still_change(desk: Desk) -> None:
    statuses = ["pending", "in_progress", "paused", "escalated", "quarantined", "failed", "finished"]
    read(desk, dict(enumerate(statuses, 1)))
    assert shown(desk, "?status=open") == [5, 4, 3, 2, 1]
    assert "All tasks" in text_of(desk.browser.get(address(desk.workflow, "?status=open&day=yesterday")))


@each_case("query", ["q=%00", "q=" + "x" * 900, "sent=" + "y" * 900, "q=%22",
                                   "day=1800-01-01..9999-12-31", "stuck=9999d", "q=99999999999999999999"])  # fmt: skip
def test_any_text_is_answered(desk: Desk, query: str) -> None:
    read(desk, {1: "pending"})
    for place in (address(desk.workflow), "/search/"):
        # A NUL is refused in every address.
        expected = 400 if "%00" in query else 200
        assert desk.browser.get(f"{place}?{query}").status_code == expected, query


def test_the_tasks_beside_one_are_those_of_the_list(desk: Desk, api: Any) -> None:
    first, other, last = api.create(3, desk.workflow.workflow_id)
    for task_id in (first, last):
        send(desk.person, desk.workflow, task_id)
    html = text_of(desk.browser.get(address(desk.workflow, f"{last}/?from=sent%3Dme")))
    assert f'href="../{first}/?from=sent%3Dme"' in html and f"../{other}/" not in html
    assert f'href="{address(desk.workflow)}?sent=me#t{last}"' in html


# --- export -----------------------------------------------------------------------------------------------------------


def exported(at: Desk, query: str) -> list[dict[str, str]]:
    answer = at.browser.post(address(at.workflow, "export.csv"), QueryDict(query).dict())
    assert answer.status_code == 200
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


@each_case("query", ["", "status=failed", "sent=me&status=failed", "q=text", "day=today"])
def test_the_export_has_the_tasks_of_the_list(desk: Desk, api: Any, query: str) -> None:
    sent = send_texts(desk, *(f"Text {number}" for number in range(5)))
    task_ids = [row.task_id or 0 for row in sent.rows.all()]
    read(desk, {task_id: "failed" if task_id == task_ids[0] else "pending" for task_id in task_ids})
    rows = exported(desk, query)
    expected = [task_ids[0]] if "failed" in query else task_ids[::-1]
    assert [int(row["Task ID"]) for row in rows] == expected
    assert rows[-1]["Status"] == "Failed" and rows[-1]["Steps"] == "5" and "Text 0" in "".join(rows[-1].values())
    assert Event.objects.get(verb="tasks-exported").actor == desk.person


def test_the_export_is_also_a_spreadsheet_with_times(desk: Desk, api: Any) -> None:
    FieldTitles.objects.create(workflow=desk.workflow, titles={"input_text": "Text", "due": "Due"})
    send(desk.person, desk.workflow, 1)
    SubmissionRow.objects.update(fields={"input_text": "=1+1", "due": "2026-11-30T08:12:00Z", "gone": 7})
    read(desk, {1: "failed"})
    desk.browser.cookies["zone"] = "Europe/Vienna"
    answer = desk.browser.post(address(desk.workflow, "export.xlsx"))
    header, row = load_workbook(io.BytesIO(answer.getvalue())).worksheets[0].iter_rows(values_only=True)
    found = dict(zip(header, row, strict=True))
    assert (found["Text"], found["Due"], found["Other fields"]) == (
        "=1+1", datetime(2026, 11, 30, 9, 12), '{"gone": 7}',
    )  # fmt: skip
    created = IndexedTask.objects.get().created_at.astimezone(ZoneInfo("Europe/Vienna"))
    assert found["Created (Europe/Vienna)"] == created.replace(tzinfo=None, microsecond=0)


def test_the_export_has_no_values_of_others(desk: Desk) -> None:
    ben = make_colleague()
    share_key(desk.key, ben)
    send_texts(desk, "Of the owner")
    desk.browser.force_login(ben)
    (row,) = exported(desk, "sent=anyone")
    assert "Of the owner" not in "".join(row.values()) and row["Sent by"] == str(desk.person)


def test_too_many_tasks_are_not_exported(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines_portal.tasks import exports

    monkeypatch.setattr(exports, "MOST_EXPORTED", 2)
    send(desk.person, desk.workflow, 1, 2, 3)
    read(desk, {1: "failed", 2: "failed", 3: "failed"})
    for query in ("sent=me", "status=failed", ""):
        answer = desk.browser.post(address(desk.workflow, "export.csv"), QueryDict(query).dict(), follow=True)
        assert "Filter by import or day" in text_of(answer)
    assert exported(desk, "sent=me&day=yesterday") == []


def test_a_list_that_is_not_read_to_its_end_is_not_exported(desk: Desk) -> None:
    place = address(desk.workflow, "export.csv")
    assert "still reading" in text_of(desk.browser.post(place, follow=True))
    assert WorkflowIndex.objects.filter(workflow=desk.workflow).exists()
    read(desk, {1: "failed"}, is_backfilled=False)
    assert "still reading" in text_of(desk.browser.post(place, {"status": "finished"}, follow=True))
    assert [row["Task ID"] for row in exported(desk, "status=failed")] == ["1"]
    assert desk.browser.post(place, {"day": "soon"}).status_code == 422


@each_case("query", ["where=not:status:finished", "day=7d", "stuck=24h"])
def test_a_list_is_not_exported_before_its_index_is_read(desk: Desk, query: str) -> None:
    place, posted = address(desk.workflow, "export.csv"), QueryDict(query).dict()
    assert "still reading" in text_of(desk.browser.post(place, posted, follow=True))
    read(desk, {1: "pending"}, is_backfilled=False)
    is_all_known = query in ("status=open", "stuck=24h")
    assert (desk.browser.post(place, posted).status_code == 200) == is_all_known
    WorkflowIndex.objects.update(backfilled_to=timezone.now() - timedelta(days=30))
    is_all_known = is_all_known or query == "day=7d"
    assert (desk.browser.post(place, posted).status_code == 200) == is_all_known


# --- all workflows ----------------------------------------------------------------------------------------------------


def everywhere(at: Desk, query: str) -> list[int]:
    answer = at.browser.get(f"/search/?{query}")
    assert answer.status_code == 200, (query, answer.status_code)
    return ids(answer.content.decode())


def test_the_search_page_lists_tasks_of_all_workflows(desk: Desk) -> None:
    read(desk, {1: "failed", 2: "finished", 3: "failed"})
    send(desk.person, desk.workflow, 1)
    send(desk.person, desk.workflow, 2)
    assert everywhere(desk, "sent=me") == [2, 1]
    assert everywhere(desk, "sent=me&status=failed") == [1]
    assert everywhere(desk, "sent=me&status=finished") == [2]
    assert everywhere(desk, "status=attention") == [3, 1]
    html = text_of(desk.browser.get("/search/?sent=me"))
    assert f'href="{address(desk.workflow)}2/"' in html and "<th>Workflow</th>" in html
    assert "Search by text or task ID" in text_of(desk.browser.get("/search/"))
    assert "Add text, or" in text_of(desk.browser.get("/search/?day=today"))


def test_the_search_page_shows_what_the_person_may_see(desk: Desk) -> None:
    ben, stranger = make_colleague(), make_stranger()
    share_key(desk.key, ben)
    read(desk, {1: "failed", 2: "pending"})
    send(desk.person, desk.workflow, 1)
    assert everywhere(desk, f"sent={desk.person.email}") == [1]
    desk.browser.force_login(ben)
    assert everywhere(desk, f"sent={desk.person.email}") == []
    assert everywhere(desk, "status=failed") == [1], "the list of the workflow shows it, too"
    desk.browser.force_login(stranger)
    for query in (f"sent={desk.person.email}", "status=failed", "sent=anyone", "stuck=1h", "q=text"):
        assert everywhere(desk, query) == []
    make_team(desk.person, lead=stranger)
    assert everywhere(desk, f"sent={desk.person.email}") == []


def test_a_workflow_in_the_conditions_leads_to_its_list(desk: Desk) -> None:
    number = desk.workflow.workflow_id
    for query in (f"q=parcel&workflow={number}", f"q=parcel+workflow:{number}"):
        assert desk.browser.get(f"/search/?{query}")["Location"] == f"{address(desk.workflow)}?q=parcel"


# --- queries ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_narrowed", [False, True])
def test_find_tasks_reads_what_the_querysets_have(desk: Desk, is_narrowed: bool) -> None:
    ben = make_colleague()
    share_key(desk.key, ben)
    for number in range(1, 40):
        moment = timezone.now() - timedelta(hours=number % 7)
        send(desk.person if number % 3 else ben, desk.workflow, number * 10, number * 10 + 1, day=moment)
    question = SearchQuery(people=[ben.pk], key_id=desk.key.pk, workflow_id=desk.workflow.workflow_id)
    rows = SubmissionRow.objects.filter(task_id__isnull=False)
    rows = rows.filter(submission__owner=ben) if is_narrowed else rows
    expected = list(
        rows.order_by("-submission__created_at", "-submission", "-task_id").values_list("task_id", "submission")
    )
    found, last = [], None
    reader: User | None = desk.person
    while page := find_tasks(reader, question if is_narrowed else SearchQuery(), last, 7):
        found += [(one.task_id, one.submission_id) for one in page]
        last = page[-1].submission_id, page[-1].task_id
    assert found == expected
    assert find_tasks(make_stranger(), SearchQuery(), None, 7) == []


# --- IDs that are given again -----------------------------------------------------------------------------------------


def test_a_wrong_clock_does_not_take_own_tasks_for_those_of_others(
    desk: Desk, api: FakeApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The portal's clock was a day behind, as the responses of Pipelines said, or a day ahead; it is right again."""
    now = timezone.now()
    monkeypatch.setattr("tests.fake_api.formatdate", lambda usegmt: formatdate(now.timestamp(), usegmt=usegmt))
    for days in (-1, 1):
        with monkeypatch.context() as patch:
            patch.setattr("django.utils.timezone.now", lambda days=days: now + timedelta(days=days))
            patch.setattr("time.time", lambda days=days: (now + timedelta(days=days)).timestamp())
            sent = send_texts(desk, f"Parcel {days}")
        task_id = sent.rows.get().task_id or 0
        WorkflowIndex.objects.all().delete()
        make_index(desk.workflow, [make_task(task_id, "failed", now)])
        for page in ("?sent=me", "?q=Parcel", f"{task_id}/", ""):
            assert f"Parcel {days}" in text_of(desk.browser.get(address(desk.workflow, page))), (days, page)


def test_an_index_that_began_after_the_restore_tells_tasks_apart(desk: Desk, api: FakeApi) -> None:
    """It has seen no ID given again, and yet an unconfirmed request must keep its own task."""
    lost = send_texts(desk, "Parcel one").rows.get().task_id or 0
    Submission.objects.update(sent_at=timezone.now() - timedelta(days=3), created_by=timezone.now() - timedelta(days=3))
    make_index(desk.workflow, [make_task(lost, "failed", timezone.now())])
    for page in ("?sent=me", f"{lost}/", ""):
        assert "Parcel one" not in text_of(desk.browser.get(address(desk.workflow, page))), page
    new = send_texts(desk, "Parcel two")
    assert new.tasks_of_others([lost], created={lost: timezone.now()}) == set()


def test_a_task_with_an_id_given_again_was_not_sent_by_the_person(desk: Desk, api: FakeApi) -> None:
    """Pipelines was restored from a backup, and has given the ID to a task of somebody else."""
    lost, kept = send_texts(desk, "Parcel one"), send_texts(desk, "Parcel two")
    lost_id, kept_id = lost.rows.get().task_id or 0, kept.rows.get().task_id or 0
    long_ago = timezone.now() - timedelta(days=3)
    Submission.objects.update(created_at=long_ago, sent_at=long_ago, created_by=long_ago)
    make_index(desk.workflow, [make_task(lost_id, "failed", timezone.now()), make_task(kept_id, "failed", long_ago)])
    assert shown(desk, "?sent=me") == [kept_id]
    # What was sent is found all the same, and leads to the page that says what became of it.
    assert shown(desk, "?q=Parcel") == [kept_id]
    assert f"/submissions/{lost.pk}/" in text_of(desk.browser.get(address(desk.workflow, "?q=Parcel")))
