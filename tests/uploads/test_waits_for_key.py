"""What becomes of an archive on its way when its key is rejected, or its sender loses the key."""

import pytest
from django.utils import timezone

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.keys.clients import check_client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.polling import enqueue_due, poll_if_due, poll_upload, resume_waiting
from tests.factories import Desk, make_colleague, make_upload
from tests.fake_api import FakeApi, error

from .conftest import CONFIRMED

DEAD = error(401, "invalid_api_key", "Invalid API key")
GONE = error(422, "validation_error", "The user who created this API key is no longer a member of the organization")


def by_the_worker(upload: ZipUpload) -> ZipUpload:
    assert upload.next_poll_at is not None
    poll_upload.func(str(upload.pk), upload.next_poll_at.isoformat())
    return ZipUpload.objects.with_submission().get(pk=upload.pk)


def test_a_rejected_key_stops_it_and_a_check_sets_it_going(scripted_api: FakeApi, desk: Desk) -> None:
    scripted_api.routes["/confirm"] = DEAD
    upload = by_the_worker(make_upload(desk, Stage.STORED))
    assert (upload.next_poll_at, upload.waits_for_key) == (None, True)
    assert "Replace it to continue" in upload.problem
    assert (resume_waiting(), enqueue_due()) == (0, 0)
    scripted_api.routes["/workflows/2147483647 "] = error(404, "not_found", "No")
    scripted_api.routes["/confirm"] = CONFIRMED
    key = SavedKey.objects.get()
    key.check_with(check_client_for(key), desk.person)
    upload.refresh_from_db()
    assert upload.next_poll_at is not None and not upload.waits_for_key
    poll_if_due(upload)
    assert upload.stage == Stage.PROCESSING


@pytest.mark.parametrize("how", ["handed over", "deactivated", "viewer"])
def test_who_lost_the_key_is_not_asked_for_until_they_have_it_again(
    scripted_api: FakeApi, desk: Desk, how: str
) -> None:
    colleague = make_colleague()
    scripted_api.routes["/confirm"] = CONFIRMED
    upload = make_upload(desk, Stage.STORED)
    if how == "handed over":
        SavedKey.objects.select_related("owner").get().transfer(colleague, desk.person)
    if how == "deactivated":
        User.objects.filter(pk=desk.person.pk).update(is_active=False)
    if how == "viewer":
        User.objects.filter(pk=desk.person.pk).update(role=Role.VIEWER)
    scripted_api.requests.clear()
    upload = by_the_worker(upload)
    assert (upload.stage, upload.next_poll_at, upload.waits_for_key) == (Stage.STORED, None, True)
    assert "We’ll continue when" in upload.problem
    assert (resume_waiting(), scripted_api.requests) == (0, [])
    if how == "handed over":
        assert SavedKey.objects.get().share_with(desk.person, colleague)
    else:
        User.objects.filter(pk=desk.person.pk).update(is_active=True, role=Role.OPERATOR)
        assert resume_waiting() == 1
    upload = by_the_worker(ZipUpload.objects.get())
    assert (upload.stage, upload.problem) == (Stage.PROCESSING, "")


def test_a_key_whose_maker_left_is_told_apart(scripted_api: FakeApi, desk: Desk) -> None:
    scripted_api.routes["/confirm"] = GONE
    upload = by_the_worker(make_upload(desk, Stage.STORED))
    assert upload.waits_for_key and "left the organization" in upload.problem
    assert SavedKey.objects.get().creator_gone_at is not None
    assert resume_waiting() == 0
    SavedKey.objects.update(creator_gone_at=None, rejected_at=None)
    assert resume_waiting() == 1
    assert ZipUpload.objects.get().next_poll_at <= timezone.now()
