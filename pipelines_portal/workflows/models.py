"""Workflows people opened, each once for all who use its key, and how each person keeps them.

The API lists none, so the portal remembers them, and what it last heard of them.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Lower
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.models import CREATABLE_STATUSES
from pipelines_portal.keys.models import SavedKey


class OpenedWorkflows(models.QuerySet["OpenedWorkflow"]):
    def marked_by(self, user: User) -> "OpenedWorkflows":
        """Each with this person's own `is_pinned`, `is_hidden` and `visited_at`; None where they never were there."""
        marked = self.annotate(mark=FilteredRelation("marks", condition=Q(marks__user=user)))
        return marked.annotate(  # type: ignore[no-redef]  # named on the model, for those who read them
            is_pinned=F("mark__is_pinned"), is_hidden=F("mark__is_hidden"), visited_at=F("mark__visited_at")
        )

    def in_sight(self) -> "OpenedWorkflows":
        """Without those that the person of `marked_by` hides."""
        # A plain exclude drops those never marked.
        return self.filter(Q(is_hidden=None) | Q(is_hidden=False))

    def hidden(self) -> "OpenedWorkflows":
        """Those that the person of `marked_by` hides, by name."""
        return self.filter(Q(is_hidden=True)).order_by(Lower("name"), "workflow_id")

    def recent_first(self) -> "OpenedWorkflows":
        """What the person of `marked_by` pinned, then what they looked at last."""
        return self.order_by(
            F("is_pinned").desc(nulls_last=True), F("visited_at").desc(nulls_last=True), Lower("name"), "workflow_id"
        )


class OpenedWorkflow(models.Model):
    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="workflows")
    workflow_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=300)
    status = models.CharField(max_length=30)
    has_file_fields = models.BooleanField(default=False)
    # By whose value people know a task: see telling.
    telling_field = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    # One of those who use the key; all of them find it in their list.
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # When the API was last asked for its name and status.
    checked_at = models.DateTimeField(default=timezone.now)

    # Of `marked_by` only.
    is_pinned: bool | None
    is_hidden: bool | None

    objects = OpenedWorkflows.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "workflow_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "workflow_id"], name="a_workflow_is_opened_once_a_key")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.workflow_id})"

    @property
    def number(self) -> str:
        """The id as text, for pages: numbers in templates are looked up for localization, one by one."""
        return str(self.workflow_id)

    @property
    def accepts_tasks(self) -> bool:
        return self.status in CREATABLE_STATUSES


class WorkflowMark(models.Model):
    """How one person keeps one workflow in their list."""

    workflow = models.ForeignKey(OpenedWorkflow, models.CASCADE, related_name="marks", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    is_pinned = models.BooleanField(default=False)
    is_hidden = models.BooleanField(default=False)
    visited_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["workflow", "user"], name="a_person_marks_a_workflow_once")
        ]


class FieldTitles(models.Model):
    """What people call the fields of a workflow, by the names that are sent.

    Apart from the workflow: lists do not read it.
    """

    workflow = models.OneToOneField(OpenedWorkflow, models.CASCADE, primary_key=True, related_name="field_titles")
    titles = models.JSONField(default=dict)

    class Meta:
        ordering: ClassVar = ["workflow"]
