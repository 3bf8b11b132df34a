"""Create, revoke and extend organization keys. Only `create_key` returns the key itself."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from pipelines_portal.external_api.models import Organization, OrganizationKey, Person

KEY_PREFIX = "pk_live_"
EXPIRY_CHOICES = [("none", "No expiry"), ("30d", "30 days"), ("90d", "90 days"), ("1y", "1 year")]
LIFETIMES = {"none": None, "30d": timedelta(days=30), "90d": timedelta(days=90), "1y": timedelta(days=365)}


class RevokedKeyError(Exception):
    """A revoked key cannot be changed."""


def hash_key(plaintext: str) -> str:
    """Return the digest to store. Plain SHA-256 is enough for a key of 160 random bits."""
    return hashlib.sha256(plaintext.encode()).hexdigest()


class AlreadyCreatedError(Exception):
    """The form has already created a key."""

    def __init__(self, key: OrganizationKey) -> None:
        super().__init__()
        self.key = key


def create_key_once(
    organization: Organization, name: str, expires: str, created_by: Person, form_token: UUID
) -> tuple[OrganizationKey, str]:
    """Create a key unless this form has created one, which raises AlreadyCreatedError."""
    try:
        with transaction.atomic():
            return create_key(organization, name, expires, created_by, form_token)
    except IntegrityError:
        made = OrganizationKey.objects.filter(form_token=form_token, organization=organization).first()
        if made is None:
            raise
        raise AlreadyCreatedError(made) from None


def create_key(
    organization: Organization, name: str, expires: str, created_by: Person, form_token: UUID | None = None
) -> tuple[OrganizationKey, str]:
    """Create a key and return it with its plain text. `expires` is a value of EXPIRY_CHOICES, counted from now."""
    plaintext = KEY_PREFIX + secrets.token_hex(20)
    now = timezone.now()
    lifetime = LIFETIMES[expires]
    key = OrganizationKey.objects.create(
        organization=organization,
        name=name,
        sha256=hash_key(plaintext),
        last4=plaintext[-4:],
        created_by=created_by,
        created_by_email=created_by.email,
        created_at=now,
        expires_at=now + lifetime if lifetime else None,
        form_token=form_token,
    )
    return key, plaintext


def revoke(key: OrganizationKey) -> None:
    """Revoke the key. Revoking it again changes nothing."""
    OrganizationKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(revoked_at=timezone.now())
    key.refresh_from_db(fields=["revoked_at"])


def update_expiry(key: OrganizationKey, choice: str) -> None:
    """Set a new expiry, counted from now. Raise RevokedKeyError for a revoked key."""
    lifetime = LIFETIMES[choice]
    expires_at = timezone.now() + lifetime if lifetime else None
    changed = OrganizationKey.objects.filter(pk=key.pk, revoked_at__isnull=True).update(expires_at=expires_at)
    if not changed:
        raise RevokedKeyError
    key.expires_at = expires_at
