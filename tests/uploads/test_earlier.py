"""The same archive again: when, by whom and what came of it, to whoever may use the key; and never a block."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.archives import files
from tests.conftest import TWO_FILES
from tests.factories import make_colleague, make_stranger, open_workflow, save_key, share_key

from .choosing import address, check_archive

SAME = "These files were uploaded before"
ARCHIVE = files("a/front.png", "a/back.png")


def upload_before(
    browser: Client, workflow: OpenedWorkflow, stage: str = Stage.COMPLETED, state: str = "created", **values: Any
) -> ZipUpload:
    """Make an upload of the same contents that has come to this stage."""
    check_archive(browser, workflow, ARCHIVE)
    upload = ZipUpload.objects.first()
    assert upload
    ZipUpload.objects.filter(pk=upload.pk).update(stage=stage, **values)
    Submission.objects.filter(pk=upload.submission_id).update(status=state, success_count=state == "created")
    return upload


def test_when_by_whom_and_what_came_of_it(saved_key: SavedKey, page: Client) -> None:
    workflow = open_workflow(saved_key, TWO_FILES)
    upload = upload_before(page, workflow)
    html = " ".join(check_archive(page, workflow, ARCHIVE, name="renamed.zip").content.decode().split())
    assert SAME in html and "You · 1 task created" in html
    assert f'href="/submissions/{upload.submission_id}/"' in html
    assert "data-upload-now" in html, "a warning, not a block"


def test_it_is_said_after_a_reload_and_in_step_2_too(page: Client, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key, TWO_FILES)
    upload_before(page, workflow)
    check_archive(page, workflow, ARCHIVE)
    upload = ZipUpload.objects.get(stage=Stage.CHOSEN)
    assert SAME in page.get(address(workflow, f"?upload={upload.pk}")).content.decode()
    assert SAME in page.get(address(workflow, f"{upload.pk}/")).content.decode()


@pytest.mark.parametrize(
    ("stage", "state", "words"),
    [
        (Stage.PROCESSING, "sending", "In progress"),
        (Stage.FAILED, "unconfirmed", "Unconfirmed"),
        (Stage.FAILED, "rejected", "0 tasks created"),
    ],
)
def test_every_outcome_has_its_words(saved_key: SavedKey, page: Client, stage: str, state: str, words: str) -> None:
    workflow = open_workflow(saved_key, TWO_FILES)
    upload_before(page, workflow, stage, state)
    assert words in check_archive(page, workflow, ARCHIVE).content.decode()


def test_what_never_went_up_is_not_told(saved_key: SavedKey, page: Client) -> None:
    """Only checked; or a link that ran out, and nobody confirmed."""
    workflow = open_workflow(saved_key, TWO_FILES)
    upload_before(page, workflow, Stage.CHOSEN, "draft")
    upload_before(page, workflow, Stage.UPLOADING, "draft", expires_at=timezone.now() - timedelta(hours=1))
    assert SAME not in check_archive(page, workflow, ARCHIVE).content.decode()
    upload_before(page, workflow, Stage.UPLOADING, "draft", expires_at=timezone.now() + timedelta(hours=1))
    assert SAME in check_archive(page, workflow, ARCHIVE).content.decode()


def test_other_contents_other_sizes_and_unhashed_ones_are_no_match(saved_key: SavedKey, page: Client) -> None:
    workflow = open_workflow(saved_key, TWO_FILES)
    upload_before(page, workflow)
    assert SAME not in check_archive(page, workflow, ARCHIVE, fingerprint="1" * 64).content.decode()
    assert SAME not in check_archive(page, workflow, files("a/front.jpeg", "a/back.jpeg")).content.decode()
    ZipUpload.objects.update(fingerprint="")
    assert SAME not in check_archive(page, workflow, ARCHIVE, fingerprint="").content.decode()


def test_a_colleague_with_the_key_hears_of_it_and_may_not_look(page: Client, person: Any, saved_key: Any) -> None:
    workflow = open_workflow(saved_key, TWO_FILES)
    colleague = make_colleague()
    upload_before(page, workflow)
    Submission.objects.update(owner=colleague)
    share_key(saved_key, colleague)
    as_owner = " ".join(check_archive(page, workflow, ARCHIVE).content.decode().split())
    assert "<bdi>Ben Okafor</bdi> · 1 task created" in as_owner and "View" in as_owner
    Submission.objects.filter(zip_upload__stage=Stage.COMPLETED).update(owner=person)
    page.force_login(colleague)
    as_colleague = " ".join(check_archive(page, workflow, ARCHIVE).content.decode().split())
    assert "<bdi>maria@acme.example</bdi> · 1 task created" in as_colleague
    assert "View<span" not in as_colleague


def test_keys_that_are_not_theirs_tell_nothing(saved_key: SavedKey, page: Client) -> None:
    workflow = open_workflow(saved_key, TWO_FILES)
    stranger = make_stranger()
    upload = upload_before(page, workflow)
    Submission.objects.filter(pk=upload.submission_id).update(owner=stranger, key=save_key(stranger, "pk_live_theirs"))
    assert SAME not in check_archive(page, workflow, ARCHIVE).content.decode()
