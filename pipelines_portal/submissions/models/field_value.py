"""What rows have in fields that are used once in a workflow. See workflows/rules/once.py."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models.rows import CHUNK, SubmissionRow, UnattributedTask, may_be_task
from pipelines_portal.workflows.fields.field_values import FieldValues
from pipelines_portal.workflows.rules.judge import Rule
from pipelines_portal.workflows.rules.once import UsedValue, has_to_be_free, used_values

LONGEST_FIELD = 200
VALUES_PER_QUERY = 500


class ValuesUsed(Exception):
    """Rows cannot be sent, because others have used their values. Nothing was recorded or sent.

    `rows` are the IDs of these rows.
    """

    def __init__(self, rows: list[int]) -> None:
        super().__init__("Not sent. A value that is used once is used already.")
        self.rows = rows


class RecordedValues(models.QuerySet["FieldValue"]):
    def at(self, key_id: int | None, workflow_id: int, values: Iterable[UsedValue]) -> "RecordedValues":
        """Return those that are one of the values."""
        fields, digests = zip(*values, strict=True)
        return self.filter(key=key_id, workflow_id=workflow_id, field__in=set(fields), digest__in=digests)

    def used(self) -> "RecordedValues":
        """Return those of rows that are tasks, may be tasks, or wait to be sent."""
        made_tasks = Exists(UnattributedTask.objects.filter(submission=OuterRef("row__submission")))
        return self.filter(may_be_task("row__") | Q(made_tasks))

    def record(self, values: Iterable["FieldValue"]) -> None:
        written = ("digest", "had_to_be_free")
        self.bulk_create(values, CHUNK, update_conflicts=True, unique_fields=("row", "field"), update_fields=written)

    def used_by_others(self, values: Sequence["FieldValue"], submission: UUID, *, waits: bool) -> list[int]:
        """Return the IDs of rows of the submission that may not be sent: others use what has to be free for them.

        Of equal values, the first row has it. `waits`: the rows have waited, and used their values since then. Call
        with the lock of the workflow, before the values are recorded.
        """
        first: dict[UsedValue, int] = {}
        for value in values:
            first.setdefault(value.used, value.row_id)
        wanted = [value for value in values if value.had_to_be_free]
        lost = {value.row_id for value in wanted if first[value.used] != value.row_id}
        for start in range(0, len(wanted), VALUES_PER_QUERY):
            batch = wanted[start : start + VALUES_PER_QUERY]
            used = self.at(batch[0].key_id, batch[0].workflow_id, [value.used for value in batch]).used()
            used = used if waits else used.exclude(row__submission=submission)
            # The last one with a value has it: a corrected copy is newer than its task.
            found = used.order_by("had_to_be_free", "row_id").values_list("field", "digest", "row_id")
            holders = {(field, digest): row for field, digest, row in found}
            lost |= {value.row_id for value in batch if holders.get(value.used, value.row_id) != value.row_id}
        return sorted(lost)


class FieldValue(models.Model):
    """What a row has in a field that is used once. It stays when the row's values are removed.

    What became of the row says whether it is used.
    """

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    row = models.ForeignKey(SubmissionRow, models.CASCADE, related_name="+", db_index=False)
    field = models.CharField(max_length=LONGEST_FIELD)
    # The hash of the value's normal form.
    digest = models.CharField(max_length=64)
    # The condition of the rule held for the row.
    had_to_be_free = models.BooleanField()

    objects = RecordedValues.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["row", "field"], name="a_row_uses_one_value_of_a_field")
        ]
        indexes: ClassVar = [
            models.Index(fields=["key", "workflow_id", "field", "digest"], name="submissions_values_used")
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.digest[:12]}"

    @property
    def used(self) -> UsedValue:
        return self.field, self.digest


def values_of_rows(
    key_id: int, workflow_id: int, rules: Sequence[Rule], rows: Iterable[tuple[int, FieldValues]]
) -> list[FieldValue]:
    """Return what rows, given by ID, have in fields that are used once."""
    return [
        FieldValue(
            key_id=key_id, workflow_id=workflow_id, row_id=row, field=field, digest=digest,
            had_to_be_free=has_to_be_free(rules, field, fields),
        )
        for row, fields in rows
        for field, digest in used_values(rules, fields).items()
    ]  # fmt: skip


class RecordedField(models.Model):
    """A field whose values are recorded, and since when. The worker records those of earlier rows."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    field = models.CharField(max_length=LONGEST_FIELD)
    since = models.DateTimeField(default=timezone.now)
    # The submission up to which earlier rows are recorded.
    last_created_at = models.DateTimeField(null=True)
    last_submission = models.UUIDField(null=True)
    # When all earlier rows were recorded.
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "workflow_id", "field"], name="a_field_is_recorded_once")
        ]
        indexes: ClassVar = [models.Index(fields=["since"], condition=Q(done_at=None), name="fields_to_record")]

    def __str__(self) -> str:
        return self.field

    @classmethod
    def start(cls, key: SavedKey, workflow_id: int, field: str) -> None:
        """Record the values of a field from now on, and those of earlier rows once more."""
        values: dict[str, Any] = {
            "since": timezone.now(), "last_created_at": None, "last_submission": None, "done_at": None,
        }  # fmt: skip
        cls.objects.update_or_create(key=key, workflow_id=workflow_id, field=field, defaults=values)

    @classmethod
    def start_all_again(cls) -> None:
        """Record all earlier rows once more, after a restore that made some of them unconfirmed."""
        cls.objects.update(since=timezone.now(), last_created_at=None, last_submission=None, done_at=None)
