"""New passwords without the old one: by a link, which works once and for PASSWORD_RESET_TIMEOUT, or by a command."""

from typing import Any

from django.conf import settings
from django.contrib.auth.forms import PasswordResetForm
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django_tasks import task

from pipelines_portal.accounts.change_mails import AccountChange, notify_of_change
from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.sessions import end_all_sessions
from pipelines_portal.accounts.sign_in import may_sign_in_without_idp
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.link_tokens import LinkTokens
from pipelines_portal.web.mail import BEHIND_UPLOADS, absolute_url, send_mail

# For how long a reset link works.
LINK_MINUTES = settings.PASSWORD_RESET_TIMEOUT // 60


class ResetTokens(LinkTokens):
    """Tokens that stop working if the person's role changes. The maker is an administrator, or ""."""

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.role} {self.maker} {super()._make_hash_value(user, timestamp)}"


def reset_link(user: User, request: HttpRequest | None, *, by: User | None = None) -> str:
    """Return a link with which its bearer can set the password of `user`, and do nothing else."""
    return absolute_url(reset_path(user, by=by), request)


def reset_path(user: User, *, by: User | None = None) -> str:
    """Return the path of a reset link. Made `by` an administrator, it works as long as they are one."""
    maker = str(by.pk) if by else ""
    uid, token = urlsafe_base64_encode(force_bytes(user.pk)), ResetTokens(maker).make_named_token(user)
    return reverse("accounts:password_reset", kwargs={"uid": uid, "token": token})


def user_of_link(uid: str, token: str) -> User | None:
    """Return the person whose password the link can set, or None if the link does not work."""
    try:
        user = User.objects.filter(pk=int(urlsafe_base64_decode(uid)), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    is_valid = user is not None and may_sign_in_without_idp(user.role) and _token_is_valid(user, token)
    return user if is_valid else None


def _token_is_valid(user: User, token: str) -> bool:
    """Return False also if the person who created the link has left or is no longer an administrator."""
    maker = ResetTokens.maker_of(user, token)
    if not maker:
        return maker == ""
    return User.objects.filter(pk=int(maker), role=Role.ADMINISTRATOR, is_active=True).exists()


def set_password(uid: str, token: str, password: str) -> User | None:
    """Set the password and end all sessions. Return None if the link was used since. Two-step verification stays."""
    with transaction.atomic():
        user = user_of_link(uid, token)
        # Of two requests at once, one finds that the other has changed the password.
        if user is None or not _swap_password(user, password):
            return None
        end_all_sessions(user)
        record(Verb.PASSWORD_RESET, by=user, target=user)
        notify_of_change(AccountChange.PASSWORD_SET, user)
    return user


def set_password_by_command(user: User, password: str) -> None:
    """Set the password, for a command, and end all sessions. Two-step verification stays."""
    user.set_password(password)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(password=user.password)
        end_all_sessions(user)
        record(Verb.PASSWORD_SET, by=None, target=user)
        notify_of_change(AccountChange.PASSWORD_SET, user)


def _swap_password(user: User, password: str) -> bool:
    before = user.password
    user.set_password(password)
    return bool(User.objects.filter(pk=user.pk, password=before).update(password=user.password))


@task(priority=BEHIND_UPLOADS)
def mail_reset_link(email: str) -> None:
    """Mail a reset link to the person with this email, if they use a password.

    The link is made in the job, so that the queue does not store it.
    """
    for user in PasswordResetForm().get_users(email):
        if isinstance(user, User) and may_sign_in_without_idp(user.role):
            _mail_link(user, absolute_url(reset_path(user)))


@task(priority=BEHIND_UPLOADS)
def mail_reset_link_by(maker_id: int, user_id: int) -> None:
    """Mail a reset link that an administrator made. It is another one than the page showed."""
    maker = User.objects.filter(pk=maker_id, role=Role.ADMINISTRATOR, is_active=True).first()
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if maker is None or user is None or not may_sign_in_without_idp(user.role):
        return
    link = absolute_url(reset_path(user, by=maker))
    if not _mail_link(user, link):
        record(Verb.RESET_LINK_NOT_MAILED, by=maker, target=user)


def _mail_link(user: User, link: str) -> bool:
    return send_mail(user.email, "accounts/mail/password_reset.txt", {"link": link, "minutes": LINK_MINUTES})
