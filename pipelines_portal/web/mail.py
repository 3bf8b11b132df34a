"""Mails to people. They contain no keys and no values of tasks, and nothing depends on their arrival."""

import logging
from email.utils import make_msgid
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.dispatch import Signal
from django.template.loader import render_to_string

from pipelines_portal.core.connections import failure_reason

# The priority of jobs that send mail. A mail server may be slow, and the same worker polls uploads.
BEHIND_UPLOADS = -10
LONGEST_REASON = 200
# `reason` why the mail server did not accept a mail, or "" if it did. Outside of a transaction.
mail_tried = Signal()
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
        is_sent = bool(mail.send())
        mail_tried.send(None, reason="")
        return is_sent
    except (OSError, ValueError) as error:  # SMTPException is an OSError; an invalid address raises ValueError
        reason = describe_error(error)
        logger.warning("A mail was not taken by %s (%s): %s", mail_server(), reason, template)
        mail_tried.send(None, reason=reason)
        return False


def mail_server() -> str:
    """Return host and port of the mail server."""
    return f"{getattr(settings, 'EMAIL_HOST', '')}:{getattr(settings, 'EMAIL_PORT', '')}"


def describe_error(error: Exception) -> str:
    """Return the mail server's answer, or why it did not answer, in a few words without the password."""
    if isinstance(error, SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        reason = f"{code} {_decode(text)}"
    elif isinstance(error, SMTPResponseException):
        reason = f"{error.smtp_code} {_decode(error.smtp_error)}"
    elif isinstance(error, OSError) and not isinstance(error, SMTPException):
        reason = failure_reason(error)
    else:
        reason = str(error) or type(error).__name__
    password = getattr(settings, "EMAIL_HOST_PASSWORD", "")
    words = " ".join(str(reason).replace(password, "…").split() if password else str(reason).split())
    return words[:LONGEST_REASON].rstrip(".")


def _decode(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def message_headers() -> dict[str, str]:
    """Set the Message-ID: mail servers distrust ids of `localhost`, which is often the name of the machine."""
    host = urlsplit(settings.PORTAL_URL).hostname
    return {"Message-ID": make_msgid(domain=host)} if host else {}


def absolute_url(path: str, request: Any = None) -> str:
    """Return the URL of `path` under PORTAL_URL or under the host of `request`. With mail, PORTAL_URL is set."""
    if settings.PORTAL_URL:
        return f"{settings.PORTAL_URL}{path}"
    return str(request.build_absolute_uri(path)) if request else path
