"""A mail that an administrator sends to themselves, to see whether mail works."""

from django.core.mail import EmailMessage, get_connection

from pipelines_portal.system import texts
from pipelines_portal.system.deadlines import within
from pipelines_portal.web.mail import describe_error, mail_tried, message_headers

SECONDS = 10


def send_test_mail(to: str) -> str:
    """Send the mail. Return an empty text if the server accepted it, or else its answer in a few words."""
    mail = EmailMessage(
        "Test mail", "This is a test mail of Pipelines Portal. Mail works." + "\n", to=[to], headers=message_headers()
    )
    try:
        mail.connection = get_connection(timeout=SECONDS)
        within(SECONDS, mail.send)
    except TimeoutError:
        mail_tried.send(None, reason=texts.NO_ANSWER_IN_TIME)
        return texts.NO_ANSWER_IN_TIME
    except (OSError, ValueError) as error:  # SMTPException is an OSError; an invalid address raises ValueError
        reason = describe_error(error)
        mail_tried.send(None, reason=reason)
        return reason
    mail_tried.send(None, reason="")
    return ""
