"""The ledger: everything anyone sends is a row here before it leaves, and its outcome is written beside it."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.functional import cached_property

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.keys.models import SavedKey

# Said so in the condition of an index and in every query that is to be answered by it.
BATCH = ~Q(kind="form")


class Submissions(models.QuerySet["Submission"]):
    def visible_to(self, user: User) -> "Submissions":
        """Return what they sent, what was sent with keys that they own, and what was sent through a team they lead."""
        led = Membership.objects.filter(user=user, is_lead=True).values("team")
        through_a_team = SubmissionTeam.objects.filter(submission=OuterRef("pk"), team__in=led)
        return self.filter(Q(owner=user) | Q(key__owner=user) | Exists(through_a_team))

    def sent(self) -> "Submissions":
        """Return all but drafts of which nothing left for sure: those are a form's draft, or a step of a wizard.

        A draft is among them as long as somebody may still say that it left: it was sent and a person decided, an
        earlier try made tasks or may have, or its archive is on its way or came back with a problem.
        """
        made_tasks = Exists(UnattributedTask.objects.filter(submission=OuterRef("pk")))
        may_have_left = Q(is_decided_by_person=True) | Q(is_earlier_try_uncertain=True) | Q(made_tasks)
        is_upload = Q(zip_upload__remote_upload_id__isnull=False) | Q(zip_upload__problem__gt="")
        return self.filter(~Q(status=Submission.Status.DRAFT) | may_have_left | is_upload)

    def as_listed(self) -> "Submissions":
        """Return them with what a list names of each, and without what an archive holds."""
        return self.select_related("owner", "zip_upload").defer("zip_upload__entries", "zip_upload__preview")


class Submission(models.Model):
    """One batch, sent as a whole."""

    class Kind(models.TextChoices):
        FORM = "form", "New task form"
        ZIP = "zip", "ZIP upload"
        IMPORT = "import", "Import"

    class Status(models.TextChoices):
        DRAFT = "draft", "Not sent"
        SENDING = "sending", "Sending"
        CREATED = "created", "Created"
        PARTLY_CREATED = "partly_created", "Partly created"
        REJECTED = "rejected", "Rejected"
        UNCONFIRMED = "unconfirmed", "Unconfirmed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="submissions")
    # Who continued the import that sent it, if it was not the owner.
    continued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    # What the form carries: the same form posted twice finds the same submission.
    token = models.UUIDField(default=uuid.uuid4)
    # The teams through which its owner could use the key each time it was sent.
    teams = models.ManyToManyField(Team, through="SubmissionTeam", related_name="+")
    # Found by the index that begins with it.
    key = models.ForeignKey(SavedKey, models.SET_NULL, null=True, related_name="submissions", db_index=False)
    key_name = models.CharField(max_length=100)
    key_last4 = models.CharField(max_length=4)
    workflow_id = models.PositiveBigIntegerField()
    workflow_name = models.CharField(max_length=300)
    kind = models.CharField(max_length=10, choices=Kind)
    # The import that sends it, by its ID, and which of its requests this is. None once the import was removed.
    group = models.UUIDField(null=True)
    group_number = models.PositiveIntegerField(null=True)
    # The name of the import's file.
    group_name = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.DRAFT)
    # Why it is a draft again, rejected or unknown, in one sentence for people.
    reason = models.TextField(blank=True)

    row_count = models.PositiveIntegerField(default=0)
    success_count = models.PositiveIntegerField(default=0)
    error_count = models.PositiveIntegerField(default=0)
    # Counts the tries, so that a late answer to an earlier one is not written over a later one.
    attempt = models.PositiveIntegerField(default=0)
    # Tasks above this id appeared after we sent. 0: there was none; null: nothing was sent.
    newest_task_id_before = models.PositiveBigIntegerField(null=True)
    # A person said what came of the last try. What the API itself says of that try later goes before it.
    is_decided_by_person = models.BooleanField(default=False)
    # A try that a person called off was followed by another, and its answer has not come.
    is_earlier_try_uncertain = models.BooleanField(default=False)
    # Its rows went back to the import they came from: it never leaves again, and an answer to an earlier try may come.
    is_called_off = models.BooleanField(default=False)
    # Who may find its rows by search, as the index has it; empty: they are not in the index. See search_index.
    search_who = models.TextField(blank=True)
    # Its rows' values were removed: see retention. Counts and task IDs stay.
    is_dropped = models.BooleanField(default=False)

    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)
    sending_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    objects = Submissions.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-id"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "token"], name="a_form_is_sent_once")]
        indexes: ClassVar = [
            models.Index(fields=["owner", "-created_at", "-id"], name="submissions_newest_first"),
            models.Index(fields=["key", "-created_at", "-id"], name="submissions_newest_of_a_key"),
            # Few at any time, however long the ledger is.
            models.Index(fields=["sending_until"], condition=Q(status="sending"), name="submissions_sending"),
            models.Index(
                fields=["key", "-created_at"], condition=Q(status="unconfirmed"), name="submissions_unconfirmed"
            ),
            # What the filters of the list ask for, among one's own and among what was sent with a key. In the whole
            # order of the list: else SQLite takes an index of that order alone, and looks at everything.
            models.Index(fields=["owner", "status", "-created_at", "-id"], name="submissions_own_by_status"),
            models.Index(fields=["key", "status", "-created_at", "-id"], name="submissions_key_by_status"),
            models.Index(fields=["owner", "workflow_id", "-created_at", "-id"], name="submissions_own_by_workflow"),
            models.Index(fields=["key", "workflow_id", "-created_at", "-id"], name="submissions_key_by_workflow"),
            # Few among forms, which the newest of all are.
            models.Index(
                fields=["owner", "kind", "-created_at", "-id"], condition=BATCH, name="submissions_own_batches"
            ),
            models.Index(fields=["key", "kind", "-created_at", "-id"], condition=BATCH, name="submissions_key_batches"),
            models.Index(fields=["created_at"], condition=Q(status="draft"), name="submissions_drafts"),
            models.Index(fields=["workflow_id"], condition=Q(is_decided_by_person=True), name="submissions_decided"),
            models.Index(
                fields=["group", "group_number"], condition=Q(group__isnull=False), name="submissions_of_an_import"
            ),
            models.Index(fields=["finished_at"], condition=Q(is_dropped=False), name="submissions_kept"),
        ]

    @property
    def is_over(self) -> bool:
        """Whether the API gave its verdict."""
        return self.status in (self.Status.CREATED, self.Status.PARTLY_CREATED, self.Status.REJECTED)

    @property
    def is_overdue(self) -> bool:
        """Whether its process died on the way: see outcomes.settle_interrupted."""
        is_sent = self.status == self.Status.SENDING and self.sending_until is not None
        return is_sent and self.sending_until < timezone.now()  # type: ignore[operator]

    @property
    def is_of_import(self) -> bool:
        """Whether an import sends it, and sends again what was rejected; one that was removed does so no more."""
        return self.kind == self.Kind.IMPORT and (self.is_called_off or self.group is not None)

    @property
    def may_be_discarded(self) -> bool:
        """Whether nothing of it left, or may have, and nothing else needs it."""
        upload = getattr(self, "zip_upload", None)
        is_on_its_way = upload is not None and not upload.may_be_discarded
        is_draft = self.status == self.Status.DRAFT and not self.is_of_import
        return is_draft and not self.is_earlier_try_uncertain and not is_on_its_way

    @property
    def label(self) -> str:
        """What it is called where it is only named."""
        if self.kind == self.Kind.FORM and self.row_count == 1:
            return f"Task for {self.workflow_name}"
        rows = "1 row" if self.row_count == 1 else f"{self.row_count:,} rows"
        return f"{rows} for {self.workflow_name}"

    @cached_property
    def unattributed_task_ids(self) -> list[int]:
        """Tasks that this submission made, where nobody said by which row. As first read."""
        return list(self.unattributed_tasks.values_list("task_id", flat=True))


class SubmissionTeam(models.Model):
    """A team through which a submission was sent, with the key it was sent with."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="+", db_index=False)
    team = models.ForeignKey(Team, models.CASCADE, related_name="+", db_index=False)
    key = models.ForeignKey(SavedKey, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "team"], name="a_team_is_listed_once_a_submission")
        ]
        indexes: ClassVar = [models.Index(fields=["team", "key"], name="submissions_teams_by_key")]


class SubmissionRow(models.Model):
    """One task to be created, and what became of it."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Not sent"
        CREATED = "created", "Created"
        REJECTED = "rejected", "Rejected"
        UNCONFIRMED = "unconfirmed", "Unconfirmed"

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="rows", db_index=False)
    index = models.PositiveIntegerField()
    # The row's number in the file of an import.
    number = models.PositiveIntegerField(null=True)
    # What is sent. None: it was removed when its time was over.
    fields = JSONTextField(null=True)
    # Of the fields: equal for equal values. Empty once they were removed.
    digest = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=16, choices=Status, default=Status.WAITING)
    task_id = models.PositiveBigIntegerField(null=True)
    error_field = models.CharField(max_length=200, blank=True)
    error_message = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["index"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "index"], name="an_index_is_used_once_a_submission")
        ]
        # Partial: rows that wait or went well cost nothing here.
        indexes: ClassVar = [
            models.Index(
                fields=["submission", "index"], condition=Q(status="rejected"), name="submissions_rejected_rows"
            ),
            models.Index(fields=["task_id"], condition=Q(task_id__isnull=False), name="submissions_rows_by_task"),
            models.Index(fields=["digest"], condition=~Q(digest=""), name="submissions_rows_by_digest"),
        ]


class UnattributedTask(models.Model):
    """A task that a submission made, where nobody said by which row."""

    submission = models.ForeignKey(Submission, models.CASCADE, related_name="unattributed_tasks", db_index=False)
    task_id = models.PositiveBigIntegerField(db_index=True)

    class Meta:
        ordering: ClassVar = ["task_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["submission", "task_id"], name="an_unattributed_task_is_listed_once")
        ]


class Export(models.Model):
    """Submissions on their way into a file: see exports. It lies here in parts, for a day."""

    class Status(models.TextChoices):
        WORKING = "working", "Being put together"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="exports")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    format = models.CharField(max_length=4)
    # As LedgerForm reads them, and the zone in which its days are meant.
    filters = models.JSONField(default=dict)
    zone = models.CharField(max_length=64)
    status = models.CharField(max_length=16, choices=Status, default=Status.WORKING)
    # Rows that there are, as counted at the beginning; rows that are done, in so many parts; what comes next.
    total = models.PositiveBigIntegerField(null=True)
    done = models.PositiveBigIntegerField(default=0)
    part_count = models.PositiveIntegerField(default=0)
    last_id = models.UUIDField(null=True)
    last_at = models.DateTimeField(null=True)
    # Fields met so far, in the order in which they were met.
    names = models.JSONField(default=list)
    # Whoever moves it forward makes the next part. None: nothing is to be done.
    due_at = models.DateTimeField(null=True, default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"submissions as {self.format.upper()}"


class ExportPart(models.Model):
    """Some lines of an export, as compressed JSON."""

    export = models.ForeignKey(Export, models.CASCADE, related_name="parts", db_index=False)
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        ordering: ClassVar = ["number"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["export", "number"], name="a_part_is_made_once")]
