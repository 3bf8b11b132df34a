"""What uploads do when another room says that something happened."""

from typing import Any

from django.dispatch import receiver

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.signals import key_became_usable
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.signals import payload_goes
from pipelines_portal.uploads.jobs import resume_waiting
from pipelines_portal.uploads.models import ZipUpload


@receiver(key_became_usable)
def go_on_with_the_key(sender: type[SavedKey], key: SavedKey, **more: Any) -> None:
    """What had stopped because of the key is asked for at once."""
    resume_waiting(key)


@receiver(payload_goes)
def drop_what_the_archive_held(sender: type[Submission], submission: Submission, **more: Any) -> None:
    """Names of files may say as much as values do."""
    ZipUpload.objects.filter(submission=submission).update(entries=[], preview={})
