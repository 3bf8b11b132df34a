"""What people did to rows, so that it can be undone."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.entry.models.import_job import ImportJob
from pipelines_portal.submissions.models import Submission


class Change(models.Model):
    """What a person did to rows at once, so that it can be undone as a whole."""

    import_job = models.ForeignKey(ImportJob, models.CASCADE, related_name="changes", db_index=False)
    number = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # What it is called on the button that undoes it.
    label = models.TextField()
    is_undone = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["import_job", "number"], name="changes_are_numbered")]


class ChangedRow(models.Model):
    """How a row was before a change."""

    change = models.ForeignKey(Change, models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    edits = JSONTextField(default=dict)
    was_set_aside = models.BooleanField(default=False)
    was_duplicate_wanted = models.BooleanField(default=False)
    # The submission in which it was rejected, which has the reason.
    rejected_in = models.ForeignKey(Submission, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["change", "number"], name="a_row_changes_once")]
