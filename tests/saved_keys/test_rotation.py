"""Retiring an encryption key: everything is re-encrypted, whatever runs beside and however often it is stopped."""

import zlib
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt
from allauth.mfa.utils import encrypt as encrypt_text
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys import rotation
from pipelines_portal.saved_keys.management.commands import rotate_encryption
from pipelines_portal.saved_keys.models import ReplacedKey, SavedKey
from pipelines_portal.submissions.models import RowBlock, Submission
from pipelines_portal.submissions.rows import add_rows, read_fields, row_text
from pipelines_portal.uploads.models import ZipUpload
from pipelines_portal.web.encryption import encrypt

pytestmark = pytest.mark.full

KEY = "pk_live_" + "0123456789" * 4
OLD, NEW, LOST = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def under_old_key(person: User, settings: Any) -> SavedKey:
    settings.ENCRYPTION_KEYS = [OLD]
    return everything(person)


def everything(person: User) -> SavedKey:
    """One of each kind that is kept encrypted."""
    saved = SavedKey(owner=person, name="Acme", fingerprint="x")
    saved.seal(KEY)
    saved.save()
    submission = Submission.objects.create(owner=person, key=saved, workflow_id=1, kind="zip")
    for number in range(120):
        add_rows(submission, [{"n": number}])
    upload = ZipUpload(submission=submission, file_name="a.zip", size_bytes=1, task_count=1, entries=["a"])
    upload.preview, upload.encrypted_url = {"rows": [1]}, encrypt(b"https://bucket.example/x")
    upload.save()
    return saved


def rotate(capsys: Any) -> str:
    call_command("rotate_encryption")
    return capsys.readouterr().out


def test_every_kind_is_known() -> None:
    """A binary column holds something encrypted: another one is to be rotated too, or to be of another type."""
    names = {f"{column.table}.{column.name}" for column in rotation.encrypted_columns()}
    assert names == {
        "imports_changedrow.edits",
        "imports_change.label",
        "imports_checkedblock.data",
        "imports_errorgroup.detail",
        "imports_filepart.data",
        "imports_import.found",
        "imports_import.matching",
        "imports_importrow.edits",
        "imports_lineblock.data",
        "imports_rememberedmatching.data",
        "new_task_preset.fields",
        "new_task_typeddraft.typed",
        "saved_keys_savedkey.encrypted_key",
        "saved_keys_replacedkey.encrypted_key",
        "submissions_exportpart.data",
        "submissions_rowblock.data",
        "uploads_rowsfile.data",
        "uploads_rowsfile.result",
        "uploads_zipupload.entries",
        "uploads_zipupload.preview",
        "uploads_zipupload.encrypted_url",
    }


def test_it_tells_now_and_then_how_far_it_is(
    under_old_key: SavedKey, settings: Any, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rotate_encryption, "SECONDS_BETWEEN_WORDS", 0)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    told = [line for line in rotate(capsys).splitlines() if line.startswith("row block: data")]
    so_far = [f"row block: data, so far: {done} re-encrypted" for done in (50, 100, 120)]
    assert [line.partition(", 0")[0] for line in told] == [*so_far, "row block: data: 120 re-encrypted"]


def test_the_old_key_can_be_retired(under_old_key: SavedKey, settings: Any, capsys: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    said = rotate(capsys)
    assert "row block: data: 120 re-encrypted, 0 up to date, 0 changed meanwhile, 0 cannot be opened" in said
    assert "submission row: digest: 120 re-encrypted, 0 up to date" in said
    assert "the others can be left out" in said
    settings.ENCRYPTION_KEYS = [NEW]
    under_old_key.refresh_from_db()
    assert under_old_key.reveal() == KEY
    assert [row["n"] for row in read_fields(Submission.objects.get())] == list(range(120))
    upload = ZipUpload.objects.get()
    assert (upload.entries, upload.preview, upload.reveal_link()) == (
        ["a"], {"rows": [1]}, "https://bucket.example/x",
    )  # fmt: skip


def test_it_may_stop_anywhere_and_run_again(under_old_key: SavedKey, settings: Any, capsys: Any) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    rows = next(column for column in rotation.encrypted_columns() if column.table == "submissions_rowblock")
    next(rotation.rotate(rows))  # one batch, then it is stopped
    said = rotate(capsys)
    assert f"row block: data: {120 - rotation.BATCH} re-encrypted, {rotation.BATCH} up to date" in said
    assert "row block: data: 0 re-encrypted, 120 up to date" in rotate(capsys)


def test_what_a_running_program_wrote_meanwhile_stays(
    under_old_key: SavedKey, settings: Any, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    row = RowBlock.objects.all()[0]
    swap = rotation._swap
    newer = Fernet(OLD).encrypt(zlib.compress(row_text({"n": "newer"})))

    def late(column: Any, key: Any, token: bytes, renewed: bytes) -> bool:
        if column.table == "submissions_rowblock" and key == row.pk:
            RowBlock.objects.filter(pk=row.pk).update(data=newer)
        return swap(column, key, token, renewed)

    monkeypatch.setattr(rotation, "_swap", late)
    with pytest.raises(CommandError, match="1 changed meanwhile"):
        call_command("rotate_encryption")
    monkeypatch.undo()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert "row block: data: 1 re-encrypted, 119 up to date" in rotate(capsys)
    assert next(read_fields(Submission.objects.get())) == {"n": "newer"}


def test_what_cannot_be_opened_is_counted_and_left_as_it_is(
    under_old_key: SavedKey, settings: Any, capsys: Any
) -> None:
    settings.ENCRYPTION_KEYS = [NEW, LOST]
    before = bytes(SavedKey.objects.get().encrypted_key)
    with pytest.raises(CommandError, match="124 cannot be opened"):
        call_command("rotate_encryption")
    assert (
        "saved key: encrypted key: 0 re-encrypted, 0 up to date, 0 changed meanwhile, 1 cannot"
        in capsys.readouterr().out
    )
    assert bytes(SavedKey.objects.get().encrypted_key) == before


def recovery_codes_of(person: User) -> Any:
    data = {"seed": encrypt_text("0123456789abcdef"), "used_mask": 0}
    return Authenticator.objects.create(user=person, type=Authenticator.Type.RECOVERY_CODES, data=data).wrap()


def test_the_secrets_of_second_steps_are_re_encrypted_too(person: User, settings: Any, capsys: Any) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    data = {"secret": encrypt_text("JBSWY3DPEHPK3PXP")}
    app = Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data=data)
    codes = recovery_codes_of(person)
    before = codes.get_unused_codes()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert "second step: secret: 2 re-encrypted, 0 up to date" in rotate(capsys)
    assert "second step: secret: 0 re-encrypted, 2 up to date" in rotate(capsys)
    settings.ENCRYPTION_KEYS = [NEW]
    app.refresh_from_db()
    codes.instance.refresh_from_db()
    assert decrypt(app.data["secret"]) == "JBSWY3DPEHPK3PXP"
    assert codes.get_unused_codes() == before
    settings.ENCRYPTION_KEYS = [LOST]
    with pytest.raises(CommandError, match="2 cannot be opened"):
        call_command("rotate_encryption")


def test_a_recovery_code_used_meanwhile_stays_used(
    person: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENCRYPTION_KEYS = [OLD]
    codes = recovery_codes_of(person)
    used = codes.get_unused_codes()[0]
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    renew = rotation._renew

    def late(token: bytes) -> Any:
        assert Authenticator.objects.get().wrap().validate_code(used)
        return renew(token)

    monkeypatch.setattr(rotation, "_renew", late)
    with pytest.raises(CommandError, match="1 changed meanwhile"):
        call_command("rotate_encryption")
    assert used not in Authenticator.objects.get().wrap().get_unused_codes()


def test_what_was_copied_meanwhile_to_where_it_had_passed_is_re_encrypted(
    under_old_key: SavedKey, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    old, rotate_ = bytes(under_old_key.encrypted_key), rotation.rotate

    def then_copy(column: Any) -> Any:
        yield from rotate_(column)
        if column.name == "encrypted_url":
            monkeypatch.setattr(rotate_encryption, "rotate", rotate_)
            ReplacedKey.objects.create(key=under_old_key, encrypted_key=old, last4="6789", replaced_by="y")

    monkeypatch.setattr(rotate_encryption, "rotate", then_copy)
    call_command("rotate_encryption", verbosity=0)
    settings.ENCRYPTION_KEYS = [NEW]
    assert Fernet(NEW).decrypt(bytes(ReplacedKey.objects.get().encrypted_key)) == KEY.encode()


def test_it_is_not_over_while_a_program_keeps_anything_under_the_older_key(
    under_old_key: SavedKey, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    old, rotate_ = bytes(under_old_key.encrypted_key), rotation.rotate

    def then_write(column: Any) -> Any:
        yield from rotate_(column)
        SavedKey.objects.update(encrypted_key=old)

    monkeypatch.setattr(rotate_encryption, "rotate", then_write)
    with pytest.raises(CommandError, match="still writes with an older key"):
        call_command("rotate_encryption", verbosity=0)
