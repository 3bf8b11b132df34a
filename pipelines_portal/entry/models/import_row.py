"""The lines of an import's file: what each holds, what is sent for it, and what became of it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.entry.models.import_job import ImportJob
from pipelines_portal.submissions.models import Submission


class ImportRow(models.Model):
    class Status(models.TextChoices):
        UNCHECKED = "unchecked", "No row"  # the lines above the first row keep this status
        READY = "ready", "Ready"
        TO_FIX = "to_fix", "To fix"
        DUPLICATE = "duplicate", "Duplicate"  # of another row or a task; a person decides
        SET_ASIDE = "set_aside", "Set aside"
        REQUESTED = "requested", "On its way"  # in a submission without an outcome so far
        CREATED = "created", "Created"
        REJECTED = "rejected", "Rejected"  # by the API; may be fixed
        UNCONFIRMED = "unconfirmed", "Unknown"

    import_job = models.ForeignKey(ImportJob, models.CASCADE, related_name="lines", db_index=False)
    # As the person's own program shows it.
    number = models.PositiveIntegerField()
    cells = JSONTextField(default=list)
    # What people typed over it, by field: text, "" for nothing.
    edits = JSONTextField(default=dict)
    # What will be sent. None if it cannot be sent, and once its submission has it.
    fields = JSONTextField(null=True)
    # Of the fields: see submissions.digests. Empty while they cannot be sent.
    digest = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.UNCHECKED)
    # A person said that it is to be sent although it equals another.
    is_duplicate_wanted = models.BooleanField(default=False)
    duplicate_of_row = models.PositiveIntegerField(null=True)
    duplicate_of_task = models.PositiveBigIntegerField(null=True)
    # The one that it was last sent with, or is about to be.
    submission = models.ForeignKey(Submission, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["import_job", "number"], name="a_line_is_stored_once")]
        indexes: ClassVar = [
            models.Index(fields=["import_job", "status", "number"], name="imports_rows_by_status"),
            models.Index(fields=["import_job", "digest"], condition=~Q(digest=""), name="imports_rows_by_digest"),
            models.Index(fields=["import_job"], condition=~Q(edits={}), name="imports_rows_typed_over"),
            models.Index(fields=["submission"], condition=Q(submission__isnull=False), name="imports_rows_sent"),
        ]


class ErrorGroup(models.Model):
    """Rows with the same fault in the same field: `message`, and the `value` that all of them have."""

    import_job = models.ForeignKey(ImportJob, models.CASCADE, related_name="error_groups", db_index=False)
    field_name = models.CharField(max_length=200, blank=True)
    message = models.TextField()
    value = models.CharField(max_length=200, blank=True)
    # Of message and value, which are too long for an index.
    digest = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["import_job", "field_name", "digest"], name="a_fault_is_grouped_once")
        ]


class RowError(models.Model):
    """That a row belongs to a group."""

    group = models.ForeignKey(ErrorGroup, models.CASCADE, related_name="errors", db_index=False)
    number = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["group", "number"], name="a_row_is_in_a_group_once")]
