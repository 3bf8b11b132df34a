"""Keys of digests, while several programs write and one of them retires a key: none is thrown out, none forgotten."""

import threading
import time

import pytest
from cryptography.fernet import Fernet
from django.db import connection, transaction

from pipelines_portal.submissions import digest_keys
from pipelines_portal.submissions.digest_keys import DigestKey, begin_retiring, fingerprint, note_first_key, retire

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


# Without what is tested here it takes until whoever writes ends.
SOON = 15


class OfThread(threading.local):
    """Each thread is a program of its own, and this is what it was started with."""

    ENCRYPTION_KEYS = (OLD, NEW)


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> OfThread:
    monkeypatch.setattr(digest_keys, "settings", of := OfThread())
    return of


pytestmark = [
    pytest.mark.full,
    pytest.mark.postgresql,
    pytest.mark.django_db(transaction=True),
]


def test_a_rotation_begins_while_many_forms_are_sent_and_none_is_thrown_out(own: OfThread) -> None:
    """All under the older key: each says that it is in use after all."""
    over, failed = threading.Event(), list[Exception]()
    note_first_key()
    forms = [threading.Thread(target=_send_forms, args=(over, failed)) for _ in range(8)]
    for form in forms:
        form.start()
    own.ENCRYPTION_KEYS = (NEW, OLD)
    took = []
    try:
        for _ in range(5):
            began = time.monotonic()
            begin_retiring()
            took.append(time.monotonic() - began)
            time.sleep(0.1)
            still_used = retire()
    finally:
        over.set()
        for form in forms:
            form.join()
    assert (failed, still_used) == ([], 1)
    assert max(took) < SOON


def test_who_stands_still_keeps_a_rotation_waiting_and_no_form(own: OfThread) -> None:
    stands, over, waited = threading.Event(), threading.Event(), list[float]()
    note_first_key()
    still = threading.Thread(target=_stand_still, args=(stands, over))
    still.start()
    assert stands.wait(10)
    rotation = threading.Thread(target=_rotate, args=(own,))
    rotation.start()
    for _ in range(20):
        began = time.monotonic()
        with transaction.atomic():
            note_first_key()
        waited.append(time.monotonic() - began)
        time.sleep(0.1)
    assert rotation.is_alive()
    over.set()
    still.join(), rotation.join()
    assert max(waited) < SOON
    assert not DigestKey.objects.get(pk=fingerprint(OLD)).is_in_use


def _stand_still(stands: threading.Event, over: threading.Event) -> None:
    with transaction.atomic():
        note_first_key()
        stands.set()
        over.wait(30)
    connection.close()


def _rotate(own: OfThread) -> None:
    own.ENCRYPTION_KEYS = (NEW, OLD)
    begin_retiring()
    connection.close()


def _send_forms(over: threading.Event, failed: list[Exception]) -> None:
    try:
        while not over.is_set():
            with transaction.atomic():
                note_first_key()
                time.sleep(0.02)
    except Exception as error:
        failed.append(error)
    finally:
        connection.close()
