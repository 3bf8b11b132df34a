"""Step 1: choosing a file or pasting rows."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from pipelines_portal.entry.imports import jobs
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.web.time_budget import page_budget
from tests.conftest import DRAFT, FILES
from tests.factories import browser_of, make_colleague, open_workflow, share_key
from tests.pages import text_of

from .conftest import work

CSV = "Text to translate,Target language\nHello,French\nGood morning,\n"


def address(workflow: Any) -> str:
    return f"/keys/{workflow.key_id}/workflows/{workflow.workflow_id}/import/"


def sheet_at(*more: Any) -> str:
    return f"/sheets/{''.join(f'{each}/' for each in more)}"


def upload(
    page: Any, workflow: Any, content: str | bytes, name: str = "rows.csv", zone: str = "", **values: Any
) -> Any:
    """Choose a file in a browser that names its time zone, or none."""
    if zone:
        page.cookies["zone"] = zone
    data = content.encode() if isinstance(content, str) else content
    form = {"token": uuid4(), "file": SimpleUploadedFile(name, data)} | values
    return page.post(address(workflow), form, follow=True)


def test_a_file_with_the_titles_of_the_fields_is_checked_at_once(page: Any, saved_key: SavedKey) -> None:
    """The columns are matched automatically, so nothing is asked. The same form posted twice creates one import."""
    workflow, token = open_workflow(saved_key), uuid4()
    done = upload(page, workflow, CSV, token=token)
    sheet = Sheet.objects.get()
    assert sheet.status == Sheet.Status.CHECKED
    assert done.request["PATH_INFO"].endswith(f"/sheets/{sheet.pk}/grid/")
    assert Event.objects.get(verb="import-begun").target_label == f"rows.csv for {sheet.workflow_name}"
    upload(page, workflow, CSV, token=token)
    assert Sheet.objects.count() == 1
    Sheet.objects.update(status=Sheet.Status.SENDING)
    done = page.post(sheet_at(sheet.pk, "delete"), follow=True)
    assert "Not deleted. Rows are being sent" in text_of(done)
    assert Sheet.objects.get().status == Sheet.Status.SENDING


def test_invalid_input_is_an_error_at_its_field(page: Any, saved_key: SavedKey, settings: Any) -> None:
    """Pasted rows stay."""
    workflow = open_workflow(saved_key)
    for values, sentence in (
        ({}, "Choose a file or paste rows."),
        ({"file": SimpleUploadedFile("a.csv", b"")}, "a.csv is empty."),
        ({"text": "a\tb", "file": SimpleUploadedFile("a.csv", b"a,b")}, "Choose a file or paste rows, not both"),
    ):
        response = page.post(address(workflow), {"token": uuid4()} | values)
        assert response.status_code == 422 and sentence in text_of(response)
    settings.IMPORT_MAX_MB = 0
    values = {"token": uuid4(), "text": "kept", "file": SimpleUploadedFile("b.csv", b"x")}
    response = page.post(address(workflow), values)
    assert response.status_code == 422
    assert "b.csv is larger than 0 MB" in text_of(response)
    assert ">kept</textarea>" in response.content.decode().replace("\n", "")
    assert not Sheet.objects.exists()


def test_the_number_of_stored_imports_of_a_person_is_limited(page: Any, saved_key: SavedKey, monkeypatch: Any) -> None:
    monkeypatch.setattr("pipelines_portal.entry.imports.views.MOST_STORED", 1)
    workflow, form = (
        open_workflow(saved_key),
        {"token": uuid4(), "text": "input_text\ttarget_language\nHello\tFrench\n"},
    )
    assert page.post(address(workflow), form).status_code == 302
    assert page.post(address(workflow), form).status_code == 302, "the same form again"
    refused = page.post(address(workflow), form | {"token": uuid4()})
    assert refused.status_code == 422
    assert "Send some of them first, or transfer them." in text_of(refused)
    Sheet.objects.update(status=Sheet.Status.DELETED)
    assert page.post(address(workflow), form | {"token": uuid4()}).status_code == 422, "it can be restored"
    Sheet.objects.all().delete()
    assert page.post(address(workflow), form | {"token": uuid4()}).status_code == 302


def test_a_file_without_rows_is_refused_with_a_reason(page: Any, saved_key: SavedKey) -> None:
    done = upload(page, open_workflow(saved_key), b"PK\x03\x04nonsense", "rows.xlsx")
    assert Sheet.objects.get().status == Sheet.Status.UNREADABLE
    html = text_of(done)
    assert "We can’t read this file" in html
    assert "Choose another file" in html


def test_a_large_file_is_left_to_the_worker_and_the_page_waits(
    page: Any, saved_key: SavedKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LARGEST_AT_ONCE", len(CSV) - 1)
    workflow = open_workflow(saved_key)
    done = upload(page, workflow, CSV)
    sheet = Sheet.objects.get()
    assert "Reading the file…" in text_of(done)
    here = sheet_at(sheet.pk)
    asking = {"HX-Request": "true", "HX-Target": "import-wait"}
    assert page.get(here, headers=asking).status_code == 204
    work()
    assert page.get(here, headers=asking)["HX-Redirect"] == f"{here}grid/"


def test_many_short_rows_are_left_to_the_worker_after_a_second(page: Any, saved_key: SavedKey, hurry: None) -> None:
    """A small file can contain tens of thousands of rows. A few hundred are checked within the request."""
    workflow = open_workflow(saved_key)
    upload(page, workflow, CSV + "".join(f"{number},French\n" for number in range(100)))
    assert Sheet.objects.get().status == Sheet.Status.CHECKED
    Sheet.objects.all().delete()
    done = upload(page, workflow, CSV + "".join(f"{number},French\n" for number in range(3_000)))
    sheet = Sheet.objects.get()
    assert sheet.status in (Sheet.Status.READING, Sheet.Status.CHECKING)
    assert "You can leave this page" in text_of(done)
    work()
    sheet.refresh_from_db()
    assert (sheet.status, sheet.row_count) == (Sheet.Status.CHECKED, 3_002)


def test_requests_read_one_file_of_a_person_at_a_time(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    other = make_colleague()
    share_key(saved_key, other)
    with page_budget(saved_key.owner_id):
        assert "Reading the file…" in text_of(upload(page, workflow, CSV))
        upload(browser_of(other), workflow, CSV)
    assert Sheet.objects.get(owner=other).status == Sheet.Status.CHECKED
    upload(page, workflow, CSV)
    mine = Sheet.objects.filter(owner=saved_key.owner)
    assert sorted(mine.values_list("status", flat=True)) == ["checked", "reading"]


def test_workflows_with_files_or_without_new_tasks_have_no_imports(page: Any, saved_key: SavedKey) -> None:
    files = open_workflow(saved_key, FILES, has_file_fields=True)
    assert "Upload files" in text_of(page.get(address(files)))
    draft = open_workflow(saved_key, DRAFT, status="DRAFT")
    assert "Closed to new tasks" in text_of(page.get(address(draft)))
    for workflow in (files, draft):
        assert upload(page, workflow, CSV).status_code == 422
    assert not Sheet.objects.exists()


def test_pasted_rows_survive_a_sign_in(client: Any, saved_key: SavedKey, before_api: Any) -> None:
    response = client.post(address(open_workflow(saved_key)), {"token": uuid4(), "text": "Hello\tFrench"})
    assert response.status_code == 401
    assert "Hello\tFrench" in response.content.decode()


def test_times_are_in_the_time_zone_of_the_account(page: Any, saved_key: SavedKey) -> None:
    """Else in that of the browser. If its clocks read another time, the person is asked, once."""
    workflow, rows = open_workflow(saved_key, 43), "Short,Sure,Due\nHello {},yes,2026-05-03T10:00\n"
    tries = [("", "Nowhere/Land", ""), ("", "Europe/Vienna", "08:00"), ("Europe/Vienna", "", "08:00")]
    tries += [("Europe/Vienna", "Europe/Berlin", "08:00"), ("Europe/Vienna", "America/New_York", "")]
    for number, (account, browser, due) in enumerate(tries):
        User.objects.update(time_zone=account)
        page.cookies["zone"] = browser
        done = upload(page, workflow, rows.format(number))
        row = Sheet.objects.latest("created_at").rows.get()
        assert (row.fields or {}).get("due", "") == (due and f"2026-05-03T{due}:00Z")
        assert ("Time zone: Europe/Vienna" in text_of(done)) == bool(due)
    asked = Sheet.objects.latest("created_at")
    page.post(sheet_at(asked.pk, "columns", "again"))
    here = sheet_at(asked.pk, "columns")
    assert '<option value="Europe/Vienna" selected>' in text_of(page.get(here))
    asked.refresh_from_db()
    page.post(here, {"seen": asked.version, "zone": "America/New_York"})
    assert asked.rows.get().fields["due"] == "2026-05-03T14:00:00Z"
    upload(page, workflow, rows.format("once more"))
    assert Sheet.objects.latest("created_at").rows.get().fields["due"] == "2026-05-03T14:00:00Z"


def test_the_formats_of_the_account_are_the_first_answers(page: Any, saved_key: SavedKey) -> None:
    """They are no silent ones."""
    User.objects.update(number_format=",", date_format="month")
    workflow = open_workflow(saved_key, 43)
    upload(page, workflow, "Short,Sure,Amount,Due\nHello,yes,1.000,3/5/2026\n")
    sheet = Sheet.objects.get()
    assert sheet.rows.get().status == "to_fix"
    page.post(sheet_at(sheet.pk, "columns", "again"))
    html = text_of(page.get(sheet_at(sheet.pk, "columns")))
    assert re.findall(r'name="decimal" value="(.?)"', html) == [",", ".", ""]
    assert re.findall(r'name="day_first" value="(\w*)"', html) == ["month", "day", ""]
    assert re.findall(r'value="(\w*)"[^>]* checked', html) == ["", ""]
