"""What the list shows as a file: CSV and JSON, at once or by the worker, with exactly what the person may see."""

import csv
import io
import json
from typing import Any

import pytest
from cryptography.fernet import Fernet

from pipelines_portal.audit.models import Event
from pipelines_portal.saved_keys.models import KeyShare
from pipelines_portal.submissions import exports
from pipelines_portal.submissions.models import Export, ExportPart, Submission
from pipelines_portal.submissions.sending import send
from pipelines_portal.teams.models import Membership, Team

from .conftest import BAD, GOOD, Desk


def post(desk: Desk, format_: str, query: str = "") -> Any:
    return desk.browser.post(f"/submissions/export/{query}", {"format": format_})


def body(answer: Any) -> str:
    return b"".join(answer.streaming_content).decode()


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))


def work() -> None:
    while exports.work_on_next():
        pass


@pytest.fixture
def ledger(desk: Desk) -> list[Submission]:
    return [
        send(desk.draft(GOOD | {"input_text": "=1+1"}, BAD), desk.client),
        send(desk.draft(GOOD | {"input_text": "Grüße, “Ben”\nzwei"}), desk.client),
    ]


def test_few_are_saved_at_once_row_by_row_with_what_came_of_each(desk: Desk, ledger: list[Submission]) -> None:
    answer = post(desk, "csv")
    assert answer["Content-Disposition"].startswith('attachment; filename="submissions-')
    rows = table(body(answer))
    assert [row["input_text"] for row in rows] == ["Grüße, “Ben”\nzwei", "'=1+1", "Hello"]
    assert [row["Row's state"] for row in rows] == ["Created", "Created", "Rejected"]
    assert rows[0]["Task ID"] == str(ledger[1].rows.get().task_id)
    assert rows[2]["Wrong field"] == "target_language"
    assert rows[0]["By"] == desk.person.email
    assert [event.verb for event in Event.objects.filter(verb="submissions-exported")] == ["submissions-exported"]


def test_values_that_cannot_be_opened_are_told_as_that(desk: Desk, ledger: list[Submission], settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    rows = table(body(post(desk, "csv")))
    assert [row["Row's state"] for row in rows] == ["Created", "Created", "Rejected"]
    assert all("The values cannot be opened" in row["What is wrong"] for row in rows)


def test_json_holds_the_same_with_values_as_they_are(desk: Desk, ledger: list[Submission]) -> None:
    entries = json.loads(body(post(desk, "json")))
    assert [entry["values"]["input_text"] for entry in entries] == ["Grüße, “Ben”\nzwei", "=1+1", "Hello"]
    assert json.loads(body(post(desk, "json", "?state=draft"))) == []


def test_it_is_what_the_filters_show_and_the_person_may_see(
    desk: Desk, other_desk: Desk, ledger: list[Submission]
) -> None:
    send(other_desk.draft(), other_desk.client)
    assert len(table(body(post(desk, "csv", "?state=done")))) == 1
    assert len(table(body(post(other_desk, "csv")))) == 1
    assert post(desk, "csv", "?state=nonsense").status_code == 422
    assert post(desk, "exe").status_code == 422


def test_many_are_put_together_by_the_worker_and_are_the_same(
    desk: Desk, ledger: list[Submission], monkeypatch: Any
) -> None:
    at_once = {name: body(post(desk, name)) for name in ("csv", "json")}
    monkeypatch.setattr(exports, "AT_ONCE", 2)
    monkeypatch.setattr(exports, "ROWS_A_PART", 1)
    for name in ("csv", "json"):
        page = desk.browser.post("/submissions/export/", {"format": name}, follow=True)
        assert "Being counted" in page.content.decode()
        export = Export.objects.get(format=name)
        exports.work_on_next()
        half = desk.browser.get(f"/submissions/exports/{export.pk}/").content.decode()
        assert "1 of 3 rows are in the file." in half
        assert desk.browser.get(f"/submissions/exports/{export.pk}/file").status_code == 302
        work()
        assert "The file is ready: 3 rows." in desk.browser.get(f"/submissions/exports/{export.pk}/").content.decode()
        assert body(desk.browser.get(f"/submissions/exports/{export.pk}/file")) == at_once[name]


def test_a_worker_that_dies_or_is_not_alone_leaves_nothing_out_and_nothing_twice(
    desk: Desk, ledger: list[Submission], monkeypatch: Any
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    monkeypatch.setattr(exports, "ROWS_A_PART", 1)
    post(desk, "json")
    as_read = Export.objects.select_related("owner").get()
    real = ExportPart.objects.create

    def dies(**values: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ExportPart.objects, "create", dies)
    with pytest.raises(KeyboardInterrupt):
        exports.work_on_next()
    monkeypatch.setattr(ExportPart.objects, "create", real)
    Export.objects.update(due_at=as_read.due_at)
    exports._work_on(as_read)
    exports._work_on(as_read)
    work()
    export = Export.objects.get()
    assert (export.state, export.done) == ("ready", 3)
    assert len(list(exports.entries_in(export))) == 3


def test_the_file_is_encrypted_while_it_waits_and_its_owners_alone(
    desk: Desk, other_desk: Desk, ledger: list[Submission], monkeypatch: Any
) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    post(desk, "csv")
    work()
    export = Export.objects.get()
    assert b"Hello" not in b"".join(bytes(data) for data in export.parts.values_list("data", flat=True))
    for name in ("", "file"):
        assert other_desk.browser.get(f"/submissions/exports/{export.pk}/{name}").status_code == 404


def test_whoever_may_come_no_more_gets_no_file(desk: Desk, ledger: list[Submission], monkeypatch: Any) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    post(desk, "csv")
    desk.person.is_active = False
    desk.person.save()
    work()
    assert (Export.objects.get().state, ExportPart.objects.count()) == ("failed", 0)


def test_what_is_discarded_meanwhile_doubles_nothing(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    monkeypatch.setattr(exports, "ROWS_A_PART", 2)
    for number in range(6):
        desk.draft(GOOD | {"input_text": str(number)})
    post(desk, "json")
    exports.work_on_next()
    last = Export.objects.get().last_id
    assert last
    Submission.objects.get(pk=last).delete()
    work()
    entries = json.loads(body(desk.browser.get(f"/submissions/exports/{Export.objects.get().pk}/file")))
    assert [entry["values"]["input_text"] for entry in entries] == ["5", "3", "2", "1", "0"]


def test_what_may_be_seen_no_more_is_in_no_file(desk: Desk, other_desk: Desk, monkeypatch: Any) -> None:
    """A lead asked for it, and the share was taken back before the file was."""
    team = Team.objects.create(name="Intake")
    Membership.objects.create(team=team, user=desk.person)
    Membership.objects.create(team=team, user=other_desk.person, is_lead=True)
    share = KeyShare.objects.create(key=desk.key, team=team)
    monkeypatch.setattr(exports, "AT_ONCE", 0)
    send(desk.draft(), desk.client)
    post(other_desk, "json", "?who=team")
    work()
    address = f"/submissions/exports/{Export.objects.get().pk}/file"
    assert len(json.loads(body(other_desk.browser.get(address)))) == 1
    share.delete()
    assert json.loads(body(other_desk.browser.get(address))) == []
