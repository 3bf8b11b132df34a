"""People of the portal, who sign in by email, their sessions and their teams."""

from importlib import import_module
from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    @transaction.atomic
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Create a person. The email counts as verified, because the creator of an account vouches for it."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        addresses = apps.get_model("account", "EmailAddress")._default_manager
        addresses.create(user=user, email=user.email, verified=True, primary=True)
        return user

    @transaction.atomic
    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Create an administrator, for commands such as `manage.py createsuperuser`."""
        user = self.create_user(email, password, role=Role.ADMINISTRATOR, **extra)
        record(Verb.PERSON_MADE, by=None, target=user, email=user.email, role=user.role)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", "Administrator"
    OPERATOR = "operator", "Operator"
    VIEWER = "viewer", "Viewer"


class Theme(models.TextChoices):
    SYSTEM = "", "As the system"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class NumberFormat(models.TextChoices):
    ASK = "", "Ask"
    POINT = ".", "1,240.50"
    COMMA = ",", "1.240,50"


class DateFormat(models.TextChoices):
    ASK = "", "Ask"
    DAY_FIRST = "day", "Day first"
    MONTH_FIRST = "month", "Month first"


class User(AbstractBaseUser):
    email = models.EmailField(unique=True, error_messages={"unique": "Someone already signs in with this email."})
    name = models.CharField(max_length=100, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.OPERATOR)
    is_active = models.BooleanField(default=True)
    # The demo created the account, whose password is published (core/demo_accounts.py).
    is_demo = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    # Written at most once a minute.
    last_seen_at = models.DateTimeField(null=True)
    # Increased to end all sessions of the person.
    session_epoch = models.PositiveIntegerField(default=0)
    # Increased when the content of their sidebar changes (sidebar.py).
    sidebar_version = models.PositiveIntegerField(default=0)

    # Preferences (preferences.py). An empty time zone stands for the one of the browser.
    time_zone = models.CharField(max_length=64, blank=True)
    # They last created tasks in the grid, and not in the form.
    uses_grid = models.BooleanField(default=False)
    has_single_keys = models.BooleanField(default=True)
    is_compact = models.BooleanField(default=False)
    reads_live = models.BooleanField(default=True)
    # Their own earlier values are suggested while they type.
    has_suggestions = models.BooleanField(default=True)
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.SYSTEM, blank=True)
    # How they write numbers and dates with two meanings. Empty: they are asked each time.
    number_format = models.CharField(max_length=1, choices=NumberFormat, default=NumberFormat.ASK, blank=True)
    date_format = models.CharField(max_length=5, choices=DateFormat, default=DateFormat.ASK, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]  # what createsuperuser asks for besides
    objects = UserManager()

    class Meta:
        ordering: ClassVar = [Lower("name"), "email"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_session_auth_hash(self) -> str:
        """Return the hash of everything whose change ends the sessions."""
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Any:
        """Yield the hashes under earlier values of SECRET_KEY."""
        return (self._session_hash(secret) for secret in settings.SECRET_KEY_FALLBACKS)

    def _session_hash(self, secret: str | bytes | None = None) -> str:
        values = f"{self.password}\0{self.role}\0{self.session_epoch}"
        return salted_hmac("pipelines_portal.accounts.session", values, secret=secret, algorithm="sha256").hexdigest()

    @property
    def name_and_email(self) -> str:
        """Return the name with the email, which distinguishes people of the same name."""
        return f"{self.name} ({self.email})" if self.name else self.email

    @property
    def is_administrator(self) -> bool:
        """Return whether the person manages people, teams and keys, besides what operators do."""
        return self.role == Role.ADMINISTRATOR

    @property
    def may_send(self) -> bool:
        """Return whether the person may send or change anything at the API."""
        return self.role != Role.VIEWER


class Session(AbstractBaseSession):
    """A session of Django with its person. The data holds its browser and address (sessions.py)."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> Any:
        return import_module(settings.SESSION_ENGINE).SessionStore


class Teams(models.QuerySet["Team"]):
    @transaction.atomic
    def create_team(self, name: str, *, by: User | None) -> "Team":
        """Create a team with its event. Raises IntegrityError if another team has the name."""
        team = self.create(name=name)
        record(Verb.TEAM_CREATED, by=by, target=team)
        return team

    def visible_to(self, user: User) -> "Teams":
        """Return all teams for an administrator, and their own for everybody else."""
        return self.all() if user.is_administrator else self.filter(memberships__user=user)

    def led_by(self, user: User) -> "Teams":
        """Return the teams that the person leads and may therefore invite into; all teams for an administrator."""
        if user.is_administrator:
            return self.all()
        return self.filter(memberships__user=user, memberships__is_lead=True)


class Team(models.Model):
    """A team. Each act records its event in the same transaction, and returns False if nothing changed."""

    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="teams")

    objects = Teams.as_manager()

    class Meta:
        ordering: ClassVar = [Lower("name"), "id"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("name"), name="unique_team_name")]

    def __str__(self) -> str:
        return self.name

    def is_led_by(self, user: User) -> bool:
        """Return whether the person leads the team or is an administrator."""
        return user.is_administrator or self.memberships.filter(user=user, is_lead=True).exists()

    @transaction.atomic
    def rename(self, name: str, *, by: User) -> bool:
        """Rename the team. Raises IntegrityError if another team has the name."""
        if not Team.objects.filter(pk=self.pk).exclude(name=name).update(name=name):
            return False
        record(Verb.TEAM_RENAMED, by=by, target=self, label=name, was=self.name)
        return True

    @transaction.atomic
    def remove(self, *, by: User) -> bool:
        """Delete the team. Its members stay in the portal, but lose the keys that were shared with the team."""
        if not self._lock():
            return False
        keys = [str(share.key) for share in self.key_shares.select_related("key")]
        record(Verb.TEAM_REMOVED, by=by, target=self, people=self.memberships.count(), keys=keys)
        outdate_sidebars(self.memberships.values_list("user", flat=True))
        self.delete()
        return True

    @transaction.atomic
    def add_member(self, person: User, *, by: User | None, is_lead: bool = False) -> bool:
        if not self._lock():
            return False
        _, is_new = Membership.objects.get_or_create(team=self, user=person, defaults={"is_lead": is_lead})
        if is_new:
            record(Verb.MEMBER_ADDED, by=by, target=self, person=person.email, lead=is_lead)
            outdate_sidebars([person.pk])
        return is_new

    @transaction.atomic
    def remove_member(self, person: User, *, by: User | None) -> bool:
        """Take the person out of the team, which ends their access through the team with their next request."""
        deleted, _ = Membership.objects.filter(team=self, user=person).delete()
        if deleted:
            record(Verb.MEMBER_REMOVED, by=by, target=self, person=person.email)
            outdate_sidebars([person.pk])
        return bool(deleted)

    @transaction.atomic
    def set_lead(self, person: User, is_lead: bool, *, by: User) -> bool:
        changed = Membership.objects.filter(team=self, user=person, is_lead=not is_lead).update(is_lead=is_lead)
        if changed:
            record(Verb.LEAD_CHANGED, by=by, target=self, person=person.email, lead=is_lead)
        return bool(changed)

    def _lock(self) -> bool:
        """Keep the team from being deleted until the transaction ends. Return False if it was deleted already."""
        return Team.objects.select_for_update().filter(pk=self.pk).first() is not None


class Membership(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    is_lead = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["team", "user"], name="unique_membership")]
