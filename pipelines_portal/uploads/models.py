"""An archive on its way: one row from the choice to the last answer, so that every step survives a reload."""

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import OpenedWorkflow


class Stage(models.TextChoices):
    """Where it stands. The ledger's state says what came of it; this says which page comes next."""

    CHOSEN = "chosen", "Chosen"  # checked; the API knows nothing of it
    UPLOADING = "uploading", "Uploading"  # the API gave a link; the archive may be on its way
    STORED = "stored", "Stored"  # the archive is said to be in storage; confirm is under way
    PROCESSING = "processing", "Processing"  # confirmed
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


OVER = (Stage.COMPLETED, Stage.FAILED, Stage.CANCELLED)


class ZipUploads(models.QuerySet["ZipUpload"]):
    def with_submission(self) -> "ZipUploads":
        """Without what only the first and the last page show, which may be large."""
        return self.select_related("submission__key", "submission__owner").defer("entries", "preview")


class ZipUpload(models.Model):
    """Whose it is, with which key and workflow, and its rows are the submission's to say."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.OneToOneField(Submission, models.CASCADE, related_name="zip_upload")
    created_at = models.DateTimeField(default=timezone.now)

    # The file, as checked in the browser: enough to tell after a reload whether it is the same one.
    file_name = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField()
    fingerprint = models.CharField(max_length=64, blank=True)  # static/js/zip-upload/chosen-file.js
    # Made in the browser of a folder, so many of its outer folders left out; null: it was a ZIP file already.
    levels_left_out = models.PositiveSmallIntegerField(null=True)
    task_count = models.PositiveIntegerField()
    # Whether the submission's rows go along with the init; else the API derives them from the archive (S149).
    sends_rows = models.BooleanField(default=False)
    # The archive's entry behind each task, by index, at most 5,000, so that a row error names it.
    entries = JSONTextField(default=list)
    # What step 1 showed, bounded, for the steps after it.
    preview = JSONTextField(default=dict)

    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.CHOSEN)
    # Counts the checks that took the choice's place, so that a link asked for one is never used for the next.
    choice = models.PositiveIntegerField(default=1)
    remote_upload_id = models.UUIDField(null=True, editable=False)
    # The presigned URL: it lets anyone write the archive until it expires, and is stored only until it is used.
    link = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(null=True)
    # While a confirm is on the wire, until when at most; past that, or when its answer got lost, nobody knows.
    confirming_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # What keeps it from going on, in a sentence for the person; a step that succeeds blanks it.
    problem = models.TextField(blank=True)

    # The tab that is sending, and when it was last heard of.
    tab = models.CharField(max_length=40, blank=True)
    tab_seen_at = models.DateTimeField(null=True)

    # The asking stopped because of the key: rejected, or not the sender's to use any more. It goes on by itself.
    waits_for_key = models.BooleanField(default=False)
    # When someone asks the API next. Whoever moves it forward does the asking: page or worker, never both.
    next_poll_at = models.DateTimeField(null=True, db_index=True)
    poll_count = models.PositiveIntegerField(default=0)

    objects = ZipUploads.as_manager()
    # Of one that was read for its page: see access.
    opened: OpenedWorkflow

    class Meta:
        ordering: ClassVar = ["-created_at"]
        indexes: ClassVar = [
            models.Index(
                fields=["fingerprint", "-created_at"], condition=~Q(fingerprint=""), name="uploads_of_the_same_contents"
            )
        ]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.stage})"

    @property
    def expected_count(self) -> int:
        """How many tasks step 1 foretold; the API rejects the rest."""
        return int(self.preview.get("good_count", self.task_count))

    @property
    def rejected_count(self) -> int:
        """How many rows step 1 foretold that no task comes of."""
        return self.task_count - self.expected_count

    @property
    def labels(self) -> dict[str, str]:
        """The fields' titles by name, as step 1 knew them."""
        return dict(self.preview.get("labels", {}))

    @property
    def is_made_of_a_folder(self) -> bool:
        return self.levels_left_out is not None

    @property
    def place(self) -> tuple[int, uuid.UUID]:
        """Workflow and upload as the API's addresses name them. Ask only one that had a link."""
        if self.remote_upload_id is None:
            raise ValueError("The API knows nothing of this upload.")
        return self.submission.workflow_id, self.remote_upload_id

    @property
    def is_over(self) -> bool:
        return self.stage in OVER

    @property
    def may_be_discarded(self) -> bool:
        """Whether the API knows nothing of it that could still become tasks."""
        return self.stage == Stage.CHOSEN or self.is_over

    @property
    def has_live_link(self) -> bool:
        return bool(self.link) and self.expires_at is not None and self.expires_at > timezone.now()


class RowsFile(models.Model):
    """A file of rows that a page had no time to read: the worker reads it, and the page asks again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    # Equal for the same file, read for the same fields: the page sends it again each time it asks.
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    # Empty once it was read.
    data = models.BinaryField()
    schema = models.JSONField()
    is_read = models.BooleanField(default=False)
    # Its rows and remarks, or what is wrong with it and what to do.
    result = JSONTextField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    # From then on another job may be started for it: the worker may have been killed.
    due_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "digest"], name="a_rows_file_is_read_once")]

    def __str__(self) -> str:
        return self.name
