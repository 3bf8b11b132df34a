"""The recovery file: the generated secrets, which an administrator stores apart from the server and its backups."""

import hashlib

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.system.models import RecoveryFile


def fingerprint() -> str:
    """Return the SHA-256 of ENCRYPTION_KEYS. It changes with a rotation, after which the file must be saved again."""
    return hashlib.sha256(",".join(settings.ENCRYPTION_KEYS).encode()).hexdigest()


def saved_file() -> RecoveryFile | None:
    """Return the record that the file with the current keys is saved."""
    return RecoveryFile.objects.select_related("person").filter(fingerprint=fingerprint()).first()


def is_missing(user: User) -> bool:
    """Return whether to ask the person to save the file. Without generated secrets, it makes no query."""
    if not (settings.PRODUCTION and settings.SECRETS_ARE_GENERATED and user.is_administrator):
        return False
    return not RecoveryFile.objects.filter(fingerprint=fingerprint()).exists()


@transaction.atomic
def mark_saved(by: User) -> bool:
    """Record that the file is saved. Return False if it was recorded before."""
    _, is_new = RecoveryFile.objects.get_or_create(fingerprint=fingerprint(), defaults={"person": by})
    if is_new:
        record(Verb.RECOVERY_FILE_SAVED, by=by)
    return is_new


def write_recovery_file(by: User, address: str) -> str:
    """Return the text of the recovery file, and record the download."""
    record(Verb.RECOVERY_FILE_DOWNLOADED, by=by)
    day = f"{timezone.now():%Y-%m-%d}"
    comment = (
        f"# Secrets of Pipelines Portal at {address}, saved on {day}. Store them apart from "
        "the backups.\n# To use them again, set both in the environment, in .env, or in /etc/pipelines-portal/env.\n"
    )
    return f"{comment}SECRET_KEY={settings.SECRET_KEY}\nENCRYPTION_KEYS={','.join(settings.ENCRYPTION_KEYS)}\n"
