"""The rules of a workflow, as they are stored for all who use the key."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.workflows.fields.rule_kinds import Kind
from pipelines_portal.workflows.rules.judge import Rule


class WorkflowRule(models.Model):
    """A rule of the people who use the key: see Rule. A change of what it says makes it a new version."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    position = models.PositiveIntegerField()
    # The others follow from these: see Rule.parts.
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in Kind if kind != Kind.LISTED])
    field = models.CharField(max_length=200)
    value = models.JSONField(default=dict)
    # It holds only if this other field, if any, has this value.
    when = models.CharField(max_length=200, blank=True)
    is_value = models.JSONField(null=True)
    # Of "is one of". Restricted, and not protected, so that a key is deleted with both.
    reference_list = models.ForeignKey("workflows.ReferenceList", models.RESTRICT, null=True, related_name="rules")
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
            self.is_warning, self.needs_reason, self.reference_list,
        )  # fmt: skip


def rules_for(key_id: int | None, workflow_id: int) -> list[Rule]:
    """Return the rules that are on, in their order, with the warnings that follow from them."""
    stored = WorkflowRule.objects.filter(key=key_id, workflow_id=workflow_id, is_on=True)
    stored = stored.select_related("reference_list")
    return [part for rule in stored for part in rule.as_rule().parts]
