"""What the list shows as a file: CSV and XLSX, at once or by the worker, with exactly what the person may see."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from pipelines_portal.audit.models import Event
from pipelines_portal.submissions import exports
from pipelines_portal.submissions.models import Export, ExportPart, Submission
from pipelines_portal.workflows.models import FieldTitles
from tests.factories import BAD, GOOD, Desk, make_team, open_desk, open_workflow, send, share_key
from tests.fake_api import FakeApi
from tests.statements import before_statement


def post(desk: Desk, query: str = "") -> Any:
    return desk.browser.post(f"/submissions/export.csv{query}")


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def work() -> None:
    while exports.work_on_next():
        pass


def send_two(desk: Desk) -> list[Submission]:
    """Send a submission of two rows, one of which the API rejects, and then another of one row."""
    submissions = [
        desk.draft(GOOD | {"input_text": "=1+1"}, BAD),
        desk.draft(GOOD | {"input_text": "Grüße, “Ben”\nzwei"}),
    ]
    for submission in submissions:
        send(submission, desk.client)
    return submissions


def test_few_are_saved_at_once_row_by_row_with_what_came_of_each(desk: Desk) -> None:
    ledger = send_two(desk)
    answer = post(desk)
    assert answer["Content-Disposition"].startswith('attachment; filename="sent-')
    rows = table(body(answer))
    assert [row["input_text"] for row in rows] == ["Grüße, “Ben”\nzwei", "'=1+1", "Hello"]
    assert [row["Row status"] for row in rows] == ["Created", "Created", "Rejected"]
    assert rows[0]["Task ID"] == str(ledger[1].rows.get().task_id)
    assert rows[2]["Field with error"] == "target_language"
    assert rows[0]["Sent by"] == desk.person.email
    assert [event.verb for event in Event.objects.filter(verb="submissions-exported")] == ["submissions-exported"]


def test_columns_are_called_as_on_pages_and_times_are_those_of_the_clock(desk: Desk) -> None:
    """Fields of workflows that have the same title share a column."""
    FieldTitles.objects.create(workflow=desk.workflow, titles={"input_text": "Text", "due": "Due"})
    other = open_workflow(desk.key, 43)
    FieldTitles.objects.create(workflow=other, titles={"words": "Text"})
    desk.draft(GOOD | {"due": "2026-11-30T08:12:00Z"})
    desk.draft({"words": "Hallo"}, workflow=other)
    Submission.objects.update(status="created", sent_at=datetime(2026, 11, 29, 23, 30, 15, tzinfo=UTC))
    desk.browser.cookies["zone"] = "Europe/Vienna"
    rows = table(body(post(desk)))
    assert {row["Sent (Europe/Vienna)"] for row in rows} == {"2026-11-30 00:30:15"}
    assert [(row["Text"], row["Due"]) for row in rows] == [("Hallo", ""), ("Hello", "2026-11-30 09:12:00")]
    assert "input_text" not in rows[0] and rows[0]["Sent by"] == str(desk.person)


def test_the_list_is_also_saved_as_a_spreadsheet(desk: Desk, monkeypatch: Any) -> None:
    send_two(desk)
    header, *rows = table_of(desk.browser.post("/submissions/export.xlsx"))
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [row["input_text"] for row in found] == ["Grüße, “Ben”\nzwei", "=1+1", "Hello"]
    assert {type(row["Sent (UTC)"]) for row in found} == {datetime} and found[0]["Row"] == 1
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    desk.browser.post("/submissions/export.xlsx")
    work()
    place = f"/submissions/exports/{Export.objects.get().pk}/"
    page = desk.browser.get(place).content.decode()
    (address,) = re.findall(r'href="([^"]*\.xlsx)"', page)
    assert table_of(desk.browser.get(address)) == [header, *rows]
    Export.objects.update(done=100_001)
    page = desk.browser.get(place).content.decode()
    assert "too many rows for an Excel file" in page and "sent.xlsx" not in page and "sent.csv" in page


def table_of(answer: Any) -> list[tuple[Any, ...]]:
    assert answer["Content-Disposition"].endswith('.xlsx"')
    return list(load_workbook(io.BytesIO(answer.getvalue())).worksheets[0].iter_rows(values_only=True))


def test_it_is_what_the_filters_show_and_the_person_may_see(desk: Desk, api: FakeApi) -> None:
    send_two(desk)
    other_desk = open_desk(api, "paul@acme.example")
    send(other_desk.draft(), other_desk.client)
    assert len(table(body(post(desk, "?status=created")))) == 1
    assert len(table(body(post(other_desk)))) == 1
    assert post(desk, "?status=nonsense").status_code == 422


def test_many_are_put_together_by_the_worker_and_are_the_same(desk: Desk, monkeypatch: Any) -> None:
    send_two(desk)
    at_once = body(post(desk))
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    monkeypatch.setattr(exports, "ROWS_A_PART", 1)
    page = desk.browser.post("/submissions/export.csv", follow=True)
    assert "Preparing export" in page.content.decode()
    export = Export.objects.get()
    exports.work_on_next()
    half = desk.browser.get(f"/submissions/exports/{export.pk}/").content.decode()
    assert "1 of 3 rows" in half
    assert desk.browser.get(f"/submissions/exports/{export.pk}/sent.csv").status_code == 302
    work()
    assert "Your file is ready: 3 rows" in desk.browser.get(f"/submissions/exports/{export.pk}/").content.decode()
    assert body(desk.browser.get(f"/submissions/exports/{export.pk}/sent.csv")) == at_once


@pytest.mark.parametrize("at_once", [5_000, 1])
def test_more_submissions_than_are_read_together_are_all_there(desk: Desk, monkeypatch: Any, at_once: int) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", at_once)
    monkeypatch.setattr(exports, "SUBMISSIONS_A_READ", 2)
    for number in range(5):
        send(desk.draft(GOOD | {"input_text": str(number)}), desk.client)
    response = post(desk)
    if at_once == 1:
        work()
        response = desk.browser.get(f"/submissions/exports/{Export.objects.get().pk}/sent.csv")
    assert [row["input_text"] for row in table(body(response))] == ["4", "3", "2", "1", "0"]


def test_a_worker_that_dies_or_is_not_alone_leaves_nothing_out_and_nothing_twice(desk: Desk, monkeypatch: Any) -> None:
    send_two(desk)
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    monkeypatch.setattr(exports, "ROWS_A_PART", 1)
    post(desk)

    def die() -> None:
        raise KeyboardInterrupt

    def work_meanwhile() -> None:
        Export.objects.update(due_at=timezone.now())
        exports.work_on_next()

    with before_statement("INSERT INTO submissions_exportpart", die), pytest.raises(KeyboardInterrupt):
        exports.work_on_next()
    Export.objects.update(due_at=timezone.now())
    # The first update takes the lease, and the second one writes down that the part is in the file.
    with before_statement("UPDATE submissions_export SET", work_meanwhile, nth=2):
        exports.work_on_next()
    work()
    export = Export.objects.get()
    assert (export.status, export.done) == ("ready", 3)
    assert len(list(exports.entries_in(export))) == 3


def test_the_file_is_compressed_while_it_waits_and_its_owners_alone(desk: Desk, api: FakeApi, monkeypatch: Any) -> None:
    send_two(desk)
    other_desk = open_desk(api, "paul@acme.example")
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    post(desk)
    work()
    export = Export.objects.get()
    assert b"Hello" not in b"".join(bytes(data) for data in export.parts.values_list("data", flat=True))
    for name in ("", "sent.csv"):
        assert other_desk.browser.get(f"/submissions/exports/{export.pk}/{name}").status_code == 404


def test_whoever_may_come_no_more_gets_no_file(desk: Desk, monkeypatch: Any) -> None:
    send_two(desk)
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    post(desk)
    desk.person.is_active = False
    desk.person.save()
    work()
    assert (Export.objects.get().status, ExportPart.objects.count()) == ("failed", 0)


def test_what_is_discarded_meanwhile_doubles_nothing(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    monkeypatch.setattr(exports, "ROWS_A_PART", 2)
    for number in range(6):
        send(desk.draft(GOOD | {"input_text": str(number)}), desk.client)
    post(desk)
    exports.work_on_next()
    last = Export.objects.get().last_id
    assert last
    Submission.objects.get(pk=last).delete()
    work()
    rows = table(body(desk.browser.get(f"/submissions/exports/{Export.objects.get().pk}/sent.csv")))
    assert [row["input_text"] for row in rows] == ["5", "3", "2", "1", "0"]


def test_what_may_be_seen_no_more_is_in_no_file(desk: Desk, api: FakeApi, monkeypatch: Any) -> None:
    """A lead asked for it, and was no lead any more before the file was there."""
    other_desk = open_desk(api, "paul@acme.example")
    team = make_team(desk.person, lead=other_desk.person)
    share_key(desk.key, team)
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    send(desk.draft(), desk.client)
    post(other_desk, "?who=team")
    work()
    address = f"/submissions/exports/{Export.objects.get().pk}/sent.csv"
    assert len(table(body(other_desk.browser.get(address)))) == 1
    team.memberships.filter(user=other_desk.person).update(is_lead=False)
    assert table(body(other_desk.browser.get(address))) == []


def test_a_person_has_three_exports_at_once(desk: Desk, monkeypatch: Any) -> None:
    """Others are refused while these are prepared; once they are ready, the oldest makes room."""
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    send_two(desk)
    for _ in range(3):
        assert "/submissions/exports/" in post(desk)["Location"]
    refused = post(desk, "?kind=form")
    assert refused["Location"] == "/submissions/?kind=form"
    assert "Three of your exports are still being prepared" in desk.browser.get("/submissions/").content.decode()
    oldest = Export.objects.order_by("created_at")[0]
    work()
    post(desk)
    assert Export.objects.count() == 3
    assert not Export.objects.filter(pk=oldest.pk).exists()
