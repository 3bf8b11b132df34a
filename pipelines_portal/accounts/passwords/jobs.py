"""What the worker does for accounts."""

from django.contrib.auth.forms import PasswordResetForm
from django_tasks import task

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.passwords.reset import reset_path
from pipelines_portal.accounts.sign_in.signing_in import may_enter_without_issuer
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.web.mail import BEHIND_UPLOADS, absolute_url, send_mail


@task(priority=BEHIND_UPLOADS)
def mail_reset_link(email: str) -> None:
    """To whoever signs in with `email` and a password here. The link is made here: no queue holds it."""
    for user in PasswordResetForm().get_users(email):
        if isinstance(user, User) and may_enter_without_issuer(user.role):
            send_mail(user.email, "accounts/mail/password_reset.txt", {"link": absolute_url(reset_path(user))})


@task(priority=BEHIND_UPLOADS)
def mail_reset_link_by(maker_id: int, user_id: int) -> None:
    """To somebody for whom an administrator made a link: another one of their making, which no queue holds either."""
    maker = User.objects.filter(pk=maker_id, role=Role.ADMINISTRATOR, is_active=True).first()
    user = User.objects.filter(pk=user_id, is_active=True).first()
    if maker is None or user is None or not may_enter_without_issuer(user.role):
        return
    link = absolute_url(reset_path(user, by=maker))
    if not send_mail(user.email, "accounts/mail/password_reset.txt", {"link": link}):
        record(Verb.RESET_LINK_NOT_MAILED, by=maker, target=user)
