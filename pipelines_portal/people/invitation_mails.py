"""Mails with the links of invitations. The links are there to copy as well: nothing waits for a mail."""

import time
from collections.abc import Iterable

from django.http import HttpRequest

from pipelines_portal.web.mail import absolute_url, mail_is_on, send_mail

from .invitation_links import link_path
from .models import Invitation

# Of a mail server that answers late: the page comes, and says who got no mail.
MOST_SECONDS = 10.0


def mail_links(invitations: Iterable[Invitation], request: HttpRequest) -> list[str]:
    """Mail each its link; whose mail was not taken. Call it outside the transaction."""
    started = time.monotonic()
    return [
        invitation.email
        for invitation in invitations
        if time.monotonic() - started > MOST_SECONDS or not _mail(invitation, request)
    ]


def words_about_mail(sent_to: list[str], missed: list[str]) -> str:
    """What to say beside the links."""
    if not mail_is_on():
        return "This portal sends no mail: pass the links on."
    if missed:
        return f"The mail server took no mail for {', '.join(missed)}: pass those links on."
    return f"The portal also sent the links to {', '.join(sent_to)}."


def _mail(invitation: Invitation, request: HttpRequest) -> bool:
    context = {"invitation": invitation, "link": absolute_url(link_path(invitation), request)}
    return send_mail(invitation.email, "people/invitation_mail.txt", context)
