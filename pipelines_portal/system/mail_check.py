"""A mail that an administrator sends to themselves, to see whether mail works."""

from smtplib import SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

from pipelines_portal.core.deadlines import within
from pipelines_portal.core.mail import message_headers
from pipelines_portal.system import texts

SECONDS = 10
LONGEST_REASON = 200


def send_test_mail(to: str) -> str:
    """Send the mail. Return an empty text if the server accepted it, or else its answer in a few words."""
    mail = EmailMessage(texts.TEST_SUBJECT, texts.TEST_BODY + "\n", to=[to], headers=message_headers())
    try:
        mail.connection = get_connection(timeout=SECONDS)
        within(SECONDS, mail.send)
    except TimeoutError:
        return texts.NO_ANSWER_IN_TIME
    except (OSError, ValueError) as error:  # SMTPException is an OSError; an invalid address raises ValueError
        return _without_secrets(_reason(error))
    return ""


def _reason(error: Exception) -> str:
    if isinstance(error, SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
        return f"{code} {_decode(text)}"
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {_decode(error.smtp_error)}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _decode(text: str | bytes) -> str:
    return text.decode("utf-8", "replace") if isinstance(text, bytes) else text


def _without_secrets(reason: str) -> str:
    password = getattr(settings, "EMAIL_HOST_PASSWORD", "")
    text = " ".join(reason.replace(password, "…").split() if password else reason.split())
    return text[:LONGEST_REASON].rstrip(".")
