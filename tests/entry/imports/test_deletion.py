"""Deleting an import asks first, and can be undone for 30 days."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.audit.models import Event
from pipelines_portal.entry.imports.deletion import remove_old_imports
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.entry.rows.fixing import change_rows, edit_row
from tests.fake_api import FakeApi, Plan
from tests.pages import text_of

from .conftest import work
from .making import statuses
from .office import Office, address


def test_a_deleted_import_is_hidden_and_can_be_restored(office: Office, api: FakeApi) -> None:
    import_job = office.imported()
    api.plans = [Plan(after=lambda: office.post("ben", import_job, "pause"), on="POST")]
    office.post("ben", import_job, "send", rows=4)
    work()
    import_job.refresh_from_db()
    paused_at, before = import_job.paused_at, statuses(import_job)
    words = text_of(office.post("lena", import_job, "delete"))
    assert "<bdi>Lena Fuchs</bdi> deleted this" not in words and "Deleted at" in words
    assert "You can restore it until" in words and "Restore" in words
    listed = text_of(office.browser("ben").get(office.import_tab))
    assert "Deleted imports" in listed and "No files or pasted rows yet" in listed
    assert "rows.csv" not in text_of(office.browser("ben").get("/"))
    assert "rows.csv" not in text_of(office.browser("anna").get(office.import_tab))
    assert "<bdi>Lena Fuchs</bdi> deleted this" in text_of(office.get("ben", import_job, "progress"))
    office.post("ben", import_job, "send", rows=2)
    work()
    assert len(api.tasks) == 2
    office.post("ben", import_job, "restore")
    work()
    import_job.refresh_from_db()
    assert (import_job.status, import_job.paused_by, import_job.paused_at) == (
        ImportJob.Status.PAUSED,
        office.people["ben"],
        paused_at,
    )
    assert statuses(import_job) == before and len(api.tasks) == 2
    assert set(Event.objects.values_list("verb", flat=True)) >= {"import-deleted", "import-restored"}
    office.post("ben", import_job, "send", rows=2)
    work()
    assert len(api.tasks) == 4


def test_an_import_with_an_unconfirmed_request_is_not_deleted(office: Office, api: FakeApi) -> None:
    """Neither once it is paused."""
    import_job = office.imported()
    api.fail("lost_answer", on="POST")
    office.post("ben", import_job, "send", rows=4)
    work()
    for status in (ImportJob.Status.UNCONFIRMED, ImportJob.Status.PAUSED):
        ImportJob.objects.update(status=status)
        office.post("ben", import_job, "delete")
        import_job.refresh_from_db()
        assert (import_job.status, "unconfirmed" in statuses(import_job).values()) == (status, True)


def test_an_import_of_every_deletable_status_can_be_restored(office: Office) -> None:
    """Its retention restarts."""
    import_job = office.imported()
    statuses = ImportJob.Status
    for status in (statuses.MATCHING, statuses.UNREADABLE, statuses.READING, statuses.CHECKING, statuses.CHECKED):
        long_ago = timezone.now() - timedelta(days=29)
        ImportJob.objects.update(status=status, problem="Something is wrong.", changed_at=long_ago)
        office.browser("ben").post(address(import_job, "delete"))
        work()
        import_job.refresh_from_db()
        assert import_job.status == ImportJob.Status.DELETED, status
        office.browser("ben").post(address(import_job, "restore"))
        import_job.refresh_from_db()
        assert (import_job.status, import_job.problem, import_job.deleted_at) == (status, "Something is wrong.", None)
    remove_old_imports()
    assert ImportJob.objects.filter(pk=import_job.pk).exists()


def test_a_deleted_import_is_removed_after_thirty_days(office: Office, settings: Any) -> None:
    settings.IMPORT_RETENTION_DAYS = 1
    import_job = office.imported()
    office.post("ben", import_job, "delete")
    for days, is_there in ((29, True), (31, False)):
        long_ago = timezone.now() - timedelta(days=days)
        ImportJob.objects.update(deleted_at=long_ago, changed_at=long_ago - timedelta(days=300))
        remove_old_imports()
        assert ImportJob.objects.filter(pk=import_job.pk).exists() == is_there


def test_the_question_names_the_file_and_deletes_nothing(office: Office) -> None:
    import_job = office.imported()
    menu = office.get("ben", import_job, "page").content.decode().split('id="import-menu"')[1].split("</details>")[0]
    assert f'href="{address(import_job, "delete")}?to=grid"' in menu
    change_rows(import_job, import_job.owner, "Edit rows", [2], lambda row: edit_row(row, {"input_text": "Changed"}))
    words = text_of(office.get("ben", import_job, "delete"))
    assert "Delete import?" in words and "rows.csv" in words and "(4 rows, 1 of them edited)" in words
    assert "You can restore it within 30 days." in words and "Cancel" in words
    import_job.refresh_from_db()
    assert import_job.status == ImportJob.Status.CHECKED
