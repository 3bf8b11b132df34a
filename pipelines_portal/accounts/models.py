"""People of the portal, who sign in by email, and their sessions."""

from typing import Any, ClassVar

from django.apps import apps
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac

from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    @transaction.atomic
    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """Whoever makes an account vouches for its email: it counts as verified."""
        user = self.model(email=self.normalize_email(email).lower(), **extra)
        user.set_password(password)
        user.save(using=self._db)
        addresses = apps.get_model("account", "EmailAddress")._default_manager
        addresses.create(user=user, email=user.email, verified=True, primary=True)
        return user

    @transaction.atomic
    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "User":
        """What commands such as `manage.py createsuperuser` make: an administrator."""
        user = self.create_user(email, password, role=Role.ADMINISTRATOR, **extra)
        record(Verb.PERSON_MADE, by=None, target=user, email=user.email, role=user.role)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())


class Role(models.TextChoices):
    ADMINISTRATOR = "administrator", "Administrator"
    OPERATOR = "operator", "Operator"
    VIEWER = "viewer", "Viewer"


class User(AbstractBaseUser):
    email = models.EmailField(unique=True, error_messages={"unique": "Someone already signs in with this email."})
    name = models.CharField(max_length=100, blank=True)
    role = models.CharField(max_length=20, choices=Role, default=Role.OPERATOR)
    is_active = models.BooleanField(default=True)
    # Made by the demo, with a published password: see core/demo_accounts.py.
    is_demo = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    # Written at most once a minute.
    last_seen_at = models.DateTimeField(null=True)
    # Raised to end every session there is.
    session_epoch = models.PositiveIntegerField(default=0)
    # Raised when what their sidebar shows changes: see sidebar.py.
    sidebar_version = models.PositiveIntegerField(default=0)

    # How they like pages: see preferences. "": the clock that the browser says.
    time_zone = models.CharField(max_length=64, blank=True)
    has_single_keys = models.BooleanField(default=True)
    is_compact = models.BooleanField(default=False)
    reads_live = models.BooleanField(default=True)

    USERNAME_FIELD = "email"
    objects = UserManager()

    class Meta:
        ordering: ClassVar = [Lower("name"), "email"]

    def __str__(self) -> str:
        return self.name or self.email

    def get_session_auth_hash(self) -> str:
        """A session ends when any of these changes."""
        return self._session_hash()

    def get_session_auth_fallback_hash(self) -> Any:
        """Those under earlier values of SECRET_KEY."""
        return (self._session_hash(secret) for secret in settings.SECRET_KEY_FALLBACKS)

    def _session_hash(self, secret: str | bytes | None = None) -> str:
        what = f"{self.password}\0{self.role}\0{self.session_epoch}"
        return salted_hmac("pipelines_portal.accounts.session", what, secret=secret, algorithm="sha256").hexdigest()

    @property
    def name_and_email(self) -> str:
        """For whoever is to tell them from others of the same name, or to write to them."""
        return f"{self.name} ({self.email})" if self.name else self.email

    @property
    def is_administrator(self) -> bool:
        """Looks after people, teams and keys; may also do what operators do."""
        return self.role == Role.ADMINISTRATOR

    @property
    def may_send(self) -> bool:
        """Whether they may change anything at the API."""
        return self.role != Role.VIEWER


class Session(AbstractBaseSession):
    """Django's, which knows whose it is: what began it, from where, is in its data (`sessions/open_sessions.py`)."""

    user = models.ForeignKey(User, models.CASCADE, null=True, related_name="sessions")

    class Meta(AbstractBaseSession.Meta):
        abstract = False

    @classmethod
    def get_session_store_class(cls) -> Any:
        from pipelines_portal.accounts.sessions.store import SessionStore

        return SessionStore


class Team(models.Model):
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField(default=timezone.now)
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, through="Membership", related_name="teams")

    class Meta:
        ordering: ClassVar = [Lower("name"), "id"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("name"), name="a_team_name_is_used_once")]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    is_lead = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["team", "user"], name="a_person_is_in_a_team_once")]
