"""Invitations into the portal, with a role and teams."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models, transaction
from django.db.models import Min, Q
from django.utils import timezone

from pipelines_portal.accounts.models import Role, Team, User
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.people.permissions import may_grant

# For how long an invitation can be accepted.
VALID_DAYS = 7
# The inviter is reminded of an invitation that is not accepted after this time.
OVERDUE_AFTER = timedelta(days=3)
# An expired invitation can be renewed, and an accepted one can be looked up, for this long. The events stay longer.
STORED_FOR = timedelta(days=30)


class InvitationRefused(Exception):
    """The reason why an invitation cannot be accepted, in a sentence for the person who opened its link."""

    def __init__(self, sentence: str, title: str = "") -> None:
        super().__init__(sentence)
        self.title = title


class Mail(models.TextChoices):
    """The status of the mail with the link."""

    NONE = "", "None"
    WAITING = "waiting", "Waiting"
    TAKEN = "taken", "Taken"
    NOT_TAKEN = "not-taken", "Not taken"


class Invitations(models.QuerySet["Invitation"]):
    def pending(self) -> "Invitations":
        """Return invitations that were neither accepted nor withdrawn. They may have expired."""
        return self.filter(taken_at=None, withdrawn_at=None)

    def overdue_for(self, inviter: User, now: datetime) -> "Invitations":
        """Return their invitations that expired, or were not accepted within OVERDUE_AFTER.

        For people who are no administrators, only those into teams that they lead. Each has the id of its `first_team`.
        """
        overdue = self.pending().filter(Q(ends_at__lte=now) | Q(made_at__lte=now - OVERDUE_AFTER), invited_by=inviter)
        if not inviter.is_administrator:
            overdue = overdue.filter(teams__memberships__user=inviter, teams__memberships__is_lead=True)
        return overdue.annotate(first_team=Min("teams"))

    @transaction.atomic
    def invite(self, emails: Iterable[str], role: Role, teams: Iterable[Team], *, by: User) -> list["Invitation"]:
        """Invite all or nobody. Raises IntegrityError if somebody was invited already."""
        teams = list(teams)
        return [self._invite(email, role, teams, by) for email in emails]

    def _invite(self, email: str, role: Role, teams: list[Team], by: User) -> "Invitation":
        invitation = self.create(email=email, role=role, invited_by=by, nonce=_nonce(), ends_at=_expiry())
        invitation.teams.set(teams)
        record(Verb.INVITED, by=by, target=invitation, role=role.value, teams=[team.name for team in teams])
        return invitation

    def waiting_for(self, email: str) -> "Invitation | None":
        """Return the invitation that the person with this verified email may accept."""
        found = self.pending().filter(email=email.lower(), ends_at__gt=timezone.now()).first()
        return found if found and found.inviter_may_grant() else None


class Invitation(models.Model):
    """An invitation for one account. Its link holds `nonce`, which a renewal replaces.

    Each act records its event in the same transaction.
    """

    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role)
    teams = models.ManyToManyField(Team, related_name="invitations")
    # The person who invited or renewed last. The invitation is valid as long as they may grant its role and teams.
    invited_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=43)
    made_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    mail = models.CharField(max_length=10, choices=Mail, default=Mail.NONE, blank=True)
    # Set by lists: the reader may renew and withdraw it.
    may_be_changed = False

    objects = Invitations.as_manager()

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(taken_at=None, withdrawn_at=None),
                name="unique_pending_invitation",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def has_expired(self) -> bool:
        return self.ends_at <= timezone.now()

    @transaction.atomic
    def renew(self, *, by: User) -> bool:
        """Replace the link by a new one for VALID_DAYS. Return False if the invitation was changed since."""
        unchanged = Invitation.objects.pending().filter(pk=self.pk, nonce=self.nonce)
        values = {"nonce": _nonce(), "invited_by": by, "made_at": timezone.now(), "ends_at": _expiry()}
        if not unchanged.update(**values, mail=Mail.NONE):
            return False
        record(Verb.INVITATION_RENEWED, by=by, target=self)
        self.refresh_from_db()
        return True

    @transaction.atomic
    def withdraw(self, *, by: User) -> bool:
        if not Invitation.objects.pending().filter(pk=self.pk).update(withdrawn_at=timezone.now()):
            return False
        record(Verb.INVITATION_WITHDRAWN, by=by, target=self)
        return True

    @transaction.atomic
    def create_account(self, name: str, password: str) -> User:
        """Accept the invitation with a new account. Raises IntegrityError if there is one, or InvitationRefused."""
        person = User.objects.create_user(self.email, password, name=name)
        self.accept(person)
        return person

    @transaction.atomic
    def accept(self, person: User) -> None:
        """Give the new `person`, whose email is verified, the role and teams. Raises InvitationRefused."""
        valid = Invitation.objects.pending().filter(pk=self.pk, nonce=self.nonce, ends_at__gt=timezone.now())
        if not valid.update(taken_at=timezone.now()):
            raise Invitation.objects.get(pk=self.pk).rejection(self.nonce) or self._expired()
        if not self.inviter_may_grant():
            raise self._inviter_not_allowed()
        User.objects.filter(pk=person.pk).update(role=self.role)
        person.role = self.role
        teams = list(self.teams.all())
        for team in teams:
            team.add_member(person, by=person)
        names, inviter = [team.name for team in teams], self.invited_by
        record(Verb.INVITATION_ACCEPTED, by=person, target=self, role=self.role, teams=names, inviter=str(inviter))

    def rejection(self, nonce: str) -> InvitationRefused | None:
        """Return why the link with `nonce` cannot be accepted, or None if it can."""
        inviter = self.invited_by.name_and_email
        if self.taken_at:
            return InvitationRefused("You’ve already accepted this invitation.", "Invitation already accepted")
        if self.withdrawn_at:
            return InvitationRefused(f"This invitation was revoked. Ask {inviter} for a new one.", "Invitation revoked")
        if self.nonce != nonce:
            return InvitationRefused(
                f"There’s a newer link. Use that one, or ask {inviter} for a new one.", "This link was replaced"
            )
        if self.has_expired:
            return self._expired()
        return None if self.inviter_may_grant() else self._inviter_not_allowed()

    def inviter_may_grant(self) -> bool:
        """Return False if the inviter left, or may no longer grant the role and teams."""
        team_ids = list(self.teams.values_list("pk", flat=True))
        return may_grant(User.objects.get(pk=self.invited_by_id), self.role, team_ids)

    def _expired(self) -> InvitationRefused:
        sentence = f"Invitations expire after {VALID_DAYS} days. Ask {self.invited_by.name_and_email} for a new one."
        return InvitationRefused(sentence, "This link has expired")

    def _inviter_not_allowed(self) -> InvitationRefused:
        return InvitationRefused(
            f"{self.invited_by.name_and_email} can no longer invite you. Ask an administrator for a new invitation.",
            "This invitation is no longer valid",
        )


class FirstAdministrator(models.Model):
    """The fact that the setup link was used. There is one row at most: only one transaction can insert it."""

    ONLY = 1
    used_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="only_one_first_administrator")]


def _nonce() -> str:
    return secrets.token_urlsafe(32)


def _expiry() -> datetime:
    return timezone.now() + timedelta(days=VALID_DAYS)


def delete_old_invitations() -> int:
    """Delete the invitations that expired long ago, and return their number. For the worker."""
    return delete_in_batches(Invitation.objects.filter(ends_at__lt=timezone.now() - STORED_FOR))
