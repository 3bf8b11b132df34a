from django.db import models


class Tries(models.Model):
    """How often something was tried since its window began. In the database, which all processes share."""

    # A keyed hash: it has the same length for any input, and reveals neither an email nor an address.
    name = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField(default=0)
    ends_at = models.DateTimeField(db_index=True)
