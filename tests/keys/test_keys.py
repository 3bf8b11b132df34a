"""Keys people save: added, shown by their last 4 characters, removed."""

import logging
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ValidationError
from django.db import connection

from pipelines_portal.audit.models import Event
from pipelines_portal.core import encryption
from pipelines_portal.keys.forms import clean_key_text
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.each_case import each_case
from tests.factories import make_stranger, open_workflow, save_key
from tests.pages import text_of

KEY = "pk_live_" + "0123456789" * 4


SPACED = f"{KEY[:20]} {KEY[20:]}"


@pytest.mark.parametrize(
    "pasted", [KEY, f"  {KEY}\n", f"Bearer {KEY}", f"bearer  {KEY}", f"Authorization: Bearer {KEY}", SPACED]
)
def test_spaces_and_bearer_are_trimmed(pasted: str) -> None:
    """S19."""
    assert clean_key_text(pasted) == KEY


@pytest.mark.parametrize(
    ("pasted", "reason"),
    [
        ("sk_live_" + "0" * 40, "Keys start with pk_live_"),
        (KEY[:-1], "1 character is missing. Copy the whole key again."),
        (KEY + "00", "There are 2 characters too many. Copy only the key."),
        ("pk_live_" + "A" * 40, "the letters a to f"),
        ("pk_live_" + "g" * 40, "the digits 0 to 9 and the letters a to f"),
    ],
)
def test_the_reason_is_exact_and_quotes_nothing(pasted: str, reason: str) -> None:
    """S19, S24, S28."""
    with pytest.raises(ValidationError) as refused:
        clean_key_text(pasted)
    assert reason in refused.value.message
    assert pasted[8:] not in refused.value.message


def test_a_key_is_saved_encrypted_and_shown_by_its_last_four(page: Any, person: Any, org_key: str, caplog: Any) -> None:
    """S37, S38."""
    caplog.set_level(logging.DEBUG)
    form = {"name": "Acme", "key": f"Bearer {org_key} "}
    html = page.post("/keys/", form, follow=True).content.decode()
    saved = SavedKey.objects.get(owner=person)
    assert saved.decrypt() == org_key
    assert f"…{org_key[-4:]}" in html
    listed = page.get("/keys/").content.decode() + page.get(f"/keys/{saved.pk}/").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM keys_savedkey")
        stored = str(cursor.fetchall())
        cursor.execute("SELECT session_data FROM django_session")
        session = str(cursor.fetchall())
        cursor.execute("SELECT * FROM audit_event")
        events = str(cursor.fetchall())
    texts = [html, listed, stored, session, events, caplog.text, repr(saved), str(saved)]
    assert not [text for text in texts if org_key in text or org_key[8:36] in text]


@pytest.mark.parametrize("key", ["", "nonsense", KEY[:-3]])
def test_a_bad_key_is_refused_and_stays_in_its_field(page: Any, key: str) -> None:
    refused = page.post("/keys/", {"name": "My name for it", "key": key})
    html = refused.content.decode()
    assert refused.status_code == 422
    assert "My name for it" in html
    assert not key or html.count(key) == 1


def test_the_same_key_is_saved_once(page: Any, client: Any, person: Any) -> None:
    stranger = make_stranger()
    save_key(person, KEY, "First")
    refused = page.post("/keys/", {"name": "Second", "key": KEY})
    assert "You already added this key as “First”." in refused.content.decode()
    client.force_login(stranger)
    refused = client.post("/keys/", {"name": "Mine", "key": KEY})
    assert refused.status_code == 422
    assert "is here as “First”. Ask maria@acme.example" in refused.content.decode()


@pytest.mark.parametrize("name", ["Acme", "aCME"])
def test_each_key_of_a_person_has_a_name_of_its_own(page: Any, person: Any, saved_key: SavedKey, name: str) -> None:
    """Other people may use the name, and a key may keep its own."""
    other, taken = save_key(person, KEY, "Other"), f"You already have a key called “{name}”. Choose another name."
    new = page.post("/keys/", {"name": name, "key": KEY[:-1] + "0"})
    renamed = page.post(f"/keys/{other.pk}/rename/", {"name": name})
    for refused in (new, renamed):
        assert refused.status_code == 422 and taken in text_of(refused)
    assert page.post(f"/keys/{saved_key.pk}/rename/", {"name": name}).status_code == 302
    SavedKey.objects.filter(pk=saved_key.pk).update(owner=make_stranger())
    assert page.post(f"/keys/{other.pk}/rename/", {"name": name}).status_code == 302


def test_removing_asks_first(page: Any, person: Any) -> None:
    saved = save_key(person, KEY)
    asked = page.get(f"/keys/{saved.pk}/remove/")
    assert "Cancel" in asked.content.decode()
    assert SavedKey.objects.filter(pk=saved.pk).exists()
    page.post(f"/keys/{saved.pk}/remove/")
    assert not SavedKey.objects.filter(pk=saved.pk).exists()


def test_an_older_encryption_key_still_opens_and_the_first_encrypts(settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [old]
    sealed = encryption.encrypt(b"secret")
    settings.ENCRYPTION_KEYS = [new, old]
    assert encryption.decrypt(sealed) == b"secret"
    assert Fernet(new).decrypt(encryption.encrypt(b"newer")) == b"newer"
    settings.ENCRYPTION_KEYS = [new]
    with pytest.raises(encryption.Undecryptable):
        encryption.decrypt(sealed)


def open_unreadable(saved_key: SavedKey, settings: Any) -> OpenedWorkflow:
    """Return an opened workflow whose key was encrypted with a value that is no longer in the settings."""
    workflow = open_workflow(saved_key)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    return workflow


@each_case("address", ["tasks/", "tasks/1/", "tasks/new/", "fields/", "upload/"])
def test_a_key_the_portal_cannot_open_is_not_blamed_on_the_api(
    page: Any, saved_key: SavedKey, settings: Any, address: str
) -> None:
    unreadable = open_unreadable(saved_key, settings)
    answer = page.get(f"/keys/{unreadable.key_id}/workflows/42/{address}")
    html = answer.content.decode()
    assert answer.status_code == 503
    assert "“Acme” was encrypted with a value missing from ENCRYPTION_KEYS" in html and "replace the key" in html
    assert "revoked" not in html and "API says" not in html


@pytest.mark.parametrize("path", ["workflows/", "workflows/42/tasks/new/"])
def test_nothing_is_sent_with_a_key_the_portal_cannot_open(
    page: Any, saved_key: SavedKey, settings: Any, path: str
) -> None:
    unreadable = open_unreadable(saved_key, settings)
    answer = page.post(f"/keys/{unreadable.key_id}/{path}", {"workflow": "43", "field-input_text": "x"})
    assert answer.status_code == 503
    assert "Nothing was sent." in answer.content.decode()


def test_a_fragment_says_so_in_a_note(page: Any, saved_key: SavedKey, settings: Any) -> None:
    unreadable = open_unreadable(saved_key, settings)
    headers = {"HX-Request": "true", "HX-Target": "task-page"}
    note = page.get(f"/keys/{unreadable.key_id}/workflows/42/tasks/", headers=headers)
    assert (note.status_code, note["HX-Retarget"]) == (503, "#page-notice")


def test_a_draft_is_not_sent_with_a_key_the_portal_cannot_open(
    page: Any, person: Any, saved_key: SavedKey, settings: Any
) -> None:
    unreadable = open_unreadable(saved_key, settings)
    from pipelines_portal.submissions.models import Submission

    draft = Submission.objects.create(owner=person, key=unreadable.key, workflow_id=42, kind="form", row_count=1)
    answer = page.post(f"/submissions/{draft.pk}/send/", follow=True)
    assert "missing from ENCRYPTION_KEYS" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.status == Submission.Status.DRAFT


def test_the_same_key_saved_again_opens_again(page: Any, person: Any, org_key: str, settings: Any) -> None:
    saved = save_key(person, org_key, "Acme")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert "Can’t be opened" in page.get("/keys/").content.decode()
    page.post("/keys/", {"name": "Acme again", "key": org_key})
    again = SavedKey.objects.get(owner=person)
    assert (again.pk, again.name, again.decrypt()) == (saved.pk, "Acme again", org_key)
    assert "Can’t be opened" not in page.get("/keys/").content.decode()


def test_adding_and_removing_a_key_is_an_event_and_a_line_in_the_log(
    page: Any, person: Any, org_key: str, caplog: Any, django_capture_on_commit_callbacks: Any
) -> None:
    caplog.set_level(logging.INFO)
    with django_capture_on_commit_callbacks(execute=True):
        page.post("/keys/", {"name": "Acme", "key": org_key})
        saved = SavedKey.objects.get(owner=person)
        page.post(f"/keys/{saved.pk}/remove/")
    events = Event.objects.filter(target_type="savedkey").order_by("at")
    label = f"Acme (…{org_key[-4:]})"
    assert [(event.verb, event.actor_id, event.target_id, event.target_label) for event in events] == [
        ("key-saved", person.pk, str(saved.pk), label),
        ("key-removed", person.pk, str(saved.pk), label),
    ]
    lines = [line.getMessage().split()[0] for line in caplog.records if line.name == "pipelines_portal.audit"]
    assert lines == ["key-saved", "key-removed"]
