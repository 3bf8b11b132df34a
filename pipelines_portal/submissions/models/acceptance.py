"""A warning of a rule that a person accepted before the row was sent."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from pipelines_portal.accounts.models import User
from pipelines_portal.submissions.models.rows import SubmissionRow


class Acceptance(models.Model):
    row = models.ForeignKey(SubmissionRow, models.CASCADE, related_name="acceptances", db_index=False)
    # The rule may have been changed or deleted since.
    rule = models.PositiveBigIntegerField()
    version = models.PositiveIntegerField()
    field = models.CharField(max_length=200)
    # What the warning said, in a few words and as a sentence.
    short = models.CharField(max_length=60)
    sentence = models.TextField()
    # Empty once the row's values were removed, as is the reason.
    value = models.TextField(blank=True)
    reason = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", db_index=False)
    at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [
            models.Index(fields=["row"], name="acceptances_of_a_row"),
            models.Index(fields=["rule", "at"], name="acceptances_of_a_rule"),
            models.Index(fields=["by"], name="acceptances_of_a_person"),
        ]

    def __str__(self) -> str:
        return self.short

    @property
    def who(self) -> str:
        return str(self.by) if self.by else "Somebody"

    def who_for(self, reader: User) -> str:
        """The name of the person, or "" for the reader."""
        return "" if self.by_id == reader.pk else self.who
