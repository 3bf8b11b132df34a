"""Invitations: who may come in, in which role and teams."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.accounts.models import Role, Team, User


class Mail(models.TextChoices):
    """What became of the mail with the link; none where the portal sends no mail."""

    NONE = "", "None"
    WAITING = "waiting", "Waiting"
    TAKEN = "taken", "Taken"
    NOT_TAKEN = "not-taken", "Not taken"


class Invitation(models.Model):
    """Good for one account. The link holds `nonce`: a renewed invitation has another one."""

    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role)
    teams = models.ManyToManyField(Team, related_name="invitations")
    # Whoever invited or renewed last: it holds as long as they could give it.
    invited_by = models.ForeignKey(User, models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=43)
    made_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    mail = models.CharField(max_length=10, choices=Mail, default=Mail.NONE, blank=True)
    # In a list for someone: whether they may renew and withdraw it.
    may_be_changed = False

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["email"],
                condition=Q(taken_at=None, withdrawn_at=None),
                name="an_address_is_invited_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_over(self) -> bool:
        """Whether its time has run out."""
        return self.ends_at <= timezone.now()
