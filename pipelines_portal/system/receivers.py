"""Receivers of signals of other apps."""

import logging

from django.db import DatabaseError, InterfaceError
from django.dispatch import receiver
from django.utils import timezone

from pipelines_portal.core.database_errors import log_and_continue
from pipelines_portal.system.models import MailResult
from pipelines_portal.web.mail import mail_tried

logger = logging.getLogger(__name__)


@receiver(mail_tried)
def store_mail_result(sender: object, reason: str, **more: object) -> None:
    """Store what the mail server did with the last mail, for the System page and the alert."""
    try:
        MailResult.objects.update_or_create(pk=1, defaults={"at": timezone.now(), "reason": reason})
    except (DatabaseError, InterfaceError) as error:
        log_and_continue(logger, "The record of a mail", error)
