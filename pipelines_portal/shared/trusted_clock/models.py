"""By which clock what is old was removed last: kept in the database, which outlives a machine's clock."""

from django.db import models


class ClockMark(models.Model):
    """The only row: until when the clock was known to be right."""

    trusted_at = models.DateTimeField()
    # Since when the clock stands far ahead of that, and nothing is removed.
    held_from = models.DateTimeField(null=True)
