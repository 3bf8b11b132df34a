"""What a backup says of itself, first of all: its format, of what it was made, and which secrets it needs."""

import pkgutil
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from pydantic import BaseModel, ConfigDict

from pipelines_portal import __version__
from pipelines_portal.shared.environment import BASE_DIR

# Since 2, the list of contents has what the backup says of itself, too.
FORMAT = 2
# Under each key a word that everybody may know: whoever opens it has the key.
PROOF = b"pipelines-portal-backup"
SECRETS = {
    "SECRET_KEY": "signs sessions and links; without it everyone signs in anew, and links that were sent are void "
    "(or the files portal.secret_key and external_api.secret_key of DATA_DIR)",
    "ENCRYPTION_KEYS": "opens saved keys and what was sent; without it they are lost "
    "(or the file portal.encryption_keys of DATA_DIR)",
}


class Head(BaseModel):
    """What is read of any format."""

    format: int


class About(BaseModel):
    model_config = ConfigDict(extra="ignore")

    format: int
    version: str
    made_at: datetime
    migrations: dict[str, list[str]]
    secrets_needed: dict[str, str]
    # One of each encryption key.
    proofs: list[str]


def about(migrations: dict[str, list[str]]) -> About:
    proofs = [Fernet(key).encrypt(PROOF).decode() for key in _keys()]
    return About(
        format=FORMAT,
        version=__version__,
        made_at=datetime.now(UTC),
        migrations=migrations,
        secrets_needed=SECRETS,
        proofs=proofs,
    )


def _keys() -> list[str]:
    """The portal's; the External API, whose settings have none, encrypts nothing."""
    return list(getattr(settings, "ENCRYPTION_KEYS", []))


def keys_missing(found: About) -> int:
    """How many of the encryption keys that it was made with are not at hand."""
    keys = MultiFernet([Fernet(key) for key in _keys()])
    return sum(not _opens(keys, proof) for proof in found.proofs)


def _opens(keys: MultiFernet, proof: str) -> bool:
    try:
        return keys.decrypt(proof) == PROOF
    except (InvalidToken, ValueError):
        return False


def unknown_migrations(found: About) -> list[str]:
    """Those that a later version made. The External API's are looked up as files: nothing of it is loaded here."""
    known = {*_migrations_of((app.label, Path(app.path)) for app in apps.get_app_configs())}
    known |= {*_migrations_of([("external_api", BASE_DIR / "pipelines_portal" / "external_api")])}
    return sorted({name for names in found.migrations.values() for name in names} - known)


def _migrations_of(rooms: Iterable[tuple[str, Path]]) -> Iterable[str]:
    for label, folder in rooms:
        for module in pkgutil.iter_modules([str(folder / "migrations")]):
            yield f"{label}.{module.name}"
