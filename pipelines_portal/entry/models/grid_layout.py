"""How people arranged the columns of the grid: see entry.rows.layout."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.keys.models import SavedKey


class GridLayout(models.Model):
    """The columns of one person's grid of a workflow."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+")
    workflow_id = models.PositiveBigIntegerField()
    # In their order: the name of the field, whether it is always shown, and its width.
    columns = JSONTextField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "key", "workflow_id"], name="one_layout_a_person_and_workflow")
        ]
