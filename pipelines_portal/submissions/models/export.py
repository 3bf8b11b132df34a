"""Exports of submissions that are too large to be written while a person waits."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class Export(models.Model):
    """A file of submissions that the worker prepares part by part. It is stored for a day."""

    class Status(models.TextChoices):
        WORKING = "working", "Preparing"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    # The data of a SentFilterForm, and the time zone of its days.
    filters = models.JSONField(default=dict)
    zone = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=Status, default=Status.WORKING)
    # The number of rows, as counted at the start; the rows written so far, and in how many parts.
    total = models.PositiveBigIntegerField(null=True)
    done = models.PositiveBigIntegerField(default=0)
    part_count = models.PositiveIntegerField(default=0)
    # The last submission that was written.
    last_id = models.UUIDField(null=True)
    last_at = models.DateTimeField(null=True)
    # Names of fields in the order of their first appearance.
    names = models.JSONField(default=list)
    # When a worker may write the next part. None: there is nothing left to do.
    due_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"export of {self.owner}"


class ExportPart(models.Model):
    """Some lines of an export, as compressed JSON."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["export", "number"], name="a_part_is_made_once")]
