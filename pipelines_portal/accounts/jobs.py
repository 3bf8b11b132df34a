"""What the worker does for accounts."""

from django.contrib.auth.forms import PasswordResetForm
from django_tasks import task

from pipelines_portal.web.mail import send_mail

from .models import User
from .reset import reset_path
from .signing_in import may_use_password


@task()
def mail_reset_link(email: str, portal: str) -> None:
    """To whoever signs in with `email` and a password here. The link is made here: no queue holds it."""
    for user in PasswordResetForm().get_users(email):
        if isinstance(user, User) and may_use_password(user.role):
            send_mail(user.email, "accounts/mail/password_reset.txt", {"link": portal + reset_path(user)})
