"""API keys that ENCRYPTION_KEYS do not decrypt are said wherever an administrator looks."""

from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.test import Client

from pipelines_portal.core import probes
from pipelines_portal.core.start_line import log_start
from pipelines_portal.keys import decryption
from pipelines_portal.keys.models import SavedKey
from tests.factories import browser_of, make_person, save_key
from tests.pages import text_of


@pytest.fixture(autouse=True)
def checked_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decryption, "CHECKED_FOR", -1.0)


@pytest.fixture
def two_keys(person: Any) -> list[SavedKey]:
    return [save_key(person, f"pk_live_{letter * 40}", letter) for letter in "ab"]


def lose(*keys: SavedKey) -> None:
    for key in keys:
        SavedKey.objects.filter(pk=key.pk).update(encrypted_key=Fernet(Fernet.generate_key()).encrypt(b"x"))


def test_lost_keys_are_said_on_every_way(
    two_keys: list[SavedKey], static_root: None, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    assert client.get("/ready").json()["checks"]["api_keys"] == "ok"
    lose(two_keys[0])
    ready = client.get("/ready")
    assert ready.status_code == 200 and "1 of 2 API keys can’t be decrypted" in ready.json()["checks"]["api_keys"]
    assert "pipelines_undecryptable_keys 1.0" in client.get("/metrics").content.decode()
    log_start("worker")
    assert "1 of 2 API keys can’t be decrypted. Put the ENCRYPTION_KEYS back" in caplog.text
    administrator = make_person("ada@acme.example", role="administrator")
    html = text_of(browser_of(administrator).get("/system/"))
    assert "1 of 2 API keys can’t be decrypted" in html and 'href="#api-keys"' in html


def test_the_portal_is_not_ready_if_no_key_can_be_decrypted(two_keys: list[SavedKey], client: Client) -> None:
    lose(*two_keys)
    ready = client.get("/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "failed")
    assert "None of the API keys can be decrypted" in ready.json()["checks"]["api_keys"]


def test_the_portal_is_not_ready_while_a_migration_is_missing(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if it had all of them a minute ago."""
    assert client.get("/ready").status_code == 200
    monkeypatch.setattr(probes, "is_migrated", lambda: False)
    monkeypatch.setattr(probes, "_migrated_until", 0.0)
    assert client.get("/ready").status_code == 503
