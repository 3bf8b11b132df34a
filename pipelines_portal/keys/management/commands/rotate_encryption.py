from collections.abc import Iterator
from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.encryption import Undecryptable, reencrypt
from pipelines_portal.keys.models import SavedKey

# An authenticator app has a secret; recovery codes are derived from a seed.
SECRETS = ("secret", "seed")


class Command(BaseCommand):
    help = "Encrypt all saved secrets with the first of ENCRYPTION_KEYS. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            count, failed = 0, []
            for name, is_reencrypted in _reencrypt_all():
                count += is_reencrypted
                failed += [] if is_reencrypted else [name]
            record(Verb.SETTING_CHANGED, by=None, label="ENCRYPTION_KEYS", values=[f"{count:,} re-encrypted"])
        self.stdout.write(f"Secrets encrypted with the first key: {count:,}.")
        if failed:
            raise CommandError(
                f"{len(failed):,} cannot be decrypted with any of ENCRYPTION_KEYS, and stay as they are: "
                f"{', '.join(failed)}. Put the key that they were encrypted with behind the others and run this "
                "again, or save them again."
            )
        self.stdout.write("The other keys can be left out of ENCRYPTION_KEYS.")


def _reencrypt_all() -> Iterator[tuple[str, bool]]:
    """Yield the name of each secret, and True if it was re-encrypted. Rows are locked until the transaction ends."""
    for key in SavedKey.objects.select_for_update():
        yield f"the organization key {key}", _reencrypt_key(key)
    steps = Authenticator.objects.select_for_update(of=("self",)).exclude(type=Authenticator.Type.WEBAUTHN)
    for step in steps.select_related("user"):
        yield f"the second step of {step.user}", _reencrypt_step(step)


def _reencrypt_key(key: SavedKey) -> bool:
    try:
        key.encrypted_key = reencrypt(key.encrypted_key)
    except Undecryptable:
        return False
    key.save(update_fields=["encrypted_key"])
    return True


def _reencrypt_step(step: Authenticator) -> bool:
    name = next(each for each in SECRETS if each in step.data)
    try:
        step.data[name] = reencrypt(step.data[name].encode()).decode()
    except Undecryptable:
        return False
    step.save(update_fields=["data"])
    return True
