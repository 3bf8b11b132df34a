"""New passwords without the old one: by links, which work once and for PASSWORD_RESET_TIMEOUT, or by a command."""

from typing import Any

from django.contrib.auth.forms import PasswordResetForm
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode
from django_tasks import task

from pipelines_portal.accounts.change_mails import Change, notify_of
from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.sessions import open_sessions
from pipelines_portal.accounts.signing_in import may_enter_without_issuer
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.mail import BEHIND_UPLOADS, absolute_url, send_mail


class LinkTokens(PasswordResetTokenGenerator):
    """Django's, bound as well to the role the person has, and to the administrator who made the link, if one did."""

    def __init__(self, maker: str = "") -> None:
        super().__init__()
        self.maker = maker

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        return f"{user.role} {self.maker} {super()._make_hash_value(user, timestamp)}"


def reset_link(user: User, request: HttpRequest | None, *, by: User | None = None) -> str:
    """For whoever may hand it to `user`: it lets its bearer set the password, and nothing more."""
    return absolute_url(reset_path(user, by=by), request)


def reset_path(user: User, *, by: User | None = None) -> str:
    """Made `by` an administrator, it works as long as they are one."""
    maker = str(by.pk) if by else ""
    token = f"{maker}.{LinkTokens(maker).make_token(user)}"
    return reverse(
        "accounts:password_reset", kwargs={"uid": urlsafe_base64_encode(force_bytes(user.pk)), "token": token}
    )


def person_of_link(uid: str, token: str) -> User | None:
    """Whose link it is, while it works."""
    try:
        user = User.objects.filter(pk=int(urlsafe_base64_decode(uid)), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    works = user is not None and may_enter_without_issuer(user.role) and _fits(user, token)
    return user if works else None


def _fits(user: User, token: str) -> bool:
    """Nobody sets a password on the word of somebody who left, or looks after people no more."""
    maker, _, rest = token.partition(".")
    if not LinkTokens(maker).check_token(user, rest):
        return False
    return not maker or User.objects.filter(pk=int(maker), role=Role.ADMINISTRATOR, is_active=True).exists()


def set_password(uid: str, token: str, password: str) -> User | None:
    """Set it, unless the link was used meanwhile; every session ends, and second steps stay."""
    with transaction.atomic():
        user = person_of_link(uid, token)
        # Of two at once, the second finds the password that the first one found gone.
        if user is None or not _swap_password(user, password):
            return None
        open_sessions.end_all(user)
        record(Verb.PASSWORD_RESET, by=user, target=user)
        notify_of(Change.PASSWORD_SET, user)
    return user


def give_password(user: User, password: str) -> None:
    """By a command, whatever it was before; every session ends, and second steps stay."""
    user.set_password(password)
    with transaction.atomic():
        User.objects.filter(pk=user.pk).update(password=user.password)
        open_sessions.end_all(user)
        record(Verb.PASSWORD_SET, by=None, target=user)
        notify_of(Change.PASSWORD_SET, user)


def _swap_password(user: User, password: str) -> bool:
    before = user.password
    user.set_password(password)
    return bool(User.objects.filter(pk=user.pk, password=before).update(password=user.password))


@task(priority=BEHIND_UPLOADS)
def mail_reset_link(email: str) -> None:
    """Mail a link to whoever signs in with `email` and a password. It is made here, so that no queue stores it."""
    for user in PasswordResetForm().get_users(email):
        if isinstance(user, User) and may_enter_without_issuer(user.role):
            send_mail(user.email, "accounts/mail/password_reset.txt", {"link": absolute_url(reset_path(user))})


@task(priority=BEHIND_UPLOADS)
def mail_reset_link_by(maker_id: int, user_id: int) -> None:
    """Mail a link of an administrator's making to `user_id`: another one than the page showed."""
    maker = User.objects.filter(pk=maker_id, role=Role.ADMINISTRATOR, is_active=True).first()
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if maker is None or user is None or not may_enter_without_issuer(user.role):
        return
    link = absolute_url(reset_path(user, by=maker))
    if not send_mail(user.email, "accounts/mail/password_reset.txt", {"link": link}):
        record(Verb.RESET_LINK_NOT_MAILED, by=maker, target=user)
