"""Organization keys that people saved. The key itself is written once, encrypted, and never shown again."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.teams.models import Membership, Team
from pipelines_portal.web.encryption import Undecryptable, decrypt, encrypt


class SavedKeys(models.QuerySet["SavedKey"]):
    def usable_by(self, user: User) -> "SavedKeys":
        """Their own, and those shared for use with them or with a team of theirs. Each once."""
        return self.filter(Q(owner=user) | Exists(_shares_with(user)))


class SavedKey(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_keys")
    name = models.CharField(max_length=100)
    encrypted_key = models.BinaryField()
    last4 = models.CharField(max_length=4)
    # SHA-256 of the key: tells that someone saves the same key twice without opening it.
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    objects = SavedKeys.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fingerprint"], condition=~Q(fingerprint=""), name="a_key_is_saved_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} (…{self.last4})"

    def seal(self, key: str) -> None:
        """Put in the key; only its last 4 characters stay readable."""
        self.encrypted_key = encrypt(key.encode())
        self.last4 = key[-4:]

    def reveal(self) -> str:
        """The key, for the Authorization header and nothing else. Raises Undecryptable."""
        return decrypt(self.encrypted_key).decode()

    @property
    def can_be_opened(self) -> bool:
        """Whether one of ENCRYPTION_KEYS opens it."""
        try:
            return bool(self.reveal())
        except Undecryptable:
            return False


class KeyShare(models.Model):
    """A key lent for use, to one person or to one team. Whoever it is lent to never sees it."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="shares", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="key_shares")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="key_shares")
    shared_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    shared_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(user=None, team__isnull=False) | Q(user__isnull=False, team=None),
                name="a_key_is_shared_with_a_person_or_a_team",
            ),
            models.UniqueConstraint(fields=["key", "user"], name="a_key_is_shared_once_with_a_person"),
            models.UniqueConstraint(fields=["key", "team"], name="a_key_is_shared_once_with_a_team"),
        ]

    def __str__(self) -> str:
        return str(self.team or self.user)


def _shares_with(user: User) -> models.QuerySet[KeyShare]:
    teams = Membership.objects.filter(user=user).values("team")
    return KeyShare.objects.filter(Q(user=user) | Q(team__in=teams), key=OuterRef("pk"))
