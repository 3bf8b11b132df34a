"""The visits of people to Home."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from pipelines_portal.accounts.models import User

# A person who comes back sooner was not away.
AWAY_AFTER = timedelta(minutes=30)
# `seen_at` is written at most this often.
SEEN_INTERVAL = timedelta(minutes=1)


class HomeVisits(models.QuerySet["HomeVisit"]):
    def record(self, user: User, now: datetime) -> datetime | None:
        """Record a visit. Return when the person left before it, or None at the first visit.

        What changed while they were away stays new until they leave again.
        """
        visit, _ = self.get_or_create(user=user, defaults={"seen_at": now})
        if now - visit.seen_at < SEEN_INTERVAL:
            return visit.left_at
        left_at = visit.seen_at if now - visit.seen_at > AWAY_AFTER else visit.left_at
        self.filter(pk=visit.pk, seen_at=visit.seen_at).update(seen_at=now, left_at=left_at)
        return left_at


class HomeVisit(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(default=timezone.now)
    # When they were last here before they went away. None: this is their first visit.
    left_at = models.DateTimeField(null=True)

    objects = HomeVisits.as_manager()

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.user_id}, {self.seen_at}"
