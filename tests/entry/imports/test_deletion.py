"""Deleting an import asks first, and can be undone for 30 days."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.audit.models import Event
from pipelines_portal.entry.imports.deletion import remove_old_imports
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.rows.fixing import change_rows, edit_row
from tests.fake_api import FakeApi, Plan
from tests.pages import text_of

from .conftest import work
from .making import statuses
from .office import Office, address


def test_a_deleted_import_is_hidden_and_can_be_restored(office: Office, api: FakeApi) -> None:
    sheet = office.imported()
    api.plans = [Plan(after=lambda: office.post("ben", sheet, "pause"), on="POST")]
    office.post("ben", sheet, "send", rows=4)
    work()
    sheet.refresh_from_db()
    paused_at, before = sheet.paused_at, statuses(sheet)
    words = text_of(office.post("lena", sheet, "delete"))
    assert "<bdi>Lena Fuchs</bdi> deleted this" not in words and "Deleted at" in words
    assert "You can restore it until" in words and "Restore" in words
    listed = text_of(office.browser("ben").get(office.import_tab))
    assert "Deleted imports" in listed and "No files or pasted rows yet" in listed
    assert "rows.csv" not in text_of(office.browser("ben").get("/"))
    assert "rows.csv" not in text_of(office.browser("anna").get(office.import_tab))
    assert "<bdi>Lena Fuchs</bdi> deleted this" in text_of(office.get("ben", sheet, "progress"))
    office.post("ben", sheet, "send", rows=2)
    work()
    assert len(api.tasks) == 2
    office.post("ben", sheet, "restore")
    work()
    sheet.refresh_from_db()
    assert (sheet.status, sheet.paused_by, sheet.paused_at) == (
        Sheet.Status.PAUSED,
        office.people["ben"],
        paused_at,
    )
    assert statuses(sheet) == before and len(api.tasks) == 2
    assert set(Event.objects.values_list("verb", flat=True)) >= {"import-deleted", "import-restored"}
    office.post("ben", sheet, "send", rows=2)
    work()
    assert len(api.tasks) == 4


def test_an_import_with_an_unconfirmed_request_is_not_deleted(office: Office, api: FakeApi) -> None:
    """Neither once it is paused."""
    sheet = office.imported()
    api.fail("lost_answer", on="POST")
    office.post("ben", sheet, "send", rows=4)
    work()
    for status in (Sheet.Status.UNCONFIRMED, Sheet.Status.PAUSED):
        Sheet.objects.update(status=status)
        office.post("ben", sheet, "delete")
        sheet.refresh_from_db()
        assert (sheet.status, "unconfirmed" in statuses(sheet).values()) == (status, True)


def test_an_import_of_every_deletable_status_can_be_restored(office: Office) -> None:
    """Its retention restarts."""
    sheet = office.imported()
    statuses = Sheet.Status
    for status in (statuses.MATCHING, statuses.UNREADABLE, statuses.READING, statuses.CHECKING, statuses.CHECKED):
        long_ago = timezone.now() - timedelta(days=29)
        Sheet.objects.update(status=status, problem="Something is wrong.", changed_at=long_ago)
        office.browser("ben").post(address(sheet, "delete"))
        work()
        sheet.refresh_from_db()
        assert sheet.status == Sheet.Status.DELETED, status
        office.browser("ben").post(address(sheet, "restore"))
        sheet.refresh_from_db()
        assert (sheet.status, sheet.problem, sheet.deleted_at) == (status, "Something is wrong.", None)
    remove_old_imports()
    assert Sheet.objects.filter(pk=sheet.pk).exists()


def test_a_deleted_import_is_removed_after_thirty_days(office: Office, settings: Any) -> None:
    settings.IMPORT_RETENTION_DAYS = 1
    sheet = office.imported()
    office.post("ben", sheet, "delete")
    for days, is_there in ((29, True), (31, False)):
        long_ago = timezone.now() - timedelta(days=days)
        Sheet.objects.update(deleted_at=long_ago, changed_at=long_ago - timedelta(days=300))
        remove_old_imports()
        assert Sheet.objects.filter(pk=sheet.pk).exists() == is_there


def test_the_question_names_the_file_and_deletes_nothing(office: Office) -> None:
    sheet = office.imported()
    menu = office.get("ben", sheet, "page").content.decode().split('id="import-menu"')[1].split("</details>")[0]
    assert f'href="{address(sheet, "delete")}?to=grid"' in menu
    change_rows(sheet, sheet.owner, "Edit rows", [2], lambda row: edit_row(row, {"input_text": "Changed"}))
    words = text_of(office.get("ben", sheet, "delete"))
    assert "Delete import?" in words and "rows.csv" in words and "(4 rows, 1 of them edited)" in words
    assert "You can restore it within 30 days." in words and "Cancel" in words
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.CHECKED
