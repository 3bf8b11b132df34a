"""Retiring an encryption key: organization keys, authenticator secrets and recovery codes are encrypted again."""

from typing import Any

import pytest
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from pipelines_portal.keys.models import SavedKey

KEY = "pk_live_" + "0123456789" * 4
OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def saved(person: User, settings: Any) -> SavedKey:
    """Store one secret of each kind, encrypted with the old key."""
    settings.ENCRYPTION_KEYS = [OLD]
    saved = SavedKey(owner=person, name="Acme", fingerprint="x")
    saved.encrypt(KEY)
    saved.save()
    for kind, name in ((Authenticator.Type.TOTP, "secret"), (Authenticator.Type.RECOVERY_CODES, "seed")):
        Authenticator.objects.create(user=person, type=kind, data={name: get_adapter().encrypt("ABC"), "used_mask": 0})
    return saved


def opens_all(saved: SavedKey) -> None:
    assert SavedKey.objects.get().decrypt() == KEY
    secrets = [step.data.get("secret") or step.data["seed"] for step in Authenticator.objects.all()]
    assert [get_adapter().decrypt(secret) for secret in secrets] == ["ABC", "ABC"]


def test_the_old_key_can_be_left_out(saved: SavedKey, settings: Any, capsys: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    call_command("rotate_encryption")
    said = capsys.readouterr().out
    assert "Secrets encrypted with the first key: 3." in said and "can be left out" in said
    settings.ENCRYPTION_KEYS = [NEW]
    opens_all(saved)
    assert Event.objects.get().target_label == "ENCRYPTION_KEYS"


def test_it_can_be_run_again(saved: SavedKey, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    for _ in range(2):
        call_command("rotate_encryption")
    settings.ENCRYPTION_KEYS = [NEW]
    opens_all(saved)


def test_what_cannot_be_decrypted_is_named_and_stays(saved: SavedKey, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, LOST]
    before = bytes(SavedKey.objects.get().encrypted_key)
    with pytest.raises(CommandError, match="3 cannot be decrypted.*the organization key Acme") as error:
        call_command("rotate_encryption")
    assert KEY not in str(error.value)
    assert bytes(SavedKey.objects.get().encrypted_key) == before


def test_a_passkey_has_no_secret_to_encrypt(person: User, settings: Any) -> None:
    Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data={"name": "Key"})
    call_command("rotate_encryption")
    assert Authenticator.objects.get().data == {"name": "Key"}
