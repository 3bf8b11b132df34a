"""What the worker does for people: mails with links. The links are there to copy as well: nothing waits for a mail."""

import time

from django_tasks import task

from pipelines_portal.core.mail import BEHIND_UPLOADS, absolute_url, send_mail
from pipelines_portal.people.invitation_links import link_path
from pipelines_portal.people.invitations import open_invitations
from pipelines_portal.people.models import Invitation, Mail

# Of a mail server that answers late: those behind it get no mail, and the worker goes on with its other jobs.
MOST_SECONDS = 10.0


@task(priority=BEHIND_UPLOADS)
def mail_invitations(ids: list[int]) -> None:
    """Each its link, which is made here: no queue holds it. Whose mail was not taken is written beside them."""
    started = time.monotonic()
    for invitation in open_invitations().select_related("invited_by").filter(pk__in=ids, mail=Mail.WAITING):
        went = time.monotonic() - started < MOST_SECONDS and _mail(invitation)
        # Renewed meanwhile, it waits for the mail with its new link.
        same = Invitation.objects.filter(pk=invitation.pk, nonce=invitation.nonce)
        same.update(mail=Mail.TAKEN if went else Mail.NOT_TAKEN)


def _mail(invitation: Invitation) -> bool:
    context = {"invitation": invitation, "link": absolute_url(link_path(invitation))}
    return send_mail(invitation.email, "people/invitation_mail.txt", context)
