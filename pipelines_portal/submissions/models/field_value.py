"""The values of fields that are used once in a workflow, with the rows that use them. See workflows/rules/once.py."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from pipelines_portal.core.sql import update_many
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models.rows import SubmissionRow
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


@dataclass(frozen=True)
class UsingRow:
    """The values of a row that uses them now. `corrects_task`: the task of which it is a corrected copy."""

    row: int
    values: FieldValues
    corrects_task: int | None = None


def _place(value: UsedValue) -> tuple[str, str]:
    """Return by what values are sorted when they are written."""
    field, digest = value
    return digest, field


class UsedValues(models.QuerySet["FieldValue"]):
    def at(self, key_id: int | None, workflow_id: int, values: Iterable[UsedValue]) -> "UsedValues":
        """Return those of the values that are recorded."""
        fields, digests = zip(*values, strict=True)
        return self.filter(key=key_id, workflow_id=workflow_id, field__in=set(fields), digest__in=digests)

    def used(self) -> "UsedValues":
        """Return those that a row uses, without those that this transaction has reserved."""
        return self.filter(Q(row__isnull=False) | Q(is_shared=True))

    def reserve(self, key_id: int, workflow_id: int, rules: Sequence[Rule], rows: Iterable[FieldValues]) -> None:
        """Reserve free values for rows that this transaction records in several calls. Call `release` after the last.

        `record` writes values in the order of their digests; several calls would not, and two transactions could each
        wait for the other.
        """
        values = {value for fields in rows for value in used_values(rules, fields).items()}
        wanted = sorted(values, key=_place)
        new = [FieldValue(key_id=key_id, workflow_id=workflow_id, field=name, digest=digest) for name, digest in wanted]
        self.bulk_create(new, VALUES_PER_QUERY, ignore_conflicts=True)

    def release(self, key_id: int, workflow_id: int) -> None:
        """Free the values that were reserved and not recorded. Those of other transactions are not seen."""
        self.filter(key=key_id, workflow_id=workflow_id, row=None, is_shared=False).delete()

    def record(self, key_id: int, workflow_id: int, rules: Sequence[Rule], rows: Iterable[UsingRow]) -> list[int]:
        """Record the values of rows as used. Return the IDs of those rows that may not be sent, as others use them.

        Call in the transaction that claims the rows, and roll it back if there are such rows. Of equal values, the
        first row has it. Values are recorded in the order of their digests, so that two transactions never wait for
        each other.
        """
        users = [(value, row) for row in rows for value in used_values(rules, row.values).items()]
        first: dict[UsedValue, UsingRow] = {}
        for value, row in users:
            first.setdefault(value, row)
        wanted = sorted(first, key=_place)
        place = {"key_id": key_id, "workflow_id": workflow_id}
        holders: dict[UsedValue, int | None] = {}
        for start in range(0, len(wanted), VALUES_PER_QUERY):
            batch = wanted[start : start + VALUES_PER_QUERY]
            new = [
                FieldValue(**place, field=name, digest=digest, row_id=first[name, digest].row) for name, digest in batch
            ]
            self.bulk_create(new, ignore_conflicts=True)
            stored, reserved = self.at(key_id, workflow_id, batch), dict[int, int]()
            columns = ("field", "digest", "pk", "row", "row__task_id", "is_shared")
            for field, digest, pk, holder, task, is_shared in stored.values_list(*columns):
                by = first.get((field, digest))
                if by and holder is None and not is_shared:  # reserved
                    reserved[pk] = holder = by.row
                elif by and holder and by.corrects_task and by.corrects_task == task:
                    is_taken = self.filter(pk=pk, row=holder).update(row=by.row, taken_from=holder)
                    holder = by.row if is_taken else holder
                holders[field, digest] = holder
            update_many(FieldValue, ("row_id",), ("id",), ((row, pk) for pk, row in reserved.items()))
        others = [(value, row) for value, row in users if holders.get(value) != row.row]
        lost = {row.row for (field, _), row in others if has_to_be_free(rules, field, row.values)}
        self._share(place, dict(others))
        return sorted(lost)

    def _share(self, place: dict[str, Any], rows: dict[UsedValue, UsingRow]) -> None:
        """Mark the values that further rows have: they stay used when the row that uses them frees them.

        One that was freed since it was read is recorded once more.
        """
        shared = [
            FieldValue(**place, field=name, digest=digest, row_id=rows[name, digest].row, is_shared=True)
            for name, digest in sorted(rows, key=_place)
        ]
        unique = ("key", "workflow_id", "field", "digest")
        self.bulk_create(
            shared, VALUES_PER_QUERY, update_conflicts=True, unique_fields=unique, update_fields=("is_shared",)
        )

    def free(self, rows: "models.QuerySet[SubmissionRow]") -> None:
        """Free the values of rows of which no task was created, unless further rows left with them.

        Those of corrected copies go back to the original.
        """
        used = self.filter(row__in=rows.order_by().values("pk"))
        if used.exists():
            used.filter(taken_from__isnull=False).update(row=F("taken_from"), taken_from=None)
            own = self.filter(row__in=rows.order_by().values("pk"))
            own.filter(is_shared=True).update(row=None)
            own.filter(is_shared=False).delete()


class FieldValue(models.Model):
    """A value that was used. It stays when the values of its row are removed."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    field = models.CharField(max_length=LONGEST_FIELD)
    # The hash of the value's normal form.
    digest = models.CharField(max_length=64)
    # The row that uses it. Without a constraint, so that deleting rows takes no further statement: a value whose row is
    # gone was used all the same. No row: the value is reserved, which only its transaction sees, or is shared and was
    # freed by its row. `taken_from`: the row of the task of which this one is a corrected copy.
    row = models.ForeignKey(SubmissionRow, models.DO_NOTHING, null=True, related_name="+", db_constraint=False)
    taken_from = models.ForeignKey(
        SubmissionRow, models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    # Further rows left with it: the condition of the rule does not hold for them.
    is_shared = models.BooleanField(default=False)

    objects = UsedValues.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "workflow_id", "field", "digest"], name="a_value_is_used_once")
        ]

    def __str__(self) -> str:
        return f"{self.field} {self.digest[:12]}"


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
