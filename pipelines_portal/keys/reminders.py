"""Mails that remind the owners of keys that expire soon. The worker sends them, each once, even if two workers run."""

from django.db.models import Q
from django.urls import reverse

from pipelines_portal.core.times import local
from pipelines_portal.keys import texts
from pipelines_portal.keys.expiry import due_reminder, first_reminder_limit
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.web.mail import absolute_url, mail_is_on, send_mail


def mail_expiry_reminders() -> int:
    """Mail the reminders that are due, and return their number."""
    if not mail_is_on():
        return 0
    expiring = SavedKey.objects.filter(expires_at__lt=first_reminder_limit(), owner__is_active=True)
    return sum(_mail_reminder(key) for key in expiring.select_related("owner"))


def _mail_reminder(key: SavedKey) -> bool:
    days = key.days_left()
    reminder = due_reminder(days)
    if days is None or days < 0 or reminder is None or key.expires_at is None:
        return False
    # The worker whose update lowers `warned_days` sends the mail.
    not_sent = Q(warned_days=None) | Q(warned_days__gt=reminder)
    unchanged = SavedKey.objects.filter(not_sent, pk=key.pk, expires_at=key.expires_at, owner=key.owner)
    if not unchanged.update(warned_days=reminder):
        return False
    day = texts.day_of(local(key.expires_at).date())
    address = absolute_url(reverse("keys:detail", args=[key.pk]))
    context = {"key": key, "subject": texts.expires_subject(key.name, days), "day": day, "address": address}
    if send_mail(key.owner.email, "keys/mail_ends.txt", context):
        return True
    # No mail server accepted it: try again a minute later.
    claimed = SavedKey.objects.filter(pk=key.pk, expires_at=key.expires_at, warned_days=reminder)
    claimed.update(warned_days=key.warned_days)
    return False
