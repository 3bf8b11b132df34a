"""The rows of an import: what each holds, what is sent for it, and what became of it."""

import hashlib
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.entry.statuses import RowStatus
from pipelines_portal.submissions.models import Submission


class Row(models.Model):
    """A line of an import's file, or a typed row."""

    Status = RowStatus

    sheet = models.ForeignKey("Sheet", models.CASCADE, related_name="lines", db_index=False)
    # The number that a spreadsheet program shows beside the line.
    number = models.PositiveIntegerField()
    cells = JSONTextField(default=list)
    # The texts that people typed over the cells, by field. An empty text empties the field.
    edits = JSONTextField(default=dict)
    # The warnings that people accepted, by their marks: field, reason, time, and the person's ID and name.
    accepted = JSONTextField(default=dict)
    # The values to send. None if the row cannot be sent, or if its submission holds them.
    fields = JSONTextField(null=True)
    # The hash of the fields: see submissions.duplicates. Empty if the row cannot be sent.
    digest = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.UNCHECKED)
    # A person decided to send the row although it is a duplicate.
    is_duplicate_wanted = models.BooleanField(default=False)
    duplicate_of_row = models.PositiveIntegerField(null=True)
    duplicate_of_task = models.PositiveBigIntegerField(null=True)
    # The task that the row's task is to replace.
    corrects_task = models.PositiveBigIntegerField(null=True)
    # The form in which it was typed while the API was away, and its values: posted again, the form adds nothing.
    form_token = models.UUIDField(null=True)
    # The submission that it was last sent with, or is about to be sent with.
    submission = models.ForeignKey(Submission, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "number"], name="a_line_is_stored_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["sheet", "status", "number"], name="imports_rows_by_status"),
            models.Index(fields=["sheet", "digest"], condition=~Q(digest=""), name="imports_rows_by_digest"),
            models.Index(fields=["sheet"], condition=~Q(edits={}), name="imports_rows_typed_over"),
            models.Index(fields=["form_token"], condition=Q(form_token__isnull=False), name="imports_rows_of_forms"),
            models.Index(fields=["submission"], condition=Q(submission__isnull=False), name="imports_rows_sent"),
        ]

    @property
    def accepted_marks(self) -> dict[str, str]:
        """The marks of accepted warnings, with the reasons."""
        return reasons_of(self.accepted)

    def accepted_in(self, name: str) -> str:
        """Return who accepted a warning of a field, and when, or ""."""
        found = next((each for each in self.accepted.values() if each["field"] == name), None)
        return f"Accepted by {found['name']}" if found else ""

    @property
    def version(self) -> str:
        """The hash of what people did with the row. A page that shows an older version cannot change the row."""
        is_skipped = self.status == self.Status.SKIPPED
        decided = (self.edits, is_skipped or self.status == self.Status.REJECTED, is_skipped)
        return hashlib.sha256(repr(decided).encode()).hexdigest()[:12]


def reasons_of(accepted: dict[str, Any]) -> dict[str, str]:
    """Return the reasons of accepted warnings by their marks."""
    return {mark: str(each.get("reason", "")) for mark, each in accepted.items()}


class Change(models.Model):
    """A change that a person made to many rows at once. It is undone as a whole."""

    sheet = models.ForeignKey("Sheet", models.CASCADE, related_name="changes", db_index=False)
    number = models.PositiveIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    # The words on the button that undoes it.
    label = models.TextField()
    # The field and the word of which the next imports learn the meaning, if any. An undo forgets it.
    learned = JSONTextField(default=list)
    is_undone = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sheet", "number"], name="changes_are_numbered"),
        ]


class ChangedRow(models.Model):
    """A row as it was before a change."""

    change = models.ForeignKey(Change, models.CASCADE, related_name="rows", db_index=False)
    number = models.PositiveIntegerField()
    edits = JSONTextField(default=dict)
    accepted = JSONTextField(default=dict)
    was_set_aside = models.BooleanField(default=False)
    was_duplicate_wanted = models.BooleanField(default=False)
    # The task that it was to replace.
    corrects_task = models.PositiveBigIntegerField(null=True)
    # The submission in which the row was rejected. It holds the reason.
    rejected_in = models.ForeignKey(Submission, models.SET_NULL, null=True, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["change", "number"], name="a_row_changes_once")]
