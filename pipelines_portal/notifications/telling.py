"""Telling people: each subject once, however often it is noticed, and by whichever worker."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.notifications.choices import choices_of
from pipelines_portal.notifications.models import Mail, Notification


@dataclass(frozen=True)
class News:
    """`subject` names what happened; the same is told once. None of it holds what was sent."""

    kind: str
    subject: str
    title: str
    address: str
    sentence: str = ""
    tone: str = "info"


def tell(person: User, news: News) -> bool:
    """False where they were told already, or want to hear nothing of the kind."""
    wanted = _wanted(person, news.kind)
    if not any(wanted.values()):
        return False
    values = _values(news) | wanted
    return Notification.objects.get_or_create(person=person, subject=news.subject, defaults=values)[1]


def count_on(person: User, news: News, more: int, title: str) -> None:
    """As `tell`, of a subject that goes on: `more` are added to those not read yet. `title` takes how many.

    Call in a transaction.
    """
    wanted = _wanted(person, news.kind)
    if not any(wanted.values()):
        return
    held = Notification.objects.select_for_update().filter(person=person, subject=news.subject).first()
    count = more + (held.count if held and held.read_at is None else 0)
    values = _values(news) | wanted | {"count": count, "title": title.format(_tasks(count)), "read_at": None}
    values["at"] = timezone.now()
    Notification.objects.update_or_create(person=person, subject=news.subject, defaults=values)


def read_all(person: User) -> int:
    """What is listed: who wants the rest by mail has not seen it yet."""
    return Notification.objects.filter(person=person, read_at=None, is_listed=True).update(
        read_at=timezone.now(), is_to_mail=False
    )


def read(person: User, number: int) -> Notification | None:
    """It, read now; None where they have none such."""
    with transaction.atomic():
        held = Notification.objects.select_for_update().filter(person=person, pk=number).first()
        if held is not None and held.read_at is None:
            held.read_at, held.is_to_mail = timezone.now(), False
            held.save(update_fields=["read_at", "is_to_mail"])
    return held


def _wanted(person: User, kind: str) -> dict[str, bool]:
    choices = choices_of(person)
    is_to_mail = kind in choices.mailed and choices.mail != Mail.OFF
    return {"is_listed": kind in choices.listed, "is_to_mail": is_to_mail}


def _values(news: News) -> dict[str, object]:
    return {
        "kind": news.kind,
        "title": news.title[:400],
        "sentence": news.sentence[:400],
        "address": news.address,
        "tone": news.tone,
    }


def _tasks(count: int) -> str:
    return "1 task" if count == 1 else f"{count:,} tasks"
