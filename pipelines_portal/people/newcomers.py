"""Whoever was invited may also come in through the issuer: with the role and the teams of the invitation."""

from typing import Any

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.signals import TurnedAway
from pipelines_portal.people.invitations import InvitationRefused, accept, waiting_for


def is_invited(email: str, **more: Any) -> bool:
    """Receives `newcomer_at_the_door`."""
    return waiting_for(email) is not None


def take_invitation(user: User, is_new: bool, **more: Any) -> None:
    """Receives `came_from_issuer`. Known people have what they have."""
    invitation = waiting_for(user.email) if is_new else None
    if invitation is None:
        return
    try:
        accept(invitation, user)
    except InvitationRefused as refusal:
        raise TurnedAway(str(refusal)) from None
