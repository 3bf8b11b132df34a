"""Organization keys that people saved. The key itself is written once, encrypted, and never shown again."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from .encryption import Undecryptable, decrypt, encrypt


class SavedKey(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_keys")
    name = models.CharField(max_length=100)
    encrypted_key = models.BinaryField()
    last4 = models.CharField(max_length=4)
    # SHA-256 of the key: tells that someone saves the same key twice without opening it.
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "id"]
        constraints = [models.UniqueConstraint(fields=["owner", "fingerprint"], name="a_key_is_saved_once_a_person")]

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
