"""Encryption keys are rotated while an import waits or is being sent: what equals what is known as before, whichever of
the keys each was kept under, and a process that lacks a key ends nothing of it.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command

from pipelines_portal.imports.files import keep_file
from pipelines_portal.imports.fixing import change_rows, set_aside, type_over
from pipelines_portal.imports.matching import Column, Matching
from pipelines_portal.imports.models import Import, RememberedMatching, State
from pipelines_portal.imports.remembering import remember, remembered_of
from pipelines_portal.imports.requests import give_back, make_request
from pipelines_portal.imports.transitions import Step, begin_sending, begin_turn, stop_sending
from pipelines_portal.saved_keys.access import client_for
from pipelines_portal.saved_keys.signals import keys_rotated
from pipelines_portal.submissions.digest_keys import DigestKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.rotating import renew_digests
from pipelines_portal.submissions.rows import add_rows
from tests.pages import text_of

from .conftest import Checked, work
from .making import distinct, make_import, states
from .test_sending import address

pytestmark = pytest.mark.full

NEW = Fernet.generate_key().decode()
SENT_BY_A_FORM = {"input_text": "Hello 0", "target_language": "French"}


def work_again(of: Import) -> None:
    """As the worker a minute later."""
    Import.objects.filter(pk=of.pk).update(due_at=of.created_at)
    work()
    of.refresh_from_db()


def begin(of: Import, person: Any) -> None:
    assert begin_sending(of, person, of.rows.count(), one_row_first=False)


def send_form(page: Any, of: Import, fields: dict[str, str]) -> None:
    """As a form does, at the API and in the ledger."""
    client = client_for(of.key)
    created = client.create_tasks(of.workflow_id, [fields])
    sent = Submission.objects.create(
        owner=of.owner, key=of.key, workflow_id=of.workflow_id, state=Submission.State.DONE, success_count=1
    )
    add_rows(sent, [fields])
    sent.rows.update(state="created", task_id=created.task_ids[0])


def rotate(settings: Any) -> None:
    call_command("rotate_encryption", verbosity=0)
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]


@pytest.mark.parametrize("when", ["before the rotation", "after it"])
def test_what_a_form_sent_under_the_new_key_is_not_sent_again(
    page: Any, checked: Checked, person: Any, settings: Any, when: str
) -> None:
    of = checked(distinct(2))
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    send_form(page, of, SENT_BY_A_FORM)
    begin(of, person)
    if when == "after it":
        rotate(settings)
    work()
    assert states(of) == {2: "twice", 3: "created"}


def test_what_an_import_sent_under_an_older_key_is_found_under_the_new_one(
    saved_key: Any, checked: Checked, person: Any, settings: Any
) -> None:
    old = settings.ENCRYPTION_KEYS
    of = checked(distinct(2))
    settings.ENCRYPTION_KEYS = [*old, NEW]
    begin(of, person)
    work()
    settings.ENCRYPTION_KEYS = [NEW, *old]
    assert states(checked(distinct(3))) == {2: "twice", 3: "twice", 4: "ready"}
    rotate(settings)
    saved_key.refresh_from_db()
    assert states(checked(distinct(3))) == {2: "twice", 3: "twice", 4: "ready"}


def test_rows_are_told_to_be_equal_under_the_new_key(checked: Checked, person: Any, settings: Any) -> None:
    of = checked(distinct(3))
    change_rows(of, person, "set {} aside", lambda: [3], set_aside)
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    rotate(settings)
    work()
    assert states(of) == {2: "ready", 3: "aside", 4: "ready"}
    assert of.state == State.CHECKED
    change_rows(of, person, "changed {}", lambda: [4], lambda row, _: type_over(row, {"input_text": "Hello 0"}))
    assert states(of)[4] == "twice"


def test_a_changed_row_equals_one_that_was_checked_under_the_old_key(
    checked: Checked, person: Any, settings: Any
) -> None:
    of = checked(distinct(3))
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    change_rows(of, person, "changed {}", lambda: [4], lambda row, _: type_over(row, {"input_text": "Hello 0"}))
    assert states(of) == {2: "ready", 3: "ready", 4: "twice"}


def test_a_row_of_the_file_that_was_sent_keeps_its_equal_back(checked: Checked, person: Any, settings: Any) -> None:
    """Also when all rows are checked once more."""
    of = checked([*distinct(2), *distinct(1)], rows_a_request=1)
    begin(of, person)
    work()
    assert states(of) == {2: "created", 3: "created", 4: "twice"}
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    Import.objects.filter(pk=of.pk).update(state=State.CHECKING)
    work()
    assert states(of) == {2: "created", 3: "created", 4: "twice"}


def test_an_answer_that_comes_late_finds_its_rows(page: Any, checked: Checked, person: Any, settings: Any) -> None:
    """Tasks came of a request that was called off: its rows, back in the import, are not sent again."""
    of = checked(distinct(2))
    begin(of, person)
    assert begin_turn(of)
    request = make_request(of)
    assert request
    Submission.objects.filter(pk=request.submission_id).update(is_earlier_try_uncertain=True)
    assert give_back(request)
    assert stop_sending(of, person, Step.PAUSE)
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    call_command("rotate_encryption", verbosity=0)
    request.submission.rows.update(state="created")
    Submission.objects.filter(pk=request.submission_id).update(state=Submission.State.DONE)
    known = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), Fernet.generate_key().decode()]
    of.rows.update(digest="of the old key")
    assert page.get(f"/keys/{of.key_id}/workflows/42/import/{of.pk}/progress/").status_code == 200
    settings.ENCRYPTION_KEYS = known
    begin(of, person)
    work()
    assert set(states(of).values()) == {"created"} and of.requests.count() == 1


def test_a_worker_that_lacks_the_key_of_what_a_form_sent_sends_nothing_meanwhile(
    page: Any, checked: Checked, person: Any, settings: Any
) -> None:
    """Its own rows it can open: what it cannot tell is that one of them was sent."""
    of, old = checked(distinct(2)), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [NEW, *old]
    send_form(page, of, SENT_BY_A_FORM)
    settings.ENCRYPTION_KEYS = old
    begin(of, person)
    work()
    assert states(of) == {2: "ready", 3: "ready"}
    assert "What was sent before cannot be compared" in text_of(page.get(address(of, "progress")))
    settings.ENCRYPTION_KEYS = [NEW, *old]
    Import.objects.update(due_at=of.created_at)
    work()
    assert states(of) == {2: "twice", 3: "created"}


def test_a_program_that_writes_under_the_old_key_after_all_is_not_forgotten(
    page: Any, checked: Checked, person: Any, settings: Any
) -> None:
    """Of several programs one was not restarted when the others forgot its key."""
    of, old = checked(distinct(2)), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [NEW, *old]
    rotate(settings)
    settings.ENCRYPTION_KEYS = [*old, NEW]
    send_form(page, of, SENT_BY_A_FORM)
    settings.ENCRYPTION_KEYS = [NEW]
    begin(of, person)
    work()
    assert states(of) == {2: "ready", 3: "ready"}


def test_a_rotation_does_not_forget_a_key_that_it_lacks(
    page: Any, checked: Checked, person: Any, settings: Any
) -> None:
    """On a machine that does not know the new one yet."""
    of, old = checked(distinct(2)), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [NEW, *old]
    add_rows(Submission.objects.create(owner=person, key=of.key, workflow_id=1), [])
    settings.ENCRYPTION_KEYS = old
    call_command("rotate_encryption", verbosity=0)
    begin(of, person)
    work()
    assert states(of) == {2: "ready", 3: "ready"}


def test_a_rotation_is_not_over_while_a_program_writes_under_the_old_key(
    page: Any, checked: Checked, person: Any, settings: Any
) -> None:
    """Also where the row came behind those that were renewed."""
    of, old = checked(distinct(2)), settings.ENCRYPTION_KEYS

    def and_send(sender: Any, **more: Any) -> Any:
        return "once more", renewed_then_sent(renew_digests(sender)[1])

    def renewed_then_sent(batches: Any) -> Any:
        yield from batches
        settings.ENCRYPTION_KEYS = [*old, NEW]
        send_form(page, of, SENT_BY_A_FORM)
        settings.ENCRYPTION_KEYS = [NEW, *old]

    settings.ENCRYPTION_KEYS = [NEW, *old]
    keys_rotated.connect(and_send)
    try:
        with pytest.raises(CommandError, match="still writes with an older key"):
            call_command("rotate_encryption", verbosity=0)
    finally:
        keys_rotated.disconnect(and_send)
    settings.ENCRYPTION_KEYS = [NEW]
    begin(of, person)
    work()
    assert states(of) == {2: "ready", 3: "ready"}
    settings.ENCRYPTION_KEYS = [NEW, *old]
    rotate(settings)
    Import.objects.update(due_at=of.created_at)
    work()
    assert states(of) == {2: "twice", 3: "created"}


def test_a_key_that_was_given_up_and_is_found_is_waited_for_again(
    page: Any, checked: Checked, person: Any, settings: Any
) -> None:
    of, old = checked(distinct(2)), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [NEW, *old]
    send_form(page, of, SENT_BY_A_FORM)
    settings.ENCRYPTION_KEYS = old
    call_command("rotate_encryption", "--lost", verbosity=0)
    of.refresh_from_db()
    assert "cannot be compared with these rows" in of.problem  # it was checked before
    settings.ENCRYPTION_KEYS = [*old, NEW]
    assert states(checked(distinct(1))) == {2: "twice"}
    settings.ENCRYPTION_KEYS = old
    begin(of, person)
    work()
    assert states(of) == {2: "ready", 3: "ready"}
    settings.ENCRYPTION_KEYS = [*old, NEW]
    rotate(settings)
    again = checked(distinct(1))
    assert states(again) == {2: "twice"} and again.problem == ""


def test_an_upgrade_amid_a_rotation_knows_all_keys(checked: Checked, person: Any, settings: Any) -> None:
    of = checked(distinct(1))
    begin(of, person)
    work()
    DigestKey.objects.all().delete()
    settings.ENCRYPTION_KEYS = [NEW, *settings.ENCRYPTION_KEYS]
    import_module("pipelines_portal.submissions.migrations.0002_digest_keys").note_keys(apps, None)
    assert DigestKey.objects.count() == 2


def test_a_key_that_is_lost_for_good_is_given_up_by_whoever_runs_the_portal(
    page: Any, checked: Checked, person: Any, saved_key: Any, org_key: str, settings: Any
) -> None:
    """Until then nothing is sent that may have been sent before; from then on its page says what it is not told."""
    begin(checked(distinct(2)), person)
    work()
    settings.ENCRYPTION_KEYS = [NEW]
    saved_key.seal(org_key)
    saved_key.save()
    again = make_import(saved_key, client_for(saved_key).schema(42), distinct(2))
    work_again(again)
    assert again.state == State.CHECKING and "What was sent before cannot be compared" in again.problem
    with pytest.raises(CommandError, match="--lost"):
        call_command("rotate_encryption", verbosity=0)
    work_again(again)
    assert again.state == State.CHECKING
    call_command("rotate_encryption", "--lost", verbosity=0)
    work_again(again)
    assert states(again) == {2: "ready", 3: "ready"}
    words = text_of(page.get(address(again, "check")))
    assert "cannot be compared with these rows where its encryption key is lost" in words


def columns_of(*headers: str) -> Matching:
    return Matching(columns=[Column(header, "input_text") for header in headers])


def test_what_was_learned_is_not_lost_to_a_process_without_the_new_key(checked: Checked, settings: Any) -> None:
    of, old = checked(distinct(1)), settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [NEW, *old]
    remember(of, columns_of("Text", "More"))
    settings.ENCRYPTION_KEYS = old
    assert remembered_of(of) == {}
    remember(of, columns_of("Other"))
    RememberedMatching.objects.get().save()
    settings.ENCRYPTION_KEYS = [NEW, *old]
    assert set(remembered_of(of)["columns"]) == {"text", "more"}


Begun = Callable[[Any, Import, Any], None]


def to_be_read(page: Any, of: Import, person: Any) -> None:
    keep_file(of, [b"Text to translate,Target language\nHello 0,French\nHello 1,French\n"])
    Import.objects.filter(pk=of.pk).update(state=State.READING)


def to_be_checked(page: Any, of: Import, person: Any) -> None:
    Import.objects.filter(pk=of.pk).update(state=State.CHECKING)


def to_be_sent(page: Any, of: Import, person: Any) -> None:
    begin(of, person)


@pytest.mark.parametrize("how", [to_be_read, to_be_checked, to_be_sent])
def test_a_worker_without_the_key_leaves_it_to_one_that_has_it(
    page: Any, checked: Checked, person: Any, saved_key: Any, settings: Any, how: Begun
) -> None:
    old = settings.ENCRYPTION_KEYS
    settings.ENCRYPTION_KEYS = [NEW, *old]
    of = checked(distinct(2))
    how(page, of, person)
    of.refresh_from_db()
    state = of.state
    settings.ENCRYPTION_KEYS = old
    work()
    of.refresh_from_db()
    assert of.state == state and "goes on by itself" in of.problem
    settings.ENCRYPTION_KEYS = [NEW, *old]
    Import.objects.update(due_at=of.created_at)
    work()
    assert set(states(of).values()) == {"created" if how is to_be_sent else "ready"}
    assert of.state == State.CHECKED
