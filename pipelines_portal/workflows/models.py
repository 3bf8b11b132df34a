"""Workflows that people opened. Each is stored once for all who use its key, with marks for each person.

The API cannot list workflows, so the portal remembers them with their last known name and status.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, FilteredRelation, Q
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.models import CREATABLE_STATUSES
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.values.rules import Kind, Rule


class OpenedWorkflows(models.QuerySet["OpenedWorkflow"]):
    def marked_by(self, user: User) -> "OpenedWorkflows":
        """Annotate `is_pinned`, `is_hidden` and `visited_at` of this person, or None without a mark."""
        marked = self.annotate(mark=FilteredRelation("marks", condition=Q(marks__user=user)))
        return marked.annotate(  # type: ignore[no-redef]  # the model declares these attributes
            is_pinned=F("mark__is_pinned"), is_hidden=F("mark__is_hidden"), visited_at=F("mark__visited_at")
        )

    def in_sight(self) -> "OpenedWorkflows":
        """Leave out those that the person of `marked_by` hides."""
        # A plain exclude() would also drop those without a mark.
        return self.filter(Q(is_hidden=None) | Q(is_hidden=False))

    def hidden(self) -> "OpenedWorkflows":
        """Return those that the person of `marked_by` hides, by name."""
        return self.filter(Q(is_hidden=True)).order_by(Lower("name"), "workflow_id")

    def pinned_first(self) -> "OpenedWorkflows":
        """Sort by what the person of `marked_by` pinned, then by name."""
        return self.order_by(Coalesce("is_pinned", False).desc(), Lower("name"), "workflow_id")

    def recent_first(self) -> "OpenedWorkflows":
        """Sort by what the person of `marked_by` pinned, then by what they visited last."""
        return self.order_by(
            F("is_pinned").desc(nulls_last=True), F("visited_at").desc(nulls_last=True), Lower("name"), "workflow_id"
        )


class OpenedWorkflow(models.Model):
    """A workflow that somebody opened with a key, for all who use the key."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="workflows")
    workflow_id = models.PositiveBigIntegerField()
    name = models.CharField(max_length=300)
    status = models.CharField(max_length=30)
    has_file_fields = models.BooleanField(default=False)
    # The field whose value identifies a task for people: see opening._title_field.
    title_field = models.CharField(max_length=200, blank=True, db_column="telling_field")
    opened_at = models.DateTimeField(default=timezone.now)
    # The person who opened it. All who use the key see it in their list.
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # When name and status were last read from the API.
    checked_at = models.DateTimeField(default=timezone.now)

    # Set by `marked_by`.
    is_pinned: bool | None
    is_hidden: bool | None

    # Whether it may have rules that are on: see workflows.rules.
    has_rules = True

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
        """The ID as text. Templates localize numbers, which takes time."""
        return str(self.workflow_id)

    @property
    def accepts_tasks(self) -> bool:
        return self.status in CREATABLE_STATUSES


class WorkflowMark(models.Model):
    """The marks of one person on one workflow."""

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


class WorkflowRule(models.Model):
    """A rule of the people who use the key: see values.rules. A change of what it says makes it a new version."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind])
    field = models.CharField(max_length=200)
    value = models.JSONField(default=dict)
    # It holds only if this other field, if any, has this value.
    when = models.CharField(max_length=200, blank=True)
    is_value = models.JSONField(null=True)
    message = models.CharField(max_length=300, blank=True)
    # A warning is accepted by a person, with a reason if it needs one. Anything else is an error.
    is_warning = models.BooleanField(default=False)
    needs_reason = models.BooleanField(default=False)
    is_on = models.BooleanField(default=True)
    version = models.PositiveIntegerField(default=1)
    # Who added it, and who changed it last.
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["position", "id"]
        indexes: ClassVar = [models.Index(fields=["key", "workflow_id", "position"], name="rules_of_a_workflow")]

    def __str__(self) -> str:
        return f"{self.field} {self.kind}"

    def as_rule(self) -> Rule:
        return Rule(
            self.pk, self.version, Kind(self.kind), self.field, self.value, self.when, self.is_value, self.message,
            self.is_warning, self.needs_reason,
        )  # fmt: skip


class WorkflowNote(models.Model):
    """Instructions for a workflow, or a hint for one of its fields, for all who use the key.

    They stay when the workflow is taken off the list.
    """

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    # Empty: the instructions for the workflow.
    field = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    # Whether people's own earlier values are suggested in the field.
    has_suggestions = models.BooleanField(default=True)
    # Who wrote it last.
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "workflow_id", "field"], name="a_field_has_one_note")
        ]

    def __str__(self) -> str:
        return f"{self.field or 'instructions'}: {self.text[:50]}"


class FieldTitles(models.Model):
    """The titles of a workflow's fields by their names, and its schema as it was read last.

    They have a table of their own: lists do not need them.
    """

    workflow = models.OneToOneField(OpenedWorkflow, models.CASCADE, primary_key=True, related_name="field_titles")
    titles = models.JSONField(default=dict)
    # What the API returned last, for pages that open while it is away. None: it was not read since this is stored.
    schema = models.JSONField(null=True)

    class Meta:
        ordering: ClassVar = ["workflow"]
