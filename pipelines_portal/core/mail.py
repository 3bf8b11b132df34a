"""Mails to people. None holds a key, or a value of a task; and nothing depends on one arriving."""

import logging
from email.utils import make_msgid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

# The priority of jobs that send mail: a server may be slow to answer, and uploads are polled by the same worker.
BEHIND_UPLOADS = -10
logger = logging.getLogger(__name__)


def mail_is_on() -> bool:
    """Whether EMAIL_URL says how to send one."""
    return bool(settings.MAIL_IS_ON)


def send_mail(to: str, template: str, context: dict[str, Any]) -> bool:
    """The text of `template`, its first line the subject. Whether a server took it; call it outside a transaction."""
    if not mail_is_on():
        return False
    subject, _, body = render_to_string(template, context).strip().partition("\n")
    try:
        mail = EmailMessage(" ".join(subject.split()), body.strip() + "\n", to=[to], headers=_headers())
        return bool(mail.send())
    except (OSError, ValueError) as error:  # SMTPException is the one, an address that is none gives the other
        logger.warning("A mail was not taken: %s: %s", type(error).__name__, template)
        return False


def _headers() -> dict[str, str]:
    """Mail servers trust a mail less whose id is of `localhost`, as machines often call themselves."""
    host = urlsplit(settings.PORTAL_URL).hostname
    return {"Message-ID": make_msgid(domain=host)} if host else {}


def absolute_url(path: str, request: Any = None) -> str:
    """Return `path` under PORTAL_URL, which is set wherever mail is. On a page: else under the address of `request`."""
    if settings.PORTAL_URL:
        return f"{settings.PORTAL_URL}{path}"
    return str(request.build_absolute_uri(path)) if request else path
