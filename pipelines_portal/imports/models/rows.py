"""Where each row of an import stands, in which request it is, and what is wrong with it."""

import json
from collections.abc import Iterable
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.submissions.models import Submission
from pipelines_portal.web.encryption import EncryptedJSONField, decrypt, encrypt

from .whole import Import


class ImportRequest(models.Model):
    """One request of an import, and the ledger's entry for it, which is made before it leaves."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="requests", db_index=False)
    number = models.PositiveIntegerField()
    submission = models.OneToOneField(Submission, models.CASCADE, related_name="import_request")
    # The file's row numbers in the order they were sent, as ranges: [[2, 5001]].
    ranges = models.JSONField(default=list)
    row_count = models.PositiveIntegerField()
    # What the ledger said when the rows here were last written after it: state and try.
    seen_state = models.CharField(max_length=10, default=Submission.State.DRAFT)
    seen_attempt = models.PositiveIntegerField(default=0)
    # Its rows were given back: it was too large, or the import was stopped before it left.
    is_given_back = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["of", "number"], name="a_request_is_made_once")]

    @property
    def first_number(self) -> int:
        return int(self.ranges[0][0])

    @property
    def last_number(self) -> int:
        return int(self.ranges[-1][1])

    def numbers(self) -> list[int]:
        return [number for first, last in self.ranges for number in range(first, last + 1)]


class RowState(models.TextChoices):
    READY = "ready", "Ready"
    TO_FIX = "to fix", "To fix"
    TWICE = "twice", "Duplicate"  # equals another row, or a task: a person decides
    ASIDE = "aside", "Set aside"
    REQUESTED = "requested", "On its way"  # in a request that is not through
    CREATED = "created", "Created"
    REJECTED = "rejected", "Rejected"  # by the API; may be fixed
    UNKNOWN = "unknown", "Unknown"


class ImportRow(models.Model):
    """Where a row of the file stands. Its values are those of its line, with `edits` over them."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="rows", db_index=False)
    generation = models.PositiveIntegerField()
    # As the person's own program shows it.
    number = models.PositiveIntegerField()
    # Where its line is: the block, and the place in it.
    block = models.PositiveIntegerField()
    position = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=RowState.choices, default=RowState.READY)
    # What people typed over it, by field: text, "" for nothing. Empty: nothing was typed.
    edits = models.BinaryField(default=b"")
    # Of its values: see submissions.digests. Empty while they cannot be sent.
    digest = models.CharField(max_length=32, blank=True)
    # A person said that it is to be sent although it equals another.
    is_wanted_twice = models.BooleanField(default=False)
    same_as_row = models.PositiveIntegerField(null=True)
    same_as_task = models.PositiveBigIntegerField(null=True)
    request = models.ForeignKey(ImportRequest, models.SET_NULL, null=True, related_name="rows", db_index=False)

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["of", "generation", "number"], name="a_row_is_kept_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["of", "generation", "state", "number"], name="imports_rows_by_state"),
            models.Index(fields=["request", "number"], condition=Q(request__isnull=False), name="imports_rows_sent"),
        ]

    def typed(self) -> dict[str, str]:
        """Raises Undecryptable."""
        return json.loads(decrypt(self.edits)) if self.edits else {}

    @staticmethod
    def packed_edits(typed: dict[str, str]) -> bytes:
        return encrypt(json.dumps(typed).encode()) if typed else b""


class ErrorGroup(models.Model):
    """Rows with the same fault in the same field: `detail` holds `message` and the `value` that all of them have."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="error_groups", db_index=False)
    generation = models.PositiveIntegerField()
    field_name = models.CharField(max_length=200, blank=True)
    # Tells groups of one field apart without showing what is in them.
    digest = models.CharField(max_length=32)
    detail = EncryptedJSONField(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["of", "generation", "field_name", "digest"], name="a_fault_is_grouped_once")
        ]


class RowError(models.Model):
    """That a row belongs to a group."""

    group = models.ForeignKey(ErrorGroup, models.CASCADE, related_name="errors", db_index=False)
    number = models.PositiveIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["group", "number"], name="a_row_is_in_a_group_once")]


def ranges_of(numbers: Iterable[int]) -> list[list[int]]:
    """[2, 3, 4, 7] as [[2, 4], [7, 7]]; the order is kept."""
    ranges: list[list[int]] = []
    for number in numbers:
        if ranges and number == ranges[-1][1] + 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges
