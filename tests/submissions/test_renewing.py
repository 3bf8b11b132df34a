"""Digests are renewed while what they are of goes, or its time is over."""

import threading
from collections import Counter
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection, transaction

from pipelines_portal.saved_keys.rotation import Outcome
from pipelines_portal.submissions import rotating
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.retention import _drop
from pipelines_portal.submissions.rows import NotKept, fields_of_rows
from tests.factories import GOOD, Desk
from tests.live import wait_until

pytestmark = pytest.mark.full

NEW = Fernet.generate_key().decode()


def rotate(settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    call_command("rotate_encryption", verbosity=0)


def goes(submission: Submission) -> None:
    Submission.objects.get(pk=submission.pk).delete()


def is_over(submission: Submission) -> None:
    Submission.objects.filter(pk=submission.pk).update(state="done")
    assert _drop(submission)


@pytest.mark.parametrize("what", [goes, is_over])
@pytest.mark.parametrize(("when", "count"), [("fields_of_rows", 2), ("digest_of", 2), ("digest_of", 1)])
def test_what_goes_meanwhile_stays_gone(
    desk: Desk, settings: Any, monkeypatch: pytest.MonkeyPatch, what: Any, when: str, count: int
) -> None:
    submission = desk.draft(*[GOOD] * count)
    renewed = getattr(rotating, when)

    def late(*given: Any) -> Any:
        monkeypatch.setattr(rotating, when, renewed)
        what(submission)
        return renewed(*given)

    monkeypatch.setattr(rotating, when, late)
    rotate(settings)
    assert set(SubmissionRow.objects.values_list("digest", flat=True)) <= {""}


def test_rows_whose_values_go_while_they_are_read_are_no_longer_kept(desk: Desk) -> None:
    submission = desk.draft(GOOD)
    rows = list(submission.rows.all())
    submission.blocks.all().delete()
    with pytest.raises(NotKept):
        list(fields_of_rows(submission, rows))


def test_all_are_gone_through_however_many_there_are(
    desk: Desk, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines_portal.shared.in_batches.AT_ONCE", 2)
    monkeypatch.setattr(rotating, "CHUNK", 2)
    sizes = [len(desk.draft(*[GOOD] * count).rows.all()) for count in (1, 3, 2, 5)]
    rotate(settings)
    settings.ENCRYPTION_KEYS = [NEW]
    counts = sum(rotating.renew_digests(None)[1], Counter[Outcome]())
    assert counts == {Outcome.UP_TO_DATE: sum(sizes)}


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_what_somebody_writes_just_now_is_renewed_behind_the_others(desk: Desk, settings: Any) -> None:
    """Nobody of the others waits for it."""
    first, other = sorted([desk.draft(GOOD), desk.draft(GOOD)], key=lambda each: each.pk)
    held, over = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            Submission.objects.select_for_update().get(pk=first.pk)
            held.set()
            over.wait(30)
        connection.close()

    writing, rotating_ = threading.Thread(target=write), threading.Thread(target=rotate_here, args=(settings,))
    before = other.rows.get().digest
    writing.start()
    assert held.wait(10)
    rotating_.start()
    wait_until(lambda: other.rows.get().digest != before, "the other is renewed")
    assert first.rows.get().digest == before
    over.set()
    rotating_.join(), writing.join()
    assert first.rows.get().digest == other.rows.get().digest


def rotate_here(settings: Any) -> None:
    rotate(settings)
    connection.close()
