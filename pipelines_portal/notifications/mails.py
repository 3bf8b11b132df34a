"""Mails that gather the notifications of a person. They hold nothing of what was sent."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.times import zone_named
from pipelines_portal.notifications.models import (
    GATHERING_MINUTES,
    MORNING_HOUR,
    MailFrequency,
    Notification,
    Preferences,
)
from pipelines_portal.notifications.relevance import is_relevant
from pipelines_portal.web.mail import absolute_url, mail_is_on, send_mail

MAX_LINES = 20


def mail_notifications() -> int:
    """Mail everybody for whom a mail is due, and return the number of mails."""
    if not mail_is_on():
        return 0
    waiting = Notification.objects.filter(is_to_mail=True, read_at=None).values("person")
    people = User.objects.filter(pk__in=waiting, is_active=True)
    return sum(_mail(person, timezone.now()) for person in list(people))


def _mail(person: User, now: datetime) -> bool:
    preferences = Preferences.objects.for_person(person)
    until = _mailed_until(person, preferences, now)
    if until is None:
        return False
    # The person may have read everything since they were found.
    notifications = _relevant_notifications(person, until)
    if not notifications:
        return False
    if not preferences.pk:  # defaults are stored, so that only one of two workers can update the row
        defaults = {"listed": preferences.listed, "mailed": preferences.mailed, "mail": preferences.mail}
        preferences, _ = Preferences.objects.get_or_create(person=person, defaults=defaults)
    # The worker whose update moves `last_mail_at` sends the mail.
    last, stored = preferences.last_mail_at, Preferences.objects.filter(pk=preferences.pk)
    if not stored.filter(last_mail_at=last).update(last_mail_at=now):
        return False
    lines = [(one.title, one.sentence, absolute_url(one.address)) for one in notifications[:MAX_LINES]]
    subject, others = lines[0][0], len(notifications) - 1
    if others:
        several = f"{subject}, and {others} more notifications"
        subject = f"{subject}, and 1 more notification" if others == 1 else several
    context = {
        "lines": lines,
        "subject": subject,
        "is_cut": len(notifications) > MAX_LINES,
        "all": absolute_url(reverse("notifications:list")),
        "preferences": absolute_url(reverse("notifications:preferences")),
    }
    if not send_mail(person.email, "notifications/mail.txt", context):
        # No mail server accepted it: try again a minute later.
        stored.filter(last_mail_at=now).update(last_mail_at=last)
        return False
    _notifications_to_mail(person, until).update(is_to_mail=False)
    return True


def _notifications_to_mail(person: User, until: datetime) -> QuerySet[Notification]:
    return Notification.objects.filter(person=person, is_to_mail=True, read_at=None, at__lte=until)


def _relevant_notifications(person: User, until: datetime) -> list[Notification]:
    """Return the notifications to mail: those listed and those only counted, without settled ones."""
    found: list[Notification] = []
    for notification in _notifications_to_mail(person, until):
        if is_relevant(notification):
            found.append(notification)
        else:
            Notification.objects.filter(pk=notification.pk, at=notification.at).update(is_to_mail=False)
    return found


def _mailed_until(person: User, preferences: Preferences, now: datetime) -> datetime | None:
    """Return the time until which notifications are mailed now, or None if no mail is due.

    A daily mail has what came before its hour, so that what comes later waits for the next morning.
    """
    last = preferences.last_mail_at
    if preferences.mail == MailFrequency.OFF:
        return None
    if preferences.mail == MailFrequency.GATHERED:
        return now if last is None or now - last >= timedelta(minutes=GATHERING_MINUTES) else None
    local_now = now.astimezone(zone_named(person.time_zone) or timezone.get_default_timezone())
    morning = local_now.replace(hour=MORNING_HOUR, minute=0, second=0, microsecond=0)
    return morning if local_now >= morning and (last is None or last < morning) else None
