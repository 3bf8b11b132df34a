"""What a restore makes of imports whose rows may have been sent after the backup."""

from typing import Any

from pipelines_portal.entry.imports.sending import pause_restored
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.submissions.models import Submission
from tests.fake_api import FakeApi

from .conftest import Checked, work
from .making import distinct, statuses


def being_sent(checked: Checked) -> ImportJob:
    import_job = checked(distinct(3))
    assert import_job.start_sending(import_job.owner, 3, one_row_first=False)
    return import_job


def restore(import_job: ImportJob) -> Any:
    Submission.objects.all().unconfirm_restored()
    pause_restored()
    import_job.refresh_from_db()
    return import_job


def test_an_import_that_was_being_sent_is_paused_and_sends_nothing(checked: Checked, api: FakeApi) -> None:
    import_job = restore(being_sent(checked))
    assert import_job.status == ImportJob.Status.PAUSED
    assert "restored from a backup" in import_job.problem
    work()
    assert set(statuses(import_job).values()) == {"ready"}


def test_an_import_with_an_unconfirmed_request_asks_a_person(checked: Checked) -> None:
    import_job = being_sent(checked)
    request = import_job.next_submission()
    assert request is not None
    request.claim(0, until=None)
    restore(import_job)
    assert import_job.status == ImportJob.Status.UNCONFIRMED
    assert "restored from a backup" in import_job.problem
    assert set(statuses(import_job).values()) == {"unconfirmed"}


def test_a_paused_import_says_that_its_rows_may_have_been_sent(checked: Checked, person: Any) -> None:
    """It was paused when the backup was made, and perhaps continued and finished since."""
    import_job = being_sent(checked)
    assert import_job.pause(person)
    restore(import_job)
    assert import_job.status == ImportJob.Status.PAUSED
    assert "restored from a backup" in import_job.problem


def test_a_checked_import_says_that_its_rows_may_have_been_sent(checked: Checked) -> None:
    import_job = restore(checked(distinct(2)))
    assert import_job.status == ImportJob.Status.CHECKED
    assert "restored from a backup" in import_job.problem


def test_an_import_without_rows_to_send_stays_as_it_is(checked: Checked) -> None:
    import_job = checked(distinct(2))
    import_job.start_sending(import_job.owner, 2, one_row_first=False)
    work()
    import_job.refresh_from_db()
    restore(import_job)
    assert (import_job.status, import_job.problem) == (ImportJob.Status.CHECKED, "")
