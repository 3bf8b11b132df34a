"""Reading of a backup: its members and its manifest, which says who can restore it."""

import hashlib
import json
import os
import re
import shutil
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.management.base import CommandError
from django.db.migrations.loader import MigrationLoader

from pipelines_portal.core.preparation import has_other_tables
from pipelines_portal.system.backup.backing_up import FORMAT, PROOF
from pipelines_portal.system.backup.places import MANIFEST, PORTAL, STORED
from pipelines_portal.system.backup.signing import has_right_signature, is_signed

DATABASE = re.compile(r"(portal|external_api)\.(sqlite3|dump)")
KEYS = {"format", "version", "made_at", "migrations", "proofs"}
MOST_NAMED = 20
PIECE = 2**20


@contextmanager
def opened_backup(file: Path, effect: str) -> Iterator[tarfile.TarFile]:
    """Open a backup. Raises CommandError, whose sentence says the `effect`."""
    try:
        with tarfile.open(file) as tar:
            yield tar
    except (OSError, EOFError, zlib.error, tarfile.TarError) as error:
        # tarfile says of each kind of archive, in a line of its own, why it is not one.
        reason = "it is not a tar file" if "\n" in str(error) else error
        raise CommandError(f"{file} cannot be read as a backup: {reason}. {effect}") from error


def read_manifest(
    tar: tarfile.TarFile,
    effect: str,
    *,
    without_keys: bool = False,
    although_damaged: bool = False,
    although_unsigned: bool = False,
) -> tuple[dict[str, Any], dict[str, tarfile.TarInfo], bool]:
    """Return the manifest, all other members, and whether the signature covers the databases.

    Raises CommandError if this version cannot restore them.
    """
    manifest = load_manifest(tar, effect)
    members = {member.name: member for member in tar if member.name != MANIFEST}
    for name, member in members.items():
        if not member.isreg() or not (STORED.fullmatch(name) or DATABASE.fullmatch(name)):
            raise CommandError(f"The file holds {name!r}, which no backup does. {effect}")
    if any(has_other_tables(tuple(name.split(".", 1)) for name in names) for names in manifest["migrations"].values()):
        raise CommandError(f"Another development version made this backup. {effect} These programs can't use its data.")
    if manifest["format"] != FORMAT or _has_unknown_migrations(manifest["migrations"].get(PORTAL, [])):
        raise CommandError(
            f"Another version of the programs made this backup ({manifest['version']}). {effect} Restore it with that "
            "version, then update."
        )
    if not without_keys and not _has_keys(manifest):
        raise CommandError(
            f"An encryption key of this backup is not among ENCRYPTION_KEYS: saved keys could not be read. {effect} "
            "Put the secrets back first, or restore with --without-keys."
        )
    _require_signature(manifest, effect, although_unsigned=although_unsigned)
    damaged = _damaged(tar, members, manifest.get("sha256"))
    if damaged and not although_damaged:
        raise CommandError(f"Files in the backup are damaged: {name_some(damaged)}. {effect}")
    databases = [name for name in damaged if DATABASE.fullmatch(name)]
    if databases and not although_unsigned:
        raise CommandError(
            f"A database in the backup is damaged or was replaced: {', '.join(databases)}. {effect} "
            "If you trust the place where it was, restore with --damaged and --unsigned."
        )
    return manifest, members, has_right_signature(manifest) and not databases


def load_manifest(tar: tarfile.TarFile, effect: str) -> dict[str, Any]:
    """Return the manifest without a check of its backup. Raises CommandError."""
    try:
        content = tar.extractfile(MANIFEST)
    except KeyError:
        content = None
    if content is None:
        raise CommandError(f"This is no complete backup: it has no manifest. {effect}")
    try:
        manifest: dict[str, Any] = json.load(content)
    except ValueError as error:
        raise CommandError(f"{MANIFEST} in the backup can't be read: {error}. {effect}") from error
    if lacking := KEYS - manifest.keys():
        raise CommandError(f"{MANIFEST} in the backup can't be read: it has no {min(lacking)}. {effect}")
    return manifest


def name_some(names: list[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return f"{', '.join(names[:MOST_NAMED])}{more}"


def _damaged(tar: tarfile.TarFile, members: dict[str, tarfile.TarInfo], hashes: dict[str, str] | None) -> list[str]:
    """Return the members that differ from the manifest or are gone. Earlier versions stored no hashes."""
    damaged = []
    if hashes is not None:
        damaged = [name for name, member in members.items() if _sha256(tar, member) != hashes.get(name)]
        damaged += sorted(hashes.keys() - members.keys())
    # The checksum of a compressed backup is compared at its end, behind that of the tar.
    while tar.fileobj and tar.fileobj.read(PIECE):
        pass
    return damaged


def _sha256(tar: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    content = tar.extractfile(member)
    assert content is not None  # noqa: S101 - it is a regular file
    return hashlib.file_digest(content, "sha256").hexdigest()  # type: ignore[arg-type]


def _has_unknown_migrations(names: list[str]) -> bool:
    """Return True for a later version. Apps that depend on a setting do not count."""
    loader = MigrationLoader(None)
    keys = {tuple(name.split(".", 1)) for name in names}
    return any(key[0] in loader.migrated_apps and key not in loader.disk_migrations for key in keys)


def _require_signature(manifest: dict[str, Any], effect: str, *, although_unsigned: bool) -> None:
    """Raise CommandError for a wrong signature, and for none that can be checked unless that is accepted."""
    if has_right_signature(manifest):
        return
    if is_signed(manifest) and _has_keys(manifest):
        raise CommandError(
            f"The signature of the backup is wrong: its manifest was changed. {effect} Use another copy."
        )
    if is_signed(manifest) and not although_unsigned:
        raise CommandError(
            f"The signature of the backup can't be checked without its encryption key. {effect} If you trust the place "
            "where it was, restore with --unsigned."
        )
    if not although_unsigned:
        raise CommandError(
            f"The backup has no signature, so it may have been changed. {effect} If you trust the place where it was, "
            "restore with --unsigned."
        )


def _has_keys(manifest: dict[str, Any]) -> bool:
    return all(map(_has_key, manifest["proofs"]))


def _has_key(proof: str) -> bool:
    try:
        return MultiFernet([Fernet(key) for key in settings.ENCRYPTION_KEYS]).decrypt(proof) == PROOF
    except InvalidToken:
        return False


def extract(tar: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    """Write a member to `path`, for its owner only. The filters of tarfile are missing in Debian 12."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    content = tar.extractfile(member)
    assert content is not None  # noqa: S101 - read_manifest accepts only files
    path.touch(mode=0o600, exist_ok=False)
    with content, path.open("wb") as file:
        shutil.copyfileobj(content, file, PIECE)
    os.utime(path, (member.mtime, member.mtime))
