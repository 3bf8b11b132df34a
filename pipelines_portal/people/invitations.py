"""The ways in which invitations reach people: signed links, mails, and the sign-in through the identity provider."""

import time
from typing import Any

from django.core import signing
from django.urls import reverse
from django_tasks import task

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.signals import NewcomerRefused
from pipelines_portal.people import texts
from pipelines_portal.people.models import Invitation, InvitationRefused, Mail
from pipelines_portal.web.mail import BEHIND_UPLOADS, absolute_url, mail_is_on, send_mail

SALT = "pipelines_portal.people.invitation"
# With a slow mail server, mails that are not sent after this time are given up, so that other jobs can go on.
MAIL_SECONDS = 10.0


# --- links ------------------------------------------------------------------------------------------------------------


def link_path(invitation: Invitation) -> str:
    """Return the path of the invitation's link. It is the same each time; the row says until when it is valid."""
    token = _signer().sign_object([invitation.pk, invitation.nonce], compress=True)
    return reverse("people:invitation_accept", args=[token])


def read_link(token: str) -> Invitation:
    """Return the invitation of the link. Raises InvitationRefused."""
    try:
        pk, nonce = _signer().unsign_object(token)
        invitation = Invitation.objects.select_related("invited_by").get(pk=pk)
    except (signing.BadSignature, Invitation.DoesNotExist):
        raise InvitationRefused(
            "This link isn’t complete. Copy the whole link from your invitation.", texts.LINK_INVALID_TITLE
        ) from None
    if rejection := invitation.rejection(nonce):
        raise rejection
    return invitation


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT)


def person_to_ask(newcomer: User) -> str:
    """Return who can share a key with the newcomer: a lead of their team, their inviter or an administrator."""
    others = User.objects.filter(is_active=True).exclude(pk=newcomer.pk)
    person = others.filter(memberships__is_lead=True, memberships__team__members=newcomer).first()
    if person is None:
        invitation = (
            Invitation.objects.filter(email=newcomer.email, taken_at__isnull=False).order_by("-taken_at").first()
        )
        person = others.filter(pk=invitation.invited_by_id).first() if invitation else None
    person = person or others.filter(role=Role.ADMINISTRATOR, is_demo=False).first()
    return person.name_and_email if person else "your administrator"


# --- mails ------------------------------------------------------------------------------------------------------------


def queue_mails(invitations: list[Invitation]) -> None:
    """Let the worker mail the links, if mail is set up. Pages show the links as well."""
    ids = [invitation.pk for invitation in invitations]
    if mail_is_on():
        Invitation.objects.filter(pk__in=ids).update(mail=Mail.WAITING)
        mail_invitations.enqueue(ids)


@task(priority=BEHIND_UPLOADS)
def mail_invitations(ids: list[int]) -> None:
    """Mail each link and store whether a mail server accepted it. Links are made here, so that no queue stores them."""
    started = time.monotonic()
    for invitation in Invitation.objects.pending().select_related("invited_by").filter(pk__in=ids, mail=Mail.WAITING):
        is_sent = time.monotonic() - started < MAIL_SECONDS and _mail(invitation)
        # An invitation that was renewed since waits for the mail with its new link.
        unchanged = Invitation.objects.filter(pk=invitation.pk, nonce=invitation.nonce)
        unchanged.update(mail=Mail.TAKEN if is_sent else Mail.NOT_TAKEN)


def _mail(invitation: Invitation) -> bool:
    context = {"invitation": invitation, "link": absolute_url(link_path(invitation))}
    return send_mail(invitation.email, "people/invitation_mail.txt", context)


# --- sign-in through the identity provider ----------------------------------------------------------------------------


def is_invited(email: str, **more: Any) -> bool:
    """Receive `newcomer_arrived`: an invited person may sign in through the identity provider."""
    return Invitation.objects.waiting_for(email) is not None


def accept_invitation(user: User, is_new: bool, **more: Any) -> None:
    """Receive `signed_in_through_idp`: a new account gets the role and teams of its invitation."""
    invitation = Invitation.objects.waiting_for(user.email) if is_new else None
    if invitation is None:
        return
    try:
        invitation.accept(user)
    except InvitationRefused as rejection:
        raise NewcomerRefused(str(rejection)) from None
