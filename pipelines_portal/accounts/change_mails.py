"""Mails about a change of the sign-in, so that people notice a change that somebody else made."""

from enum import StrEnum

from django.urls import reverse
from django.utils import timezone
from django_tasks import task

from pipelines_portal.accounts.models import User
from pipelines_portal.web.mail import BEHIND_UPLOADS, absolute_url, mail_is_on, send_mail


class AccountChange(StrEnum):
    """The changes, by the subject of their mail."""

    PASSWORD_SET = "Your Pipelines Portal password was changed"  # noqa: S105
    APP_ADDED = "An authenticator app was added to your Pipelines Portal account"
    APP_REMOVED = "The authenticator app was removed from your Pipelines Portal account"
    PASSKEY_ADDED = "A passkey was added to your Pipelines Portal account"
    PASSKEY_REMOVED = "A passkey was removed from your Pipelines Portal account"
    TWO_STEP_REMOVED = "An administrator reset your two-step verification on Pipelines Portal"


def notify_of_change(change: AccountChange, user: User) -> None:
    """Mail the person about the change, if mail is set up. Call it in the transaction of the change."""
    if mail_is_on():
        mail_change.enqueue(user.pk, change.value, f"{timezone.now():%-d %B %Y, %H:%M} UTC")


@task(priority=BEHIND_UPLOADS)
def mail_change(user_id: int, sentence: str, at: str) -> None:
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if user is not None:
        context = {"sentence": sentence, "at": at, "account": absolute_url(reverse("accounts:account"))}
        send_mail(user.email, "accounts/mail/changed.txt", context)
