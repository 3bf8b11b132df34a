"""The same archive again: when, by whom and what came of it, to whoever may use the key; and never a block."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from pipelines_portal.saved_keys.models import KeyShare
from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.models import Stage, ZipUpload
from tests.archives import files
from tests.conftest import save_key

from .choosing import SEVERAL, Check, address, check, saved_key, uploads_key

# Fixtures of this page's tests alone.
__all__ = ["check", "saved_key", "uploads_key"]
SAME = "The same files were uploaded before"
ARCHIVE = files("a/front.png", "a/back.png")


@pytest.fixture
def workflow(opened: Callable) -> Any:
    return opened(SEVERAL)


@pytest.fixture
def went_up(check: Check, workflow: Any) -> Callable[..., ZipUpload]:
    """One with the same contents, at any stage."""

    def make(stage: str = Stage.COMPLETED, state: str = "done", **values: Any) -> ZipUpload:
        check(workflow, ARCHIVE)
        upload = ZipUpload.objects.first()
        assert upload
        ZipUpload.objects.filter(pk=upload.pk).update(stage=stage, **values)
        Submission.objects.filter(pk=upload.submission_id).update(state=state, success_count=state == "done")
        return upload

    return make


def test_when_by_whom_and_what_came_of_it(check: Check, workflow: Any, went_up: Callable) -> None:
    upload = went_up()
    html = " ".join(check(workflow, ARCHIVE, name="renamed.zip").content.decode().split())
    assert SAME in html and "by you: 1 task created." in html
    assert f'href="/submissions/{upload.submission_id}/"' in html
    assert "data-upload-now" in html, "a warning, not a block"


def test_it_is_said_after_a_reload_and_in_step_2_too(
    page: Client, check: Check, workflow: Any, went_up: Callable
) -> None:
    went_up()
    check(workflow, ARCHIVE)
    upload = ZipUpload.objects.get(stage=Stage.CHOSEN)
    assert SAME in page.get(address(workflow, f"?upload={upload.pk}")).content.decode()
    assert SAME in page.get(address(workflow, f"{upload.pk}/")).content.decode()


@pytest.mark.parametrize(
    ("stage", "state", "words"),
    [
        (Stage.PROCESSING, "sending", "still under way."),
        (Stage.FAILED, "unknown", "it is not known what came of it."),
        (Stage.FAILED, "rejected", "no task was created."),
    ],
)
def test_every_outcome_has_its_words(
    check: Check, workflow: Any, went_up: Callable, stage: str, state: str, words: str
) -> None:
    went_up(stage, state)
    assert words in check(workflow, ARCHIVE).content.decode()


def test_what_never_went_up_is_not_told(check: Check, workflow: Any, went_up: Callable) -> None:
    """Only checked; or a link that ran out, and nobody confirmed."""
    went_up(Stage.CHOSEN, "draft")
    went_up(Stage.UPLOADING, "draft", expires_at=timezone.now() - timedelta(hours=1))
    assert SAME not in check(workflow, ARCHIVE).content.decode()
    went_up(Stage.UPLOADING, "draft", expires_at=timezone.now() + timedelta(hours=1))
    assert SAME in check(workflow, ARCHIVE).content.decode()


def test_other_contents_other_sizes_and_unhashed_ones_are_no_match(
    check: Check, workflow: Any, went_up: Callable
) -> None:
    went_up()
    assert SAME not in check(workflow, ARCHIVE, fingerprint="1" * 64).content.decode()
    assert SAME not in check(workflow, files("a/front.jpeg", "a/back.jpeg")).content.decode()
    ZipUpload.objects.update(fingerprint="")
    assert SAME not in check(workflow, ARCHIVE, fingerprint="").content.decode()


def test_a_colleague_with_the_key_hears_of_it_and_may_not_look(
    page: Client, check: Check, workflow: Any, went_up: Callable, person: Any, colleague: Any, saved_key: Any
) -> None:
    went_up()
    Submission.objects.update(owner=colleague)
    KeyShare.objects.create(key=saved_key, user=colleague, shared_by=person)
    as_owner = " ".join(check(workflow, ARCHIVE).content.decode().split())
    assert "by <bdi>Ben Okafor</bdi>: 1 task created." in as_owner and "See what came of it" in as_owner
    Submission.objects.filter(zip_upload__stage=Stage.COMPLETED).update(owner=person)
    page.force_login(colleague)
    as_colleague = " ".join(check(workflow, ARCHIVE).content.decode().split())
    assert "by <bdi>maria@acme.example</bdi>: 1 task created." in as_colleague
    assert "See what came of it" not in as_colleague


def test_keys_that_are_not_theirs_tell_nothing(check: Check, workflow: Any, went_up: Callable, stranger: Any) -> None:
    upload = went_up()
    Submission.objects.filter(pk=upload.submission_id).update(owner=stranger, key=save_key(stranger, "pk_live_theirs"))
    assert SAME not in check(workflow, ARCHIVE).content.decode()
