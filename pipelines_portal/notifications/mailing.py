"""Mails that gather what a person was not told yet by mail: none for each piece of news, none with what was sent."""

from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.clocks import zone_named
from pipelines_portal.core.mail import absolute_url, mail_is_on, send_mail
from pipelines_portal.notifications.choices import choices_of
from pipelines_portal.notifications.models import Choices, Mail, Notification
from pipelines_portal.notifications.settled import is_still_so

GATHERED_FOR = timedelta(minutes=15)
MORNING = 7
MOST_LINES = 20


def mail_news() -> int:
    """To everybody whose time has come. How many mails went."""
    if not mail_is_on():
        return 0
    waiting = Notification.objects.filter(is_to_mail=True, read_at=None).values("person")
    people = User.objects.filter(pk__in=waiting, is_active=True)
    return sum(_mail(person, timezone.now()) for person in list(people))


def _mail(person: User, now: datetime) -> bool:
    """Whoever moves `last_mail_at` sends it. When no server takes it, the next minute tries again."""
    choices = choices_of(person)
    if not _is_time(person, choices, now):
        return False
    news = _what_is_still_so(person)
    if not news:
        return False
    kept = choices if choices.pk else _kept(choices)
    mine = Choices.objects.filter(pk=kept.pk, last_mail_at=kept.last_mail_at)
    if not mine.update(last_mail_at=now):
        return False
    if not send_mail(person.email, "notifications/mail.txt", _context(news)):
        Choices.objects.filter(pk=kept.pk, last_mail_at=now).update(last_mail_at=kept.last_mail_at)
        return False
    _news(person).filter(at__lte=now).update(is_to_mail=False)
    return True


def _kept(choices: Choices) -> Choices:
    """What everybody begins with, kept, so that one worker of two can claim it."""
    defaults = {"listed": choices.listed, "mailed": choices.mailed, "mail": choices.mail}
    return Choices.objects.get_or_create(person=choices.person, defaults=defaults)[0]


def _news(person: User) -> QuerySet[Notification]:
    return Notification.objects.filter(person=person, is_to_mail=True, read_at=None)


def _what_is_still_so(person: User) -> list[Notification]:
    """Return the news that still needs attention, at most one more than fits in a mail; settled news is not mailed."""
    found: list[Notification] = []
    for news in _news(person):
        if is_still_so(news):
            found.append(news)
        else:
            Notification.objects.filter(pk=news.pk, at=news.at).update(is_to_mail=False)
        if len(found) > MOST_LINES:
            break
    return found


def _is_time(person: User, choices: Choices, now: datetime) -> bool:
    last = choices.last_mail_at
    if choices.mail == Mail.OFF:
        return False
    if choices.mail == Mail.GATHERED:
        return last is None or now - last >= GATHERED_FOR
    there = now.astimezone(zone_named(person.time_zone) or timezone.get_default_timezone())
    morning = there.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return there >= morning and (last is None or last < morning)


def _context(news: list[Notification]) -> dict[str, object]:
    lines = [(one.title, one.sentence, absolute_url(one.address)) for one in news[:MOST_LINES]]
    return {
        "lines": lines,
        "first": lines[0][0] if lines else "",
        "others": len(lines) - 1,
        "is_cut": len(news) > MOST_LINES,
        "all": absolute_url(reverse("notifications:list")),
        "choices": absolute_url(reverse("notifications:choices")),
    }
