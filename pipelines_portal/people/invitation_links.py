"""The link of an invitation: signed, bound to the one row and to the row's nonce."""

from django.core import signing
from django.urls import reverse

from .invitations import InvitationRefused, reason_against
from .models import Invitation

SALT = "pipelines_portal.people.invitation"
NOT_WHOLE = "This link is not one of ours, or it was not copied whole. Copy it again from where it came."


def link_path(invitation: Invitation) -> str:
    return reverse("people:invitation_accept", args=[_token(invitation)])


def _token(invitation: Invitation) -> str:
    return signing.dumps([invitation.pk, invitation.nonce], salt=SALT, compress=True)


def read_link(token: str) -> Invitation:
    """The invitation that the link opens. Raises InvitationRefused."""
    try:
        pk, nonce = signing.loads(token, salt=SALT)
        invitation = Invitation.objects.select_related("invited_by").get(pk=pk)
    except (signing.BadSignature, Invitation.DoesNotExist):
        raise InvitationRefused(NOT_WHOLE) from None
    reason = reason_against(invitation, nonce)
    if reason:
        raise InvitationRefused(reason)
    return invitation
