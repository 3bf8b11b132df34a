"""The index of words. It holds no word, and all of it can be made again of what is kept in the ledger."""

from typing import ClassVar

from django.db import models

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey


class Word(models.Model):
    """A row has a word. Without references: there are some thirty a row, and each costs what an index costs."""

    pk = models.CompositePrimaryKey("token", "row_id")
    token = models.BigIntegerField()
    row_id = models.BigIntegerField()

    def __str__(self) -> str:
        return f"a word of row {self.row_id}"


class Sender(models.Model):
    """Somebody sent something with a key: whose words are looked for by whoever may see what was sent with it."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    person = models.ForeignKey(User, models.CASCADE, related_name="+")

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "person"], name="a_sender_is_listed_once_a_key")
        ]

    def __str__(self) -> str:
        return f"{self.person} with {self.key}"
