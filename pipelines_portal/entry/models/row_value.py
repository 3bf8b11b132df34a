"""The values of rows in fields that are used once, so that rows of one import with the same value are found."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Q, Value

from pipelines_portal.entry.models.row import Row
from pipelines_portal.workflows.rules.once import UsedValue

if TYPE_CHECKING:
    from pipelines_portal.entry.models.sheet import Sheet

BATCH = 500
# A row with another status is left out, or what it uses is recorded with what was sent.
WAITING = (Row.Status.READY, Row.Status.TO_FIX, Row.Status.TO_LOOK, Row.Status.DUPLICATE)


class StoredValues(models.QuerySet["RowValue"]):
    def store(self, sheet: "Sheet", digests_by_row: Mapping[int, Mapping[str, str]]) -> None:
        """Store the digests of rows, by the IDs of the rows and their fields. An empty digest is that of no value."""
        values = [
            RowValue(sheet=sheet, row_id=row, field=field, digest=digest)
            for row, digests in digests_by_row.items()
            for field, digest in digests.items()
        ]
        self.bulk_create(values, BATCH, update_conflicts=True, update_fields=["digest"], unique_fields=["row", "field"])

    def sharing(self, sheet: "Sheet", rows: list[int], values: Iterable[UsedValue]) -> "StoredValues":
        """Return those that are one of the values, or one that is stored of these `rows`."""
        before = RowValue.objects.filter(row__in=rows).exclude(digest="").values("digest")
        same = Q(digest__in={digest for _, digest in values}) | Q(digest__in=before)
        return self.filter(same, sheet=sheet, row__status__in=WAITING).exclude(digest="")

    def as_uses(self) -> "models.QuerySet[RowValue, tuple[Any, ...]]":
        """Return the columns of `query_uses`: field, digest and number of the row, and nothing else."""
        nothing = [Value(None, field) for field in (
            models.BooleanField(), models.BooleanField(), models.BigIntegerField(), models.UUIDField(),
            models.BigIntegerField(), models.UUIDField(), models.DateTimeField(), models.CharField(),
            models.CharField(),
        )]  # fmt: skip
        return self.order_by().values_list("field", "digest", "row__number", *nothing)


class RowValue(models.Model):
    """The digest of a row's value in a field that is used once."""

    sheet = models.ForeignKey("Sheet", models.CASCADE, related_name="+", db_index=False)
    # Without a constraint, so that deleting rows takes no further statement. Values of rows that are gone go with the
    # import.
    row = models.ForeignKey(Row, models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False)
    field = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, blank=True)

    objects = StoredValues.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["row", "field"], name="a_row_has_a_value_once")]
        indexes: ClassVar = [
            models.Index(fields=["sheet", "digest"], condition=~Q(digest=""), name="imports_values_of_rows")
        ]
