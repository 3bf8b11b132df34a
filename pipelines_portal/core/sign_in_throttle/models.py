from django.db import models


class Tries(models.Model):
    """The number of tries in a time window. It is in the database because all processes share it."""

    # A keyed hash: it has the same length for any input, and reveals neither an email nor an address.
    name = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)
