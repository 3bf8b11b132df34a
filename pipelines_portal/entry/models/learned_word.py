"""Words that people corrected in a group of rows, for the next import: see imports.learned_words."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.values.choices import LONGEST_WORD


class LearnedWord(models.Model):
    """A word of files that is no choice of its field, and the choice that it means, for everybody who uses the key."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    field_name = models.CharField(max_length=200)
    # The word without its case. It may be longer: "ß" becomes "ss".
    folded = models.CharField(max_length=3 * LONGEST_WORD)
    word = models.CharField(max_length=LONGEST_WORD)
    choice = models.TextField()
    learned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["key", "workflow_id", "field_name", "folded"], name="a_word_is_learned_once_a_field"
            )
        ]

    def __str__(self) -> str:
        return f"{self.word} → {self.choice}"
