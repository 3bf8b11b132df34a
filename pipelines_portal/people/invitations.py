"""Invitations: made, renewed, withdrawn, accepted. Each in one place, with its event in the same transaction."""

import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from pipelines_portal.accounts.models import Role, Team, User
from pipelines_portal.accounts.teams.transitions import add_member
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.tidying import remove_in_batches
from pipelines_portal.people.giving import may_give
from pipelines_portal.people.models import Invitation, Mail

GOOD_FOR = timedelta(days=7)
# One that is over can be renewed, and one that was accepted is looked up: for so long. The events say the same.
KEPT_FOR = timedelta(days=30)


class InvitationRefused(Exception):
    """Why an invitation opens nothing, in a sentence for whoever holds its link."""


def open_invitations() -> QuerySet[Invitation]:
    """Neither accepted nor withdrawn; their time may have run out."""
    return Invitation.objects.filter(taken_at=None, withdrawn_at=None)


@transaction.atomic
def invite(emails: Iterable[str], role: Role, teams: Iterable[Team], *, by: User) -> list[Invitation]:
    """All of them, or none: raises IntegrityError where somebody was invited meanwhile."""
    teams = list(teams)
    return [_invite(email, role, teams, by) for email in emails]


def _invite(email: str, role: Role, teams: list[Team], by: User) -> Invitation:
    invitation = Invitation.objects.create(
        email=email, role=role, invited_by=by, nonce=_nonce(), ends_at=timezone.now() + GOOD_FOR
    )
    invitation.teams.set(teams)
    record(Verb.INVITED, by=by, target=invitation, role=role.value, teams=_names(teams))
    return invitation


@transaction.atomic
def renew(invitation: Invitation, *, by: User) -> bool:
    """Another link, good for another seven days: the one before opens nothing any more."""
    now = timezone.now()
    values = {"nonce": _nonce(), "invited_by": by, "made_at": now, "ends_at": now + GOOD_FOR, "mail": Mail.NONE}
    if not open_invitations().filter(pk=invitation.pk, nonce=invitation.nonce).update(**values):
        return False
    record(Verb.INVITATION_RENEWED, by=by, target=invitation)
    invitation.refresh_from_db()
    return True


@transaction.atomic
def withdraw(invitation: Invitation, *, by: User) -> bool:
    if not open_invitations().filter(pk=invitation.pk).update(withdrawn_at=timezone.now()):
        return False
    record(Verb.INVITATION_WITHDRAWN, by=by, target=invitation)
    return True


@transaction.atomic
def join(invitation: Invitation, name: str, password: str) -> User:
    """A new account for whoever accepts. Raises IntegrityError where the address has one, InvitationRefused."""
    person = User.objects.create_user(invitation.email, password, name=name)
    accept(invitation, person)
    return person


@transaction.atomic
def accept(invitation: Invitation, person: User) -> None:
    """Gives `person`, new here, the role and the teams of the invitation: once. Raises InvitationRefused.

    Also for someone who came in another way than by the link and a password: their address is to be verified before.
    """
    taken = open_invitations().filter(pk=invitation.pk, nonce=invitation.nonce, ends_at__gt=timezone.now())
    if not taken.update(taken_at=timezone.now()):
        raise InvitationRefused(reason_against(Invitation.objects.get(pk=invitation.pk), invitation.nonce))
    if not _still_holds(invitation):
        raise InvitationRefused(_inviter_may_not(invitation))
    User.objects.filter(pk=person.pk).update(role=invitation.role)
    person.role = invitation.role
    teams = list(invitation.teams.all())
    record(Verb.INVITATION_ACCEPTED, by=person, target=invitation, role=invitation.role, teams=_names(teams))
    for team in teams:
        add_member(team, person, by=person)


def waiting_for(email: str) -> Invitation | None:
    """The invitation that someone with this verified address may `accept`."""
    found = open_invitations().filter(email=email.lower(), ends_at__gt=timezone.now()).first()
    return found if found and _still_holds(found) else None


def reason_against(invitation: Invitation, nonce: str) -> str:
    """Why the link with `nonce` opens nothing; "" when it does."""
    ask = f"Ask {invitation.invited_by.name_and_email} for a new one."
    if invitation.taken_at:
        return "This invitation was accepted already, and works once. Sign in with the password that was set then."
    if invitation.withdrawn_at:
        return f"This invitation was withdrawn. {ask}"
    if invitation.nonce != nonce:
        return "This link was replaced by a newer one. Look for it among your mails and messages. " + ask
    if invitation.is_over:
        return f"This invitation was good for seven days, and they are over. {ask}"
    return "" if _still_holds(invitation) else _inviter_may_not(invitation)


def _still_holds(invitation: Invitation) -> bool:
    """Nobody comes in on the word of someone who left, or who may not invite so any more."""
    teams = invitation.teams.values_list("pk", flat=True)
    return may_give(User.objects.get(pk=invitation.invited_by_id), invitation.role, list(teams))


def _inviter_may_not(invitation: Invitation) -> str:
    return (
        f"{invitation.invited_by.name_and_email} invited you, and may no longer do so. "
        "Ask an administrator of this portal for a new invitation."
    )


def _names(teams: list[Team]) -> list[str]:
    return [team.name for team in teams]


def _nonce() -> str:
    return secrets.token_urlsafe(32)


def forget_old_invitations() -> int:
    """However they ended. How many."""
    return remove_in_batches(Invitation.objects.filter(ends_at__lt=timezone.now() - KEPT_FOR))
