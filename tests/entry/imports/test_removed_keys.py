"""What happens to imports when the API key that they send with is removed, or their workflow is taken off the list."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.notifications.models import Notification
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.retention import delete_unsent_drafts, drop_old_values
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import forget_workflow
from tests.factories import make_person
from tests.fake_api import FakeApi, error
from tests.pages import text_of

from .conftest import Checked, work
from .making import distinct, statuses
from .test_races import lost
from .test_sending import begin


def tidy_up_long_after() -> None:
    long_ago = timezone.now() - timedelta(days=5000)
    Submission.objects.update(created_at=long_ago)
    Submission.objects.exclude(sent_at=None).update(sent_at=long_ago)
    delete_unsent_drafts()
    drop_old_values()


def test_values_of_a_removed_import_are_removed_in_their_time(
    checked: Checked, person: Any, saved_key: SavedKey, scripted_api: FakeApi
) -> None:
    """The key is rejected, so the import pauses with a request that was tried, and the owner removes the key."""
    sheet = checked(distinct(3))
    begin(sheet, person)
    scripted_api.routes["/tasks"] = lambda request: error(401, "unauthorized", "Invalid key")
    work()
    assert SavedKey.objects.get().remove(person)
    assert not Sheet.objects.exists()
    assert SubmissionRow.objects.count() == 3
    tidy_up_long_after()
    assert not SubmissionRow.objects.exclude(fields=None).exists()


def test_a_request_of_a_removed_import_can_be_discarded(
    page: Any, checked: Checked, person: Any, saved_key: SavedKey
) -> None:
    submission = lost(checked(distinct(3)), person)
    assert SavedKey.objects.get().remove(person)
    submission.refresh_from_db()
    assert submission.decide_not_created(person)
    assert "You can discard it from" in text_of(page.get(f"/submissions/{submission.pk}/"))
    tidy_up_long_after()
    assert not SubmissionRow.objects.exclude(fields=None).exists()


def test_the_page_names_what_is_deleted_and_owners_are_notified(
    page: Any, checked: Checked, person: Any, saved_key: SavedKey
) -> None:
    colleague = make_person("pia@acme.example")
    sheet = checked(distinct(3))
    Sheet.objects.update(owner=colleague)
    asked = text_of(page.get(f"/keys/{saved_key.pk}/remove/"))
    assert f"{sheet.label} (by pia@acme.example)" in asked
    page.post(f"/keys/{saved_key.pk}/remove/")
    news = Notification.objects.get()
    assert (news.person, news.title) == (colleague, f"Your import {sheet.label} was deleted")


def test_it_is_paused_when_its_workflow_is_taken_off_the_list(page: Any, checked: Checked, person: Any) -> None:
    sheet = checked(distinct(5), rows_per_request=2)
    begin(sheet, person)
    forget_workflow(OpenedWorkflow.objects.get(), person)
    work()
    sheet.refresh_from_db()
    assert (sheet.status, set(statuses(sheet).values())) == (Sheet.Status.PAUSED, {"ready"})
    assert "Add it again" in sheet.problem
    assert "isn’t in your list" in text_of(page.get(f"/sheets/{sheet.pk}/progress/"))
