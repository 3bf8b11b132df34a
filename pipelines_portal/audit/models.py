"""The audit log: who did what. Rows are added and never changed."""

from datetime import timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.housekeeping import delete_in_batches

# Old events are deleted in batches of this many rows, so that no writer waits for more than one batch.
BATCH_SIZE = 1000


class Event(models.Model):
    """An act of a person or of a command. A database trigger refuses changes.

    Names are stored as text, so that they stay the same when the actor or the target is renamed or deleted.
    """

    at = models.DateTimeField(default=timezone.now)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, db_constraint=False, db_index=False, related_name="+"
    )
    # For somebody who is not signed in, the email that they entered; for a command, "".
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
        """Return the actor, as the beginning of a sentence."""
        return self.actor_email or ("Somebody not signed in" if self.address else "A command")

    @property
    def names_its_target(self) -> bool:
        """Return False if the target is the actor, who is already named in the sentence."""
        return bool(self.target_label) and (self.target_type, self.target_id) != ("user", str(self.actor_id))

    @property
    def facts(self) -> list[str]:
        """Return the detail as "name: value" texts, sorted by name."""
        facts = sorted((name, value) for name, value in self.detail.items() if value != "")
        return [f"{name.replace('_', ' ')}: {_plain(value)}" for name, value in facts]

    @property
    def words(self) -> str:
        """Return the verb in words."""
        return str(dict(Verb.choices).get(self.verb, self.verb))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def delete_old_events() -> int:
    """Delete the events older than AUDIT_RETENTION_DAYS and return their number. For the worker."""
    limit = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    return delete_in_batches(Event.objects.filter(at__lt=limit), BATCH_SIZE)
