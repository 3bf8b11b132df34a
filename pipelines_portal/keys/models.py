"""Organization keys that people save, with whom they share them, and what the API last answered with them.

A key is stored encrypted and never shown again. Each act of a key is a compare-and-set update that records its event in
the same transaction. An act returns False, and changes nothing, if the key was changed, transferred or removed since it
was read.
"""

import hashlib
import math
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.api_client import PipelinesClient, PipelinesError
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.encryption import Undecryptable, decrypt, encrypt
from pipelines_portal.core.times import local
from pipelines_portal.keys.checking import KeyVerdict, ask
from pipelines_portal.keys.expiry import Expiry, expiry_date
from pipelines_portal.keys.signals import key_became_usable, key_removed, key_transferred

# No pause is longer: twice what the API client accepts, since clocks of servers differ. The end of a longer one was
# computed before the clock was set back.
LONGEST_PAUSE = timedelta(minutes=20)
# A new key is in none of these states, and no reminder was sent for it.
NEW_KEY_STATE: dict[str, Any] = {
    "checked_at": None, "rejected_at": None, "recheck_at": None, "creator_gone_at": None, "paused_until": None,
    "warned_days": None,
}  # fmt: skip


def fingerprint(key: str) -> str:
    """Return the SHA-256 of the key, by which equal keys are recognized without decrypting them."""
    return hashlib.sha256(key.encode()).hexdigest()


def next_recheck(rejected_at: datetime, now: datetime) -> datetime:
    """Return when to ask again about a rejected key: 1, 5 and 15 minutes after the rejection, then once an hour.

    The API counts requests with a rejected key against our address, and may accept the key again soon.
    """
    first = (rejected_at + timedelta(minutes=minutes) for minutes in (1, 5, 15))
    return next((at for at in first if at > now), now + timedelta(hours=1))


def can_own_keys(person: User) -> bool:
    """Return whether the person could use, replace and share a key of theirs."""
    return person.is_active and person.may_send


class SavedKeys(models.QuerySet["SavedKey"]):
    def usable_by(self, user: User) -> "SavedKeys":
        """Return the person's keys and those shared with them or with one of their teams, each once."""
        shared = KeyShare.objects.filter(Q(user=user) | Q(team__memberships__user=user))
        return self.filter(Q(owner=user) | Q(pk__in=shared.values("key")))

    @transaction.atomic
    def save_key(
        self, owner: User, name: str, text: str, expiry: str, verdict: KeyVerdict, duplicate: "SavedKey | None" = None
    ) -> "SavedKey":
        """Save the key `text`, after the API was asked about it with the result `verdict`.

        `duplicate` is the same key, saved before, that can no longer be decrypted. It is saved again in the same row,
        so that its workflows stay. Raises IntegrityError if the key was saved a moment ago, or if `duplicate` has
        another owner by now.
        """
        key = SavedKey(owner=owner, name=name, fingerprint=fingerprint(text), expiry=expiry)
        key.expires_at = expiry_date(expiry)
        key.checked_at = timezone.now() if verdict is KeyVerdict.WORKS else None
        key.encrypt(text)
        if duplicate is None:
            key.save()
        else:
            key = duplicate._save_again(key)
        record(Verb.KEY_SAVED, by=owner, target=key, check=verdict.value)
        outdate_sidebars(key.user_ids())
        return key


class SavedKey(models.Model):
    """An organization key and its state at the API. A page reads all of it in one row, so the state costs no query."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_keys")
    name = models.CharField(max_length=100)
    encrypted_key = models.BinaryField()
    last4 = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now)

    # The state at the API, written by the rate limiter. A rejected key is only used to check whether it works again.
    checked_at = models.DateTimeField(null=True)
    rejected_at = models.DateTimeField(null=True)
    # When the worker asks again whether a rejected key works. None: at once, if the key is rejected.
    recheck_at = models.DateTimeField(null=True)
    # The API refuses archives, because the person who made the key left the organization.
    creator_gone_at = models.DateTimeField(null=True)
    # Written at most once a minute.
    last_used_at = models.DateTimeField(null=True)
    last_used_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    # No calls are made before then, because a 429 asked for a pause.
    paused_until = models.DateTimeField(null=True)

    expiry = models.CharField(max_length=10, choices=Expiry, default=Expiry.UNKNOWN, blank=True)
    expires_at = models.DateTimeField(null=True)
    # The last reminder that was mailed for this `expires_at`, by its number of days.
    warned_days = models.PositiveSmallIntegerField(null=True)

    # The person for whom this instance makes calls, if known. The rate limiter stores who used the key last.
    used_by: User | None = None

    objects = SavedKeys.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["fingerprint"], condition=~Q(fingerprint=""), name="unique_saved_key")
        ]

    def __str__(self) -> str:
        return f"{self.name} (…{self.last4})"

    def on_behalf_of(self, user: User) -> Self:
        """Note that this instance makes its calls for `user`, and return it."""
        self.used_by = user
        return self

    def can_be_replaced_by(self, person: User | None) -> bool:
        """Return whether the person owns the key and may still change it: an owner may have become a viewer."""
        return person is not None and person.pk == self.owner_id and person.may_send

    # --- the secret ---------------------------------------------------------------------------------------------------

    def encrypt(self, text: str) -> None:
        """Store the key `text` encrypted. Only its last 4 characters stay readable."""
        self.encrypted_key = encrypt(text.encode())
        self.last4 = text[-4:]

    def decrypt(self) -> str:
        """Return the key, for the Authorization header and nothing else. Raises Undecryptable."""
        return decrypt(self.encrypted_key).decode()

    @property
    def can_be_decrypted(self) -> bool:
        """Return whether one of ENCRYPTION_KEYS decrypts the key."""
        try:
            return bool(self.decrypt())
        except Undecryptable:
            return False

    def _save_again(self, new: "SavedKey") -> "SavedKey":
        names = ("name", "encrypted_key", "last4", "expiry", "expires_at", "checked_at")
        values = {name: getattr(new, name) for name in names}
        values |= {"warned_days": None, "rejected_at": None, "recheck_at": None}
        unchanged = SavedKey.objects.filter(pk=self.pk, owner=new.owner, fingerprint=new.fingerprint)
        if not unchanged.update(**values):
            raise IntegrityError("The key has another owner by now, or was removed.")
        self.refresh_from_db()
        return self

    # --- the state ----------------------------------------------------------------------------------------------------

    def pause_seconds(self, now: datetime) -> int:
        """Return for how many more seconds the API asked for no calls, or 0."""
        if self.paused_until is None or not now < self.paused_until <= now + LONGEST_PAUSE:
            return 0
        return math.ceil((self.paused_until - now).total_seconds())

    @property
    def is_accepted_after_expiry(self) -> bool:
        """Return whether Pipelines accepted the key after `expires_at`, which is a person's estimate."""
        if self.expires_at is None or self.rejected_at is not None:
            return False
        return any(used_at and used_at > self.expires_at for used_at in (self.checked_at, self.last_used_at))

    def days_left(self, now: datetime | None = None) -> int | None:
        """Return how many days after today's date the key expires: negative once it has, None if nobody knows when.

        Dates are compared in the current time zone, so that the number fits the date that pages show beside it.
        """
        if self.expires_at is None:
            return None
        now = now or timezone.now()
        days = (local(self.expires_at).date() - local(now).date()).days
        return days if self.expires_at > now else min(days, -1)

    def check_with(self, client: PipelinesClient, by: User | None) -> tuple[KeyVerdict, PipelinesError | None]:
        """Ask the API with `client` whether the key works, and store the result.

        A key that works is no longer rejected or paused. With UNKNOWN comes the reason why the API did not answer.
        Without a person, a check that changes nothing is not recorded in the audit log.
        """
        # A key that is replaced during the call is another one: the result says nothing about it.
        checked = self.fingerprint
        verdict, error = ask(client)
        values: dict[str, object] = {} if verdict is KeyVerdict.UNKNOWN else {"checked_at": timezone.now()}
        if verdict is KeyVerdict.WORKS:
            values |= {"rejected_at": None, "recheck_at": None, "paused_until": None}
        with transaction.atomic():
            if values and not SavedKey.objects.filter(pk=self.pk, fingerprint=checked).update(**values):
                return verdict, error
            if by or verdict is KeyVerdict.WORKS:
                record(Verb.KEY_CHECKED, by=by, target=self, result=verdict.value)
        if verdict is KeyVerdict.WORKS and self.rejected_at is not None:
            key_became_usable.send(SavedKey, key=self)
        return verdict, error

    # --- the owner's acts ---------------------------------------------------------------------------------------------

    def rename(self, name: str, by: User) -> bool:
        before = self.name
        with transaction.atomic():
            if not SavedKey.objects.filter(pk=self.pk, owner=by).update(name=name):
                return False
            record(Verb.KEY_RENAMED, by=by, target=self, label=name, before=before)
            outdate_sidebars(self.user_ids())
        self.name = name
        return True

    @transaction.atomic
    def set_expiry(self, expiry: str, made_on: date | None, by: User) -> bool:
        """Store when the key expires, counted from `made_on` or from today."""
        expires_at = expiry_date(expiry, made_on)
        values = {"expiry": expiry, "expires_at": expires_at, "warned_days": None}
        if not SavedKey.objects.filter(pk=self.pk, owner=by).update(**values):
            return False
        day = f"{expires_at:%Y-%m-%d}" if expires_at else ""
        record(Verb.KEY_EXPIRY_SAID, by=by, target=self, expiry=expiry, ends=day)
        return True

    def share_with(self, recipient: User | Team, by: User) -> bool:
        """Let a person or a team use the key, who never see it. Return False also if they may already."""
        recipient_values = {"team": recipient} if isinstance(recipient, Team) else {"user": recipient}
        with transaction.atomic():
            if recipient == by or not self._lock(by):
                return False
            share, is_new = KeyShare.objects.get_or_create(key=self, **recipient_values, defaults={"shared_by": by})
            if is_new:
                record(Verb.KEY_SHARED, by=by, target=self, **share.event_detail())
                outdate_sidebars(share.user_ids())
        if is_new:
            key_became_usable.send(SavedKey, key=self)
        return is_new

    @transaction.atomic
    def stop_sharing(self, share: "KeyShare", by: User) -> bool:
        """End the share at once."""
        if not self._lock(by):
            return False
        deleted, _ = self.shares.filter(pk=share.pk).delete()
        if deleted:
            record(Verb.KEY_SHARING_STOPPED, by=by, target=self, **share.event_detail())
            outdate_sidebars(share.user_ids())
        return bool(deleted)

    def _lock(self, owner: User) -> bool:
        """Keep the key from being transferred until the transaction ends. Return False if it is not the owner's."""
        return bool(SavedKey.objects.filter(pk=self.pk, owner=owner).update(owner=owner))

    @transaction.atomic
    def replace_with(self, text: str, expiry: str, by: User) -> bool:
        """Replace the key with `text`, which was checked before. The old key is not stored.

        Raises IntegrityError if the new key is saved elsewhere in the portal.
        """
        new = SavedKey(fingerprint=fingerprint(text), expiry=expiry, expires_at=expiry_date(expiry))
        new.encrypt(text)
        names = ("encrypted_key", "last4", "fingerprint", "expiry", "expires_at")
        values = NEW_KEY_STATE | {name: getattr(new, name) for name in names} | {"checked_at": timezone.now()}
        unchanged = SavedKey.objects.filter(pk=self.pk, owner=by, fingerprint=self.fingerprint, last4=self.last4)
        if not unchanged.update(**values):
            return False
        PooledAnswer.objects.filter(key=self).outdate()
        outdate_sidebars(self.user_ids())
        record(Verb.KEY_REPLACED, by=by, target=self, label=f"{self.name} (…{new.last4})", before=self.last4)
        return True

    # --- acts of the owner, and of an administrator for them ----------------------------------------------------------

    @transaction.atomic
    def transfer(self, to: User, by: User) -> bool:
        """Make `to` the owner. Shares stay; the former owner keeps no access. The caller checks that `by` may do it.

        Raises ValueError if `to` can own no keys.
        """
        if not can_own_keys(to):
            raise ValueError("Only active people who may send can own keys.")
        former = self.owner
        unchanged = SavedKey.objects.filter(pk=self.pk, owner=former)
        if to.pk == former.pk or not unchanged.update(owner=to, warned_days=None):
            return False
        self.shares.filter(user=to).delete()
        record(Verb.KEY_TRANSFERRED, by=by, target=self, former_owner=former.email, owner=to.email)
        outdate_sidebars([former.pk, to.pk])
        self.owner = to
        key_transferred.send(SavedKey, key=self, former=former, by=by)
        return True

    @transaction.atomic
    def remove(self, by: User) -> bool:
        """Delete the key with its workflows, shares and imports. Submissions stay."""
        # An update that changes nothing locks the row, if its owner is still the same.
        if not self._lock(self.owner):
            return False
        record(Verb.KEY_REMOVED, by=by, target=self, label=str(self), owner=self.owner.email)
        key_removed.send(SavedKey, key=self, by=by)
        outdate_sidebars(self.user_ids())
        SavedKey.objects.filter(pk=self.pk).delete()
        return True

    # --- who may use it -----------------------------------------------------------------------------------------------

    def shared_users(self) -> models.QuerySet[User]:
        """Return the people besides the owner who may use the key."""
        members = Membership.objects.filter(team__in=self.shares.filter(team__isnull=False).values("team"))
        is_shared = Q(pk__in=self.shares.filter(user__isnull=False).values("user")) | Q(pk__in=members.values("user"))
        return User.objects.filter(is_shared, is_active=True).exclude(pk=self.owner_id)

    def user_ids(self) -> list[int]:
        """Return the ids of all who may use the key, its owner among them."""
        return [self.owner_id, *self.shared_users().values_list("pk", flat=True)]


class KeyShare(models.Model):
    """A key shared for use with one person or one team, who never see it."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="shares", db_index=False)
    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="key_shares")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="key_shares")
    shared_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    shared_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(user=None, team__isnull=False) | Q(user__isnull=False, team=None),
                name="key_share_with_a_person_or_a_team",
            ),
            models.UniqueConstraint(fields=["key", "user"], name="unique_key_share_with_a_person"),
            models.UniqueConstraint(fields=["key", "team"], name="unique_key_share_with_a_team"),
        ]

    def __str__(self) -> str:
        return str(self.team or self.user)

    def user_ids(self) -> list[int]:
        if self.team_id is None:
            return [self.user_id] if self.user_id else []
        return list(Membership.objects.filter(team=self.team_id).values_list("user", flat=True))

    def event_detail(self) -> dict[str, str]:
        return {"team": self.team.name} if self.team else {"person": self.user.email if self.user else ""}


class PooledAnswers(models.QuerySet["PooledAnswer"]):
    def outdate(self) -> int:
        """Let nobody be shown these answers, or one that is being fetched now."""
        return self.update(fetched_at=None, claimed_until=None)


class PooledAnswer(models.Model):
    """The API's last answer to a read with a key, shared by all who ask the same (pooled_answers.py)."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="+", db_index=False)
    workflow_id = models.PositiveBigIntegerField()
    # SHA-256 of what was read.
    digest = models.CharField(max_length=64)
    text = models.TextField(blank=True)
    # When the API was asked. None: the answer is from before a change.
    fetched_at = models.DateTimeField(null=True, db_index=True)
    # The end of the lease of the process that is asking the API.
    claimed_until = models.DateTimeField(null=True)

    objects = PooledAnswers.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "digest"], name="unique_pooled_answer")]

    def __str__(self) -> str:
        return f"workflow {self.workflow_id}, {self.digest[:8]}"
