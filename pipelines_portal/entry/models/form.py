"""What the form keeps for people between two tasks. None of it is ever sent by itself."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.keys.models import SavedKey


class TypedDraft(models.Model):
    """What one person typed for one workflow and has not sent. A submission that is a draft is ready to go."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+")
    workflow_id = models.PositiveBigIntegerField()
    # Names and texts of the form's inputs, as they were posted.
    typed = JSONTextField(default=list)
    # Of the form that was typed into: once that is sent, a save that comes late is not kept.
    token = models.UUIDField()
    saved_at = models.DateTimeField(default=timezone.now, db_index=True)
    # When the database was copied from which it was restored, and the newest task that was known then. It may have been
    # sent since, so a person is asked first.
    restored_from = models.DateTimeField(null=True)
    newest_task_id_before = models.PositiveBigIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "key", "workflow_id"], name="one_typed_draft_a_person_and_workflow"
            )
        ]

    @property
    def mark(self) -> str:
        """Tells whether a page has seen the newest."""
        return self.saved_at.isoformat()


class PinnedFields(models.Model):
    """With which values one person's next task begins, in the form and in the grid: see entry.form.pins."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+")
    workflow_id = models.PositiveBigIntegerField()
    names = models.JSONField(default=list)
    # The texts by field. A column of the grid that counts up has an object instead, and no name.
    texts = JSONTextField(default=dict)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["owner", "key", "workflow_id"], name="pinned_fields_once_a_person_and_workflow"
            )
        ]


class Presets(models.QuerySet["Preset"]):
    def offered_to(self, user: User) -> "Presets":
        """Their own, and those that are for all who use the key."""
        return self.filter(models.Q(author=user) | models.Q(is_shared=True))

    def changed_by(self, user: User) -> "Presets":
        """Their own, and the shared ones of a key they own."""
        return self.filter(models.Q(author=user) | models.Q(is_shared=True, key__owner=user))


class Preset(models.Model):
    """Values to start from, under a name."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+")
    workflow_id = models.PositiveBigIntegerField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=100)
    is_shared = models.BooleanField(default=False)
    fields = JSONTextField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    objects = Presets.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["author", "key", "workflow_id", "is_shared", "name"], name="a_preset_of_a_name_once_an_author"
            )
        ]
        indexes: ClassVar = [models.Index(fields=["key", "workflow_id"], name="presets_of_a_workflow")]

    def __str__(self) -> str:
        return self.name
