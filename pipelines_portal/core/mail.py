"""Mails to people. They contain no keys and no values of tasks, and nothing depends on their arrival."""

import logging
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

# The priority of jobs that send mail. A mail server may be slow, and the same worker polls uploads.
BEHIND_UPLOADS = -10
logger = logging.getLogger(__name__)


def mail_is_on() -> bool:
    """Return True if EMAIL_URL is set."""
    return bool(settings.MAIL_IS_ON)


def send_mail(to: str, template: str, context: dict[str, Any]) -> bool:
    """Send `template`, whose first line is the subject. Return True if a server accepted it. Not in a transaction."""
    if not mail_is_on():
        return False
    subject, _, body = render_to_string(template, context).strip().partition("\n")
    try:
        mail = EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[to], headers=message_headers())
        return bool(mail.send())
    except (OSError, ValueError) as error:  # SMTPException is an OSError; an invalid address raises ValueError
        logger.warning("A mail was not taken: %s: %s", type(error).__name__, template)
        return False


def message_headers() -> dict[str, str]:
    """Set the Message-ID: mail servers distrust ids of `localhost`, which is often the name of the machine."""
    host = urlsplit(settings.PORTAL_URL).hostname
    return {"Message-ID": make_msgid(domain=host)} if host else {}


def absolute_url(path: str, request: Any = None) -> str:
    """Return the URL of `path` under PORTAL_URL or under the host of `request`. With mail, PORTAL_URL is set."""
    if settings.PORTAL_URL:
        return f"{settings.PORTAL_URL}{path}"
    return str(request.build_absolute_uri(path)) if request else path
