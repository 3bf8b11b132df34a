"""How often people sent each value: what their own earlier values are suggested from."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from pipelines_portal.keys.models import SavedKey

LONGEST_FIELD, LONGEST_VALUE = 200, 80


class TypedCount(models.Model):
    """How often a person created tasks with a value of a field. See submissions/suggestions.py."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+")
    workflow_id = models.PositiveBigIntegerField()
    field = models.CharField(max_length=LONGEST_FIELD)
    value = models.CharField(max_length=LONGEST_VALUE)
    # The value without case and accents. As bytes, so that both databases sort and find beginnings alike.
    folded = models.BinaryField()
    count = models.PositiveIntegerField()
    # When a submission with the value was last finished.
    last_at = models.DateTimeField(db_index=True)

    class Meta:
        ordering: ClassVar = ["-count", "-last_at", "pk"]
        constraints: ClassVar = [
            # Its index also finds the values that begin with some letters.
            models.UniqueConstraint(
                fields=["person", "key", "workflow_id", "field", "folded", "value"],
                name="a_typed_value_is_counted_once",
            )
        ]

    def __str__(self) -> str:
        return self.value
