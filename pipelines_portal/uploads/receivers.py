"""Receivers of signals about keys and submissions."""

from typing import Any

from django.dispatch import receiver

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.signals import key_became_usable
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.signals import outcome_written, values_dropped
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.polling import resume_waiting


@receiver(key_became_usable)
def resume_uploads(sender: type[SavedKey], key: SavedKey, **more: Any) -> None:
    """Resume the uploads that waited for the key."""
    resume_waiting(key)


@receiver(values_dropped)
def remove_names_of_files(sender: type[Submission], submission: Submission, **more: Any) -> None:
    """Remove the names of files with the values, because they may reveal as much."""
    ZipUpload.objects.filter(submission=submission).update(entries=[], preview={})


@receiver(outcome_written)
def settle_held_upload(sender: type[Submission], submission: Submission, **more: Any) -> None:
    """Let an upload that was held after a restore follow the decision, in the transaction that recorded it."""
    if submission.kind == Submission.Kind.ZIP and submission.is_decided_by_person:
        open_stages = (Stage.CHOSEN, Stage.UPLOADING, Stage.STORED)
        held = ZipUpload.objects.with_submission().filter(submission=submission, stage__in=open_stages).first()
        if held is not None:
            held.settle_held()
