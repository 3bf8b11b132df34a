"""What was tried lately. Counted in the database, which all of a program's processes share."""

from datetime import datetime

from django.db import models
from django.utils import timezone

# One try is forgotten every so many seconds.
FORGET_SECONDS = 60


class Bucket(models.Model):
    """The tries of one address, on one account, or on one account from one place."""

    # A keyed hash: as long for any name, and it tells nobody who tried from where.
    name = models.CharField(max_length=64, primary_key=True)
    tries = models.FloatField(default=0)
    counted_at = models.DateTimeField(default=timezone.now)
    # From when on the next try is taken, once that was told to whoever must wait.
    opens_at = models.DateTimeField(null=True)
    # Somebody signed in to this account from this place.
    is_known = models.BooleanField(default=False)
    kept_until = models.DateTimeField(db_index=True)

    def level(self, now: datetime) -> float:
        """Tries that still count."""
        passed = max(0.0, (now - self.counted_at).total_seconds())
        return max(0.0, self.tries - passed / FORGET_SECONDS)

    def count(self, now: datetime, by: int) -> None:
        self.tries, self.counted_at = max(0.0, self.level(now) + by), now
