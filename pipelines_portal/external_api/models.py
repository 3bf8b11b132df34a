"""Organizations, their keys, workflows, tasks and uploads."""

import uuid
from datetime import datetime, timedelta
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.utils import timezone

from pipelines_portal.core.heartbeats import Heartbeat


class PersonManager(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None) -> "Person":
        person = self.model(email=email.lower())
        person.set_password(password)
        person.save(using=self._db)
        return person


class Person(AbstractBaseUser):
    """A person who signs in to the organization keys pages, or created a key."""

    email = models.EmailField(unique=True)
    is_active = models.BooleanField(default=True)
    # Demo accounts have published passwords: see core/demo_accounts.py.
    is_demo = models.BooleanField(default=False)
    may_add_organizations = models.BooleanField(default=False)

    USERNAME_FIELD = "email"
    objects = PersonManager()

    def __str__(self) -> str:
        return self.email


class AuthenticatorApp(models.Model):
    """The authenticator app of a person. While the row exists, the sign-in asks for a code."""

    person = models.OneToOneField(Person, models.CASCADE, primary_key=True, related_name="authenticator_app")
    # Encrypted.
    secret = models.BinaryField()
    # The half minute, counted since 1970, of the newest code that was used. Neither it nor older ones work again.
    last_step = models.BigIntegerField()
    created_at = models.DateTimeField(default=timezone.now)


class RecoveryCode(models.Model):
    """A code that replaces one of the app. Only its SHA-256 is stored, and it is deleted when it is used."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="recovery_codes")
    sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "sha256"], name="one_recovery_code_a_person")]


class Installation(models.Model):
    """The one row that setup inserts together with the first person. Its fixed key lets only one setup succeed."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    # Without this person the row goes, too: an installation without people can be set up again.
    first_person = models.OneToOneField(Person, models.CASCADE, related_name="+")


class Organization(models.Model):
    name = models.CharField(max_length=200, unique=True)
    people = models.ManyToManyField(Person, through="Membership", related_name="organizations")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    class Role(models.TextChoices):
        ADMIN = "admin"
        MEMBER = "member"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="memberships")
    person = models.ForeignKey(Person, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    # True if the account was created for this organization: only then may its admins make links for a password.
    created_account = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "person"], name="one_membership_a_person")]


class WaitingMembership(models.Model):
    """A membership of a person who had an account when they were added. It gives no rights yet.

    Somebody else may know the account's password. It becomes a Membership when the person chooses a new one through a
    link of the server's administrator.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="waiting_memberships")
    person = models.ForeignKey(Person, models.CASCADE, related_name="waiting_memberships")
    role = models.CharField(max_length=10, choices=Membership.Role.choices, default=Membership.Role.MEMBER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "person"], name="one_waiting_membership_a_person")
        ]


class OrganizationKey(models.Model):
    """An API key. Only its SHA-256 and its last 4 characters are stored."""

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="keys")
    name = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64, unique=True)
    last4 = models.CharField(max_length=4)
    created_by = models.ForeignKey(Person, models.SET_NULL, null=True, related_name="keys")
    # Shown in the table of keys after the person was removed.
    created_by_email = models.EmailField()
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    # The token of the form that created the key: the same form sent twice creates one key. None: created by a command.
    form_token = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["organization", "form_token"], name="a_form_makes_one_key")
        ]

    def is_live(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

    def creator_is_member(self) -> bool:
        """Return whether its creator still belongs to the organization, which uploads require (S51 to S53)."""
        if self.created_by_id is None:
            return False
        members = Membership.objects.filter(organization_id=self.organization_id, person__is_active=True)
        return members.filter(person_id=self.created_by_id).exists()


class Workflow(models.Model):
    class Status(models.TextChoices):
        DRAFT = "DRAFT"
        PENDING_ACTIVATION = "PENDING_ACTIVATION"
        ACTIVE = "ACTIVE"
        PAUSED = "PAUSED"
        COMPLETED = "COMPLETED"
        ARCHIVED = "ARCHIVED"

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="workflows")
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=20, choices=Status.choices)
    # A list in order: [{"name", "title", "type", "required", "options", "min", "max", "help"}]
    fields = models.JSONField(default=list)
    # [{"name", "status"}]: each new task gets these node instances, with these statuses.
    nodes = models.JSONField(default=list)

    def __str__(self) -> str:
        return self.name


class NodeStatus(models.TextChoices):
    PENDING = "pending"
    DEFERRED = "deferred"
    AVAILABLE = "available"
    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    ESCALATED = "escalated"
    QUARANTINED = "quarantined"
    FINISHED = "finished"
    NA = "na"


class Negative(models.Func):
    """The negated expression. Lists and their indexes are ordered by `-id`, newest first.

    If they were ordered by the ID itself, PostgreSQL might scan the tasks of all workflows to find those of one.
    """

    template = "(-%(expressions)s)"
    output_field = models.BigIntegerField()


class Task(models.Model):
    """One unit of work. The four nodes_* counts summarize its node instances and change in the same transaction."""

    class Status(models.TextChoices):
        PENDING = "pending"
        IN_PROGRESS = "in_progress"
        FINISHED = "finished"
        FAILED = "failed"
        PAUSED = "paused"
        ESCALATED = "escalated"
        QUARANTINED = "quarantined"

    # The indexes below serve the foreign key too. A third one would slow every insert and mislead PostgreSQL.
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="tasks", db_index=False)
    status = models.CharField(max_length=12, choices=Status.choices)
    fields = models.JSONField(default=dict)
    nodes_total = models.PositiveIntegerField(default=0)
    nodes_finished = models.PositiveIntegerField(default=0)
    nodes_in_progress = models.PositiveIntegerField(default=0)
    nodes_pending = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    # The upload and its row that created this task. A row creates one task, even if the worker starts again.
    upload = models.ForeignKey("Upload", models.SET_NULL, null=True, related_name="tasks", db_index=False)
    upload_row = models.PositiveIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index("workflow", Negative("id"), name="newest_tasks"),
            models.Index("workflow", "status", Negative("id"), name="newest_tasks_by_status"),
        ]
        constraints = [models.UniqueConstraint(fields=["upload", "upload_row"], name="one_task_an_upload_row")]


class NodeInstance(models.Model):
    # Nodes are only inserted together with their task, and the check of a constraint would double the cost of that.
    task = models.ForeignKey(Task, models.CASCADE, related_name="nodes", db_constraint=False)
    name = models.CharField(max_length=200)
    status = models.CharField(max_length=12, choices=NodeStatus.choices)
    position = models.PositiveIntegerField()


class Upload(models.Model):
    """A ZIP upload, from its start to its last status."""

    class Status(models.TextChoices):
        PENDING = "pending"
        PROCESSING = "processing"
        COMPLETED = "completed"
        FAILED = "failed"
        CANCELLED = "cancelled"

    OPEN = (Status.PENDING, Status.PROCESSING)
    ENDED = (Status.COMPLETED, Status.FAILED, Status.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workflow = models.ForeignKey(Workflow, models.CASCADE, related_name="uploads")
    key = models.ForeignKey(OrganizationKey, models.SET_NULL, null=True, related_name="uploads")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True)
    # The fingerprint of the stored archive when it was confirmed.
    archive_fingerprint = models.CharField(max_length=200, null=True)
    enqueued_at = models.DateTimeField(null=True)
    # The end of the present worker's lease. After that another worker may take over.
    leased_until = models.DateTimeField(null=True)
    # How often a worker started since it last finished a row.
    attempts = models.PositiveSmallIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    # When the newest PUT to the embedded storage began. None: the upload has not received a byte.
    put_at = models.DateTimeField(null=True)
    # When the archive was deleted after its URL had expired, so that it cannot be stored again.
    swept_at = models.DateTimeField(null=True)
    success_count = models.PositiveIntegerField(null=True)
    error_count = models.PositiveIntegerField(null=True)
    error_message = models.TextField(null=True)
    # The files of the archive that no row names: how many there are, and the names of the first.
    ignored_count = models.PositiveIntegerField(default=0)
    ignored_files = models.JSONField(default=list)
    # Bytes that count against the organization's quota: as announced, then as stored, then the files of its tasks.
    kept_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        indexes = [
            models.Index(fields=["status", "expires_at"], name="uploads_by_status_and_expiry"),
            models.Index(fields=["status", "leased_until"], name="uploads_by_status_and_lease"),
        ]


class UploadErrors(models.Model):
    """The errors of a batch of an upload's rows, written once when the batch is done."""

    upload = models.ForeignKey(Upload, models.CASCADE, related_name="error_batches", db_index=False)
    first_row = models.PositiveIntegerField()
    errors = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["upload", "first_row"], name="one_batch_of_errors_a_row")]


class SentRows(models.Model):
    """The rows that were sent at the start of an upload. There are none if rows are derived from the archive.

    They have a table of their own because they can be many megabytes, and the upload's progress is written often. They
    are deleted once the upload has ended.
    """

    upload = models.OneToOneField(Upload, models.CASCADE, primary_key=True, related_name="sent_rows")
    rows = models.JSONField()


class IdempotentRequest(models.Model):
    """The first request with an Idempotency-Key and its answer, inserted in the transaction of what it changed.

    For a started upload, the upload is stored instead of an answer: the repeated request gets a new link.
    """

    organization = models.ForeignKey(Organization, models.CASCADE, related_name="+", db_index=False)
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=10)
    path = models.TextField()
    body_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    # The body, compressed by zlib.
    answer = models.BinaryField()
    upload = models.ForeignKey(Upload, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organization", "key"], name="one_request_an_idempotency_key")]


class WorkerHeartbeat(Heartbeat):
    """A running background worker and the time of its last heartbeat."""

    DELETED_AFTER = timedelta(minutes=5)
