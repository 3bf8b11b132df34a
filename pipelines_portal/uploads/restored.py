"""After a restore: an archive on its way may have been confirmed since, or called off and sent in another way."""

from django.utils import timezone

from pipelines_portal.uploads.models import Stage, ZipUpload

RESTORED = (
    "The portal was restored from a backup, and this ZIP file may have been sent after that was made. Look at the "
    "workflow's tasks before you go on."
)


def stop_restored() -> None:
    """Let nothing but a person confirm an upload. Of those that were confirmed, the API is asked at once."""
    unconfirmed = ZipUpload.objects.filter(stage__in=(Stage.UPLOADING, Stage.STORED))
    unconfirmed.update(problem=RESTORED, next_poll_at=None, tab="", tab_seen_at=None)
    ZipUpload.objects.filter(stage=Stage.PROCESSING).update(next_poll_at=timezone.now(), poll_count=0)
