"""The link of an invitation: signed, bound to the one row and to the row's nonce."""

from django.core import signing
from django.urls import reverse

from pipelines_portal.people.invitations import InvitationRefused, reason_against
from pipelines_portal.people.models import Invitation

SALT = "pipelines_portal.people.invitation"
NOT_WHOLE = "This link is not one of ours, or it was not copied whole. Copy it again from where it came."


def link_path(invitation: Invitation) -> str:
    return reverse("people:invitation_accept", args=[_token(invitation)])


def _token(invitation: Invitation) -> str:
    """The same one each time: until when it is good stands in the row."""
    return _signer().sign_object([invitation.pk, invitation.nonce], compress=True)


def _signer() -> signing.Signer:
    return signing.Signer(salt=SALT)


def read_link(token: str) -> Invitation:
    """The invitation that the link opens. Raises InvitationRefused."""
    try:
        pk, nonce = _signer().unsign_object(token)
        invitation = Invitation.objects.select_related("invited_by").get(pk=pk)
    except (signing.BadSignature, Invitation.DoesNotExist):
        raise InvitationRefused(NOT_WHOLE) from None
    reason = reason_against(invitation, nonce)
    if reason:
        raise InvitationRefused(reason)
    return invitation
