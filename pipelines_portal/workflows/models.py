"""Workflows people opened. The API lists none, so the portal remembers them (and what it last heard of them)."""

from django.db import models
from django.utils import timezone

from pipelines_portal.api_client.models import CREATABLE_STATUSES
from pipelines_portal.saved_keys.models import SavedKey


class OpenedWorkflow(models.Model):
    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="workflows")
    workflow_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=300)
    status = models.CharField(max_length=30)
    has_file_fields = models.BooleanField(default=False)
    opened_at = models.DateTimeField(default=timezone.now)
    # When the API last said its name and status.
    checked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name", "workflow_id"]
        constraints = [models.UniqueConstraint(fields=["key", "workflow_id"], name="a_workflow_is_opened_once_a_key")]

    def __str__(self) -> str:
        return f"{self.name} ({self.workflow_id})"

    @property
    def number(self) -> str:
        """The id as text, for pages: numbers in templates are looked up for localization, one by one."""
        return str(self.workflow_id)

    @property
    def accepts_tasks(self) -> bool:
        return self.status in CREATABLE_STATUSES
