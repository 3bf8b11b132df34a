"""Keys that people saved. The key itself is written once, encrypted, and never shown again."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.accounts.models import Team, User
from pipelines_portal.core.encryption import Undecryptable, decrypt, encrypt


class SavedKeys(models.QuerySet["SavedKey"]):
    def usable_by(self, user: User) -> "SavedKeys":
        """Their own, and those shared for use with them or with a team of theirs. Each once."""
        shared = KeyShare.objects.filter(Q(user=user) | Q(team__memberships__user=user))
        return self.filter(Q(owner=user) | Q(pk__in=shared.values("key")))


class Expiry(models.TextChoices):
    """When a key ends, as its owner says: the API offers these, and tells nobody which was taken."""

    UNKNOWN = "", "Not known"
    NEVER = "never", "No expiry"
    DAYS_30 = "30", "30 days"
    DAYS_90 = "90", "90 days"
    YEAR = "365", "1 year"


class SavedKey(models.Model):
    """A key, and what was met with it: pages load all of it in one row, so that nothing here costs a query."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_keys")
    name = models.CharField(max_length=100)
    encrypted_key = models.BinaryField()
    last4 = models.CharField(max_length=4)
    # SHA-256 of the key: tells that someone saves the same key twice without opening it.
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    # Met at the API (gate.py). A rejected key is asked with no more, until a check finds it alive.
    checked_at = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)
    # The API refuses archives, since whoever made the key there is gone.
    creator_gone_at = models.DateTimeField(null=True)
    # Written at most once a minute.
    last_used_at = models.DateTimeField(null=True)
    last_used_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    # Nothing is asked before: a 429 asked for the pause.
    paused_until = models.DateTimeField(null=True)

    expiry = models.CharField(max_length=10, choices=Expiry, default=Expiry.UNKNOWN, blank=True)
    expires_at = models.DateTimeField(null=True)
    # The last of the warnings that was mailed, by its days; of this `expires_at`.
    warned_days = models.PositiveSmallIntegerField(null=True)

    # Who uses this copy of it, where that is known: access.py says so, the gate writes it down.
    used_by: User | None = None

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


class ReplacedKey(models.Model):
    """What a key was before it was replaced, kept for a day so that one can go back."""

    key = models.OneToOneField(SavedKey, models.CASCADE, related_name="replaced")
    encrypted_key = models.BinaryField()
    last4 = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=64)
    expiry = models.CharField(max_length=10, blank=True)
    expires_at = models.DateTimeField(null=True)
    # Of the key that took its place: going back is for that one only.
    replaced_by = models.CharField(max_length=64)
    replaced_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"…{self.last4}"


class PooledAnswer(models.Model):
    """What the API last said to a read with a key, for all who ask the same (pooled_answers.py)."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    # SHA-256 of what was asked for.
    what = models.CharField(max_length=64)
    text = models.TextField(blank=True)
    # When it was asked for; None: what there is tells of the time before a change.
    fetched_at = models.DateTimeField(null=True, db_index=True)
    # Someone is asking, and has until then.
    claimed_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "what"], name="an_answer_is_kept_once")]

    def __str__(self) -> str:
        return f"workflow {self.workflow_id}, {self.what[:8]}"


class KeyShare(models.Model):
    """A key shared for use, with one person or one team, who never see it."""

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
