"""When people looked at Home."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from pipelines_portal.accounts.models import User

# Who comes back sooner has not been away.
AWAY = timedelta(minutes=30)
NOTED_EVERY = timedelta(minutes=1)


class HomeVisit(models.Model):
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    seen_at = models.DateTimeField(default=timezone.now)
    # When they were last here, before they went away. None: this is the first time.
    before = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["id"]

    def __str__(self) -> str:
        return f"{self.user_id}, {self.seen_at}"


def look(user: User, now: datetime) -> datetime | None:
    """Record that the person looks now. Return since when things are new to them, or None at their first visit.

    What came while they were away stays new until they go away again.
    """
    visit, _ = HomeVisit.objects.get_or_create(user=user, defaults={"seen_at": now})
    if now - visit.seen_at < NOTED_EVERY:
        return visit.before
    before = visit.seen_at if now - visit.seen_at > AWAY else visit.before
    HomeVisit.objects.filter(pk=visit.pk, seen_at=visit.seen_at).update(seen_at=now, before=before)
    return before
