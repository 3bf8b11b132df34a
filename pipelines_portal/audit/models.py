"""Who did what: rows that are added, and never changed."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from pipelines_portal.audit.verbs import Verb


class Event(models.Model):
    """The names are kept as text: they stand when what they name is renamed or gone. A trigger refuses changes."""

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    # Of someone who is not signed in, what they called themselves; of a command, "".
    actor_email = models.CharField(max_length=254, blank=True)
    verb = models.CharField(max_length=30)
    target_type = models.CharField(max_length=40, blank=True)
    target_id = models.CharField(max_length=40, blank=True)
    target_label = models.CharField(max_length=300, blank=True)
    address = models.CharField(max_length=45, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["-at", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["-at", "-id"], name="audit_newest_first"),
            models.Index(fields=["verb", "-at", "-id"], name="audit_by_verb"),
            models.Index(fields=["actor", "-at", "-id"], name="audit_by_actor"),
            models.Index(fields=["actor_email", "-at", "-id"], name="audit_by_email"),
            models.Index(fields=["target_type", "target_id", "-at", "-id"], name="audit_by_target"),
        ]

    def __str__(self) -> str:
        return f"{self.actor_email} {self.verb} {self.target_label}".strip()

    @property
    def who(self) -> str:
        """Whoever did it, as a sentence begins."""
        return self.actor_email or ("Somebody not signed in" if self.address else "A command")

    @property
    def names_its_target(self) -> bool:
        """Not where people did something to themselves: the sentence begins with them."""
        return bool(self.target_label) and (self.target_type, self.target_id) != ("user", str(self.actor_id))

    @property
    def facts(self) -> list[str]:
        """The detail, each as "name: value", in an order that every database gives."""
        told = sorted((name, value) for name, value in self.detail.items() if value != "")
        return [f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in told]

    @property
    def words(self) -> str:
        """The verb as a sentence has it."""
        return Verb(self.verb).label if self.verb in Verb.values else self.verb


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
