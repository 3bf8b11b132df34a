"""A ZIP upload, from the choice of the archive to the last answer. Every step is stored, so that it survives a reload.

Each step is one UPDATE that compares what the caller last saw: the stage, the API's upload id and the choice. The loser
of a race gets False, and the upload is read again. Steps that concern the submission change it in the same transaction.
"""

import uuid
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.http import Http404
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.api_client import StartedUpload
from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.core.metrics import UPLOADS_ENDED
from pipelines_portal.submissions.kept_rules import BreaksRules, require_kept_rules
from pipelines_portal.submissions.models import Submission, ValuesUsed
from pipelines_portal.submissions.outcomes import Outcome, unconfirmed
from pipelines_portal.submissions.sending import lease
from pipelines_portal.submissions.sent_rows import lock_comparison
from pipelines_portal.submissions.signals import BatchEnd, batch_ended
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.once import once_rules
from pipelines_portal.workflows.rules.stored import rules_for

FIRST_POLL = timedelta(seconds=5)
FIRST_STATUS = timedelta(seconds=1)
# A tab that is silent for longer has stopped sending. Browsers slow the timers of hidden pages to a minute.
TAB_SILENCE = timedelta(seconds=90)


class Stage(models.TextChoices):
    """The step of the wizard. The submission's status says what came of the upload."""

    CHOSEN = "chosen", "Chosen"  # checked; the API does not know it
    UPLOADING = "uploading", "Uploading"  # the API gave a link; the archive may be on its way
    STORED = "stored", "Stored"  # the archive was reported as stored, and is being confirmed
    PROCESSING = "processing", "Processing"  # confirmed
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"
    CANCELLED = "cancelled", "Cancelled"


class UploadStep(Enum):
    OPEN = "open"  # the API gave a link, the first or a new one
    STORE = "store"  # a tab or a person reports that the archive is stored
    MISS = "miss"  # the API says that it is not
    ACCEPT = "accept"  # the API accepted the confirm
    GIVE_UP = "give up"  # a person cancels before the confirm
    END = "end"  # the API finished it
    SETTLE = "settle"  # a person decided after a restore that it had created tasks


OVER = (Stage.COMPLETED, Stage.FAILED, Stage.CANCELLED)
# The stages from which each step leads, and those to which it leads.
STEPS: dict[UploadStep, tuple[frozenset[str], frozenset[str]]] = {
    UploadStep.OPEN: (frozenset({Stage.CHOSEN, Stage.UPLOADING}), frozenset({Stage.UPLOADING})),
    UploadStep.STORE: (frozenset({Stage.UPLOADING}), frozenset({Stage.STORED})),
    UploadStep.MISS: (frozenset({Stage.UPLOADING, Stage.STORED}), frozenset({Stage.UPLOADING})),
    UploadStep.ACCEPT: (frozenset({Stage.UPLOADING, Stage.STORED}), frozenset({Stage.PROCESSING})),
    UploadStep.GIVE_UP: (frozenset({Stage.CHOSEN, Stage.UPLOADING, Stage.STORED}), frozenset({Stage.CHOSEN})),
    UploadStep.END: (frozenset({Stage.PROCESSING}), frozenset(OVER)),
    UploadStep.SETTLE: (frozenset({Stage.CHOSEN, Stage.UPLOADING, Stage.STORED}), frozenset({Stage.COMPLETED})),
}
# No confirm is being sent, and none has an unconfirmed outcome.
NO_OPEN_CONFIRM = Q(confirming_until=None)


class ZipUploads(models.QuerySet["ZipUpload"]):
    def with_submission(self) -> "ZipUploads":
        """Return uploads with their submissions, without the large columns that only the first and last page show."""
        return self.select_related("submission__key", "submission__owner").defer("entries", "preview")


class ZipUpload(models.Model):
    """An archive on its way. Its owner, key, workflow and rows are those of the submission."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    submission = models.OneToOneField(Submission, models.CASCADE, related_name="zip_upload")
    created_at = models.DateTimeField(default=timezone.now)

    # The file as the browser checked it. After a reload, this tells whether it is the same file.
    file_name = models.CharField(max_length=255)
    size_bytes = models.PositiveBigIntegerField()
    fingerprint = models.CharField(max_length=64, blank=True)  # static/js/zip-upload/chosen-file.js
    # The number of outer folders that the browser left out when it zipped a folder. None for a chosen ZIP file.
    levels_left_out = models.PositiveSmallIntegerField(null=True)
    task_count = models.PositiveIntegerField()
    # The submission's rows are sent when the upload starts. Otherwise the API derives them from the archive (S149).
    sends_rows = models.BooleanField(default=False)
    # The number of rows with errors, which are not sent. The preview has the first of them.
    rows_left_out = models.PositiveIntegerField(default=0)
    # The archive's entry for each task, at most 5,000, so that an error of a row can name it.
    entries = JSONTextField(default=list)
    # The preview of step 1, of limited size, for the steps after it.
    preview = JSONTextField(default=dict)

    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.CHOSEN)
    # The number of the choice, so that a link for one choice is never used for the next.
    choice = models.PositiveIntegerField(default=1)
    remote_upload_id = models.UUIDField(null=True, editable=False)
    # The presigned URL. It lets anyone write the archive until it expires, so it is stored only until it is used.
    link = models.TextField(blank=True)
    expires_at = models.DateTimeField(null=True)
    stored_at = models.DateTimeField(null=True)
    # The latest end of the confirm that is being sent. After that, or after a lost answer, its outcome is unconfirmed.
    confirming_until = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # A sentence for people: why it does not continue. A step that succeeds clears it.
    problem = models.TextField(blank=True)

    # The browser tab that is sending, and its last heartbeat.
    tab = models.CharField(max_length=40, blank=True)
    tab_seen_at = models.DateTimeField(null=True)

    # Polling stopped because the key is rejected or the sender may not use it. It resumes when that is over.
    waits_for_key = models.BooleanField(default=False)
    # The time of the next poll. The page or worker that moves it forward does the polling.
    next_poll_at = models.DateTimeField(null=True, db_index=True)
    poll_count = models.PositiveIntegerField(default=0)

    objects = ZipUploads.as_manager()
    # Set on an upload that was read for its page: see permissions.
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

    def get_absolute_url(self) -> str:
        """Return the page for its stage, or the one on which a person decides after a restore."""
        if self.is_held:
            return reverse("submissions:detail", args=[self.submission_id])
        return reverse(self.page, args=[self.submission.key_id, self.submission.workflow_id, self.pk])

    @property
    def page(self) -> str:
        """The URL name of the page for its stage."""
        if self.is_held:
            return "submissions:detail"
        if self.stage in (Stage.CHOSEN, Stage.UPLOADING):
            return "uploads:send"
        return "uploads:confirm" if self.stage == Stage.STORED else "uploads:result"

    @property
    def has_result(self) -> bool:
        """Whether the page of its result has more to say than that of its submission, where a person decides."""
        return self.page == "uploads:result" and self.submission.status != Submission.Status.UNCONFIRMED

    @property
    def expected_count(self) -> int:
        """The number of tasks that step 1 expected. The API rejects the rest."""
        return int(self.preview.get("good_count", self.task_count))

    @property
    def rejected_count(self) -> int:
        """The number of rows that step 1 expected to be rejected."""
        return self.task_count - self.expected_count

    @property
    def labels(self) -> dict[str, str]:
        """The fields' titles by name, as step 1 knew them."""
        return dict(self.preview.get("labels", {}))

    @property
    def has_one_file_field(self) -> bool:
        """Whether only one field takes a file, as step 1 knew it. Then files in folders make no tasks."""
        return bool(self.preview.get("has_one_file_field"))

    @property
    def is_made_of_a_folder(self) -> bool:
        return self.levels_left_out is not None

    @property
    def remote_ids(self) -> tuple[int, uuid.UUID]:
        """The ids of the workflow and the upload in the API's URLs. Raise ValueError if there was never a link."""
        if self.remote_upload_id is None:
            raise ValueError("The API knows nothing of this upload.")
        return self.submission.workflow_id, self.remote_upload_id

    @property
    def is_over(self) -> bool:
        return self.stage in OVER

    @property
    def is_held(self) -> bool:
        """Whether it may have been confirmed between the backup and the restore, which a person has to decide."""
        is_open = self.stage in (Stage.CHOSEN, Stage.UPLOADING, Stage.STORED)
        return is_open and self.submission.status == Submission.Status.UNCONFIRMED

    @property
    def may_be_discarded(self) -> bool:
        """Whether the API has nothing of it that could still become tasks."""
        return self.stage == Stage.CHOSEN or self.is_over

    @property
    def has_live_link(self) -> bool:
        return bool(self.link) and self.expires_at is not None and self.expires_at > timezone.now()

    # Steps

    def replace_choice(self, values: dict[str, Any]) -> bool:
        """Replace the choice by another check of the same page. Call in the transaction that writes the new rows.

        Return False if the upload was started.
        """
        values = values | {"choice": F("choice") + 1}
        return self._update(
            Q(stage=Stage.CHOSEN), NO_OPEN_CONFIRM, _is_not_held(), remote_upload_id=None, values=values
        )

    def store_link(self, started: StartedUpload) -> bool:
        """Store the link for this choice. If this returns False, the link is dropped and nobody will confirm it."""
        values = {
            "remote_upload_id": started.upload_id, "link": started.upload_url, "expires_at": started.expires_at,
            "problem": "", "poll_count": 0, "next_poll_at": timezone.now() + FIRST_POLL,
        }  # fmt: skip
        with transaction.atomic():
            conditions = (NO_OPEN_CONFIRM, _is_not_held())
            is_stored = self._take_step(
                UploadStep.OPEN, Stage.UPLOADING, *conditions, choice=self.choice, values=values
            )
            if is_stored:
                self.submission.forget_newest()
                self.submission.record_teams()
        return is_stored

    def mark_stored(self, tab: str) -> bool:
        """Record that the archive is stored, as reported by the tab that sends, or by a person if no tab sends."""
        values = {"stored_at": timezone.now(), "tab": "", "problem": ""}
        return self._take_step(UploadStep.STORE, Stage.STORED, is_unlocked() | Q(tab=tab), values=values)

    def mark_missing(self, problem: str) -> bool:
        """Record that the API does not have the archive, so that it can be sent again with the same link.

        `problem` is for the person who reported it as stored. Return False if it was reported during the request.
        """
        report = {"problem": problem, "poll_count": 0} if self.stage == Stage.STORED else {}
        values = {"stored_at": None, "confirming_until": None} | report
        return self._take_step(UploadStep.MISS, Stage.UPLOADING, Q(stage=self.stage), values=values)

    def accept(self) -> bool:
        """Record that the API accepted the confirm. The submission is being sent from now on."""
        now = timezone.now()
        values = {
            "link": "", "confirmed_at": now, "confirming_until": None, "problem": "", "tab": "", "poll_count": 0,
            "next_poll_at": now + FIRST_STATUS,
        }  # fmt: skip
        with transaction.atomic():
            is_accepted = self._take_step(UploadStep.ACCEPT, Stage.PROCESSING, values=values)
            if is_accepted:
                self.submission.claim(None, until=None)
        return is_accepted

    def give_up(self, problem: str = "") -> bool:
        """Return to a chosen archive that was not sent. The API's upload was never confirmed, and expires."""
        values = {
            "remote_upload_id": None, "link": "", "expires_at": None, "next_poll_at": None, "problem": problem,
            "tab": "", "stored_at": None,
        }  # fmt: skip
        return self._take_step(UploadStep.GIVE_UP, Stage.CHOSEN, NO_OPEN_CONFIRM, values=values)

    def end(self, stage: str, problem: str, outcome: Outcome) -> bool:
        """End it, record the outcome at its submission, and notify the owner, in one transaction."""
        values = {"problem": problem, "ended_at": timezone.now(), "next_poll_at": None, "link": ""}
        with transaction.atomic():
            is_ended = self._take_step(UploadStep.END, stage, values=values)
            if is_ended:
                self.submission.record(outcome)
                self._notify_end()
                transaction.on_commit(UPLOADS_ENDED.labels(str(stage)).inc)
        return is_ended

    def settle_held(self) -> None:
        """Follow what a person decided after a restore: it is over if it had created tasks, and goes on if not."""
        if self.submission.is_over:
            values = {"problem": "", "ended_at": timezone.now(), "next_poll_at": None, "link": ""}
            self._take_step(UploadStep.SETTLE, Stage.COMPLETED, values=values)
        elif self.submission.status == Submission.Status.DRAFT:
            is_sent = self.stage in (Stage.UPLOADING, Stage.STORED)
            self._update(values={"problem": "", "next_poll_at": timezone.now() if is_sent else None})

    def end_unconfirmed(self, problem: str) -> bool:
        """End it without an outcome, though it was confirmed or may have been."""
        with transaction.atomic():
            if self.stage != Stage.PROCESSING:
                self.accept()
            return self.end(Stage.FAILED, problem, unconfirmed(problem))

    def _notify_end(self) -> None:
        if self.stage == Stage.CANCELLED:
            return
        # Read again: the outcome has just been recorded.
        submission = Submission.objects.select_related("owner").get(pk=self.submission_id)
        if submission.status == Submission.Status.UNCONFIRMED:
            return  # people are notified of that until somebody decides
        created, rejected = submission.success_count, submission.error_count
        counts = [
            f"{created:,} created",
            *([f"{rejected:,} rejected"] if rejected else []),
            *([f"{self.rows_left_out:,} not sent"] if self.rows_left_out else []),
        ]
        ended = f"{self.file_name} uploaded: {', '.join(counts)}"
        is_good = submission.status == Submission.Status.CREATED and not self.rows_left_out
        end = BatchEnd(
            person=submission.owner,
            subject=f"upload:{self.pk}:{submission.attempt}",
            title=ended if created else f"{self.file_name} failed",
            sentence=f"Upload to {submission.workflow_name}",
            address=reverse("submissions:detail", args=[submission.pk]),
            tone="finished" if is_good else "warning",
        )
        batch_ended.send(ZipUpload, end=end)

    def start_confirm(self, newest: int) -> bool:
        """Record that a confirm is about to be sent, so that nobody cancels it or renews its link meanwhile.

        `newest` is the newest task before it. Return False if another confirm is being sent, or if a tab is sending.
        It is given up if a row breaks a rule now, or if another row has used its value.
        """
        can_confirm = Q(stage=Stage.STORED) | (Q(stage=Stage.UPLOADING) & is_unlocked())
        is_as_seen = Q(confirming_until=self.confirming_until, remote_upload_id=self.remote_upload_id)
        values = {"confirming_until": timezone.now() + lease()}
        try:
            with transaction.atomic():
                submission = self.submission
                if once := once_rules(rules_for(submission.key_id, submission.workflow_id)):
                    lock_comparison(submission.key_id, submission.workflow_id)
                can_start = can_confirm & _can_start_confirm() & is_as_seen & _is_not_held()
                is_started = self._update(can_start, values=values)
                if is_started:
                    submission.record_newest(newest)
                    if self.sends_rows:
                        require_kept_rules(submission)
                    submission.use_values(once, submission.rows_with_values())
        except (ValuesUsed, BreaksRules) as error:
            self.reload()
            self.give_up(f"{error} Choose the files again to see which rows.")
            return False
        return is_started

    def end_confirm(self, *, is_unconfirmed: bool) -> None:
        """Record that a confirm failed. If it is unconfirmed, the API may have accepted it."""
        is_as_seen = Q(confirming_until=self.confirming_until, remote_upload_id=self.remote_upload_id)
        self._update(is_as_seen, values={"confirming_until": timezone.now() if is_unconfirmed else None})

    def _take_step(self, step: UploadStep, to: str, *conditions: Q, values: dict[str, Any], **seen: Any) -> bool:
        sources, targets = STEPS[step]
        if to not in targets:
            raise ValueError(f"{step.value} does not lead to {to}.")
        seen = {"remote_upload_id": self.remote_upload_id, "stage__in": sources} | seen
        return self._update(*conditions, values=values | {"stage": to}, **seen)

    def _update(self, *conditions: Q, values: dict[str, Any], **seen: Any) -> bool:
        """Update the row if it is as the caller saw it, and read it again in both cases."""
        is_updated = ZipUpload.objects.filter(*conditions, pk=self.pk, **seen).update(**values)
        self.reload()
        return bool(is_updated)

    def reload(self) -> None:
        """Read it again. Raise Http404 if the choice was discarded."""
        try:
            self.refresh_from_db(from_queryset=ZipUpload.objects.with_submission())
        except ZipUpload.DoesNotExist:
            raise Http404 from None

    # Polling

    def claim_poll(self, seen: datetime | None, length: timedelta) -> bool:
        """Claim the poll for `length` if its time is still `seen`."""
        return self._update(Q(next_poll_at=seen), values={"next_poll_at": timezone.now() + length})

    def schedule_poll(
        self,
        delay: timedelta | None,
        *,
        problem: str | None = None,
        restart: bool = False,
        waits_for_key: bool = False,
    ) -> bool:
        """Set the time of the next poll, or stop polling if `delay` is None. Return False if the stage changed."""
        values = {
            "next_poll_at": None if delay is None else timezone.now() + delay,
            "poll_count": 0 if restart else F("poll_count") + 1,
            "waits_for_key": waits_for_key,
        } | ({} if problem is None else {"problem": problem})
        return self._update(Q(stage=self.stage), remote_upload_id=self.remote_upload_id, values=values)

    def resume_polling(self) -> bool:
        """Poll at once, since the key can be used again."""
        values = {"next_poll_at": timezone.now(), "waits_for_key": False, "poll_count": 0}
        return self._update(Q(waits_for_key=True), values=values)

    # The lock of the browser tab that sends

    @property
    def is_locked(self) -> bool:
        return bool(self.tab) and self.tab_seen_at is not None and self.tab_seen_at > timezone.now() - TAB_SILENCE

    def acquire_lock(self, tab: str, *, take_over: bool = False) -> bool:
        """Lock it for a tab. Return False if another tab is sending, unless the person takes over."""
        if not tab:
            return False
        rows = ZipUpload.objects.filter(pk=self.pk)
        rows = rows if take_over else rows.filter(is_unlocked() | Q(tab=tab))
        is_acquired = rows.update(tab=tab, tab_seen_at=timezone.now())
        self.refresh_from_db(fields=["tab", "tab_seen_at"])
        return bool(is_acquired)

    def renew_lock(self, tab: str) -> bool:
        """Record a heartbeat. Return False if another tab took over, so that this one has to stop."""
        return bool(tab) and bool(ZipUpload.objects.filter(pk=self.pk, tab=tab).update(tab_seen_at=timezone.now()))

    def release_lock(self, tab: str) -> None:
        ZipUpload.objects.filter(pk=self.pk, tab=tab).update(tab="", tab_seen_at=None)


def is_unlocked() -> Q:
    """Return the condition that no tab is sending."""
    return Q(tab="") | Q(tab_seen_at=None) | Q(tab_seen_at__lte=timezone.now() - TAB_SILENCE)


def _is_not_held() -> Q:
    """Return the condition that no person has to decide about it after a restore."""
    return ~Q(submission__in=Submission.objects.filter(status=Submission.Status.UNCONFIRMED))


def _can_start_confirm() -> Q:
    """Return the condition that no confirm is being sent. A time far away was set before the clock was set back."""
    now = timezone.now()
    return Q(confirming_until=None) | Q(confirming_until__lte=now) | Q(confirming_until__gt=now + 2 * lease())


class RowsFile(models.Model):
    """A file of rows that takes too long for a page. The worker reads it, and the page asks again."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    # The hash of the file. The page sends the file again each time it asks.
    digest = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    # Emptied when the file was read.
    data = models.BinaryField()
    is_read = models.BooleanField(default=False)
    # Its lines and remarks, or an error with advice.
    result = JSONTextField(default=dict)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    # After that another job may be started, because the worker may have been killed.
    due_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["owner", "digest"], name="a_rows_file_is_read_once")]

    def __str__(self) -> str:
        return self.name
