"""The audit log: who did what. Rows are added and never changed."""

from datetime import timedelta
from functools import cached_property
from string import Formatter
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.http import urlencode

from pipelines_portal.audit import texts
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
        return self.actor_email or (texts.NOT_SIGNED_IN if self.address else texts.SYSTEM)

    @property
    def parts(self) -> list[tuple[str, str]]:
        """Return the sentence in pieces, each with its name: "who", "target", that of a detail, or "" for words."""
        parts: list[tuple[str, str]] = []
        for words, name, _, _ in Formatter().parse(self._pattern):
            parts += [("", words)] if words else []
            parts += [(name, self._values[name])] if name else []
        return parts

    @property
    def linked_parts(self) -> list[tuple[str, str]]:
        """Return the sentence in pieces, each with the filter of the log that its link sets, or "" for no link."""
        queries = {
            "who": urlencode({"person": self.actor_email}) if self.actor_email else "",
            "target": f"target={self.target_type}:{self.target_id}" if self.target_id else "",
        }
        return [(text, queries.get(name, "")) for name, text in self.parts]

    @property
    def sentence(self) -> str:
        return "".join(text for _, text in self.parts)

    @property
    def facts(self) -> list[str]:
        """Return the detail as "name: value" texts, sorted by name."""
        return [_fact(name, value) for name, value in sorted(self.detail.items()) if value != ""]

    @property
    def further_facts(self) -> list[str]:
        """Return the facts that the sentence does not tell."""
        told = {text for name, text in self.parts if name}
        return [_fact(name, value) for name, value in sorted(self.detail.items()) if _is_further(name, value, told)]

    @cached_property
    def _values(self) -> dict[str, str]:
        detail = {name: _plain(value) for name, value in self.detail.items()}
        return detail | {"who": self.who, "target": self.target_label}

    @cached_property
    def _pattern(self) -> str:
        pattern = texts.pattern_of(self.verb, self.detail | {"who": self.who})
        names = {name for _, name, _, _ in Formatter().parse(pattern) if name}
        if all(self._values.get(name) for name in names):
            return pattern
        # An event that was recorded with fewer details.
        return texts.WITH_TARGET[bool(self.target_label)].replace("{label}", self.label)

    @property
    def label(self) -> str:
        """Return the verb as filters name it."""
        return str(dict(Verb.choices).get(self.verb, self.verb))


def _is_further(name: str, value: Any, told: set[str]) -> bool:
    if value in ("", []) or name in texts.TOLD_NAMES:
        return False
    return (name, _plain(value)) not in texts.TOLD_VALUES and _plain(value) not in told


def _fact(name: str, value: Any) -> str:
    if name == "size" and isinstance(value, int):
        return f"Size {filesizeformat(value)}".replace("\xa0", " ")
    if name == "expiry" and str(value).isdigit():
        return f"lifetime: {value} days"
    if name == "tasks" and isinstance(value, list) and value:
        return texts.task_ids(value)
    return f"{texts.FACT_NAMES.get(name, name.replace('_', ' '))}: {_plain(value)}"


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)


def delete_old_events() -> int:
    """Delete the events older than AUDIT_RETENTION_DAYS and return their number. For the worker."""
    limit = timezone.now() - timedelta(days=settings.AUDIT_RETENTION_DAYS)
    return delete_in_batches(Event.objects.filter(at__lt=limit), BATCH_SIZE)
