"""Whether the same archive was uploaded before: a warning, which never blocks. See docs/decisions/0033."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.models import Stage, ZipUpload

SHOWN = 3


@dataclass(frozen=True)
class EarlierUpload:
    """One that had the same contents. `is_open` says whether this person may look at it."""

    upload: ZipUpload
    is_mine: bool
    is_open: bool

    @property
    def submission(self) -> Submission:
        return self.upload.submission


def earlier_uploads(user: User, upload: ZipUpload) -> list[EarlierUpload]:
    """The newest with the same contents, to the same workflow, with whichever key this person may use."""
    if not upload.fingerprint:
        return []
    same = ZipUpload.objects.with_submission().filter(
        _went_up(),
        fingerprint=upload.fingerprint,
        size_bytes=upload.size_bytes,
        submission__workflow_id=upload.submission.workflow_id,
        submission__key__in=SavedKey.objects.usable_by(user),
    )
    found = list(same.exclude(pk=upload.pk).order_by("-created_at")[:SHOWN])
    visible = Submission.objects.visible_to(user).filter(pk__in=[each.submission_id for each in found])
    open_to_them = set(visible.values_list("pk", flat=True))
    return [
        EarlierUpload(each, each.submission.owner_id == user.pk, each.submission_id in open_to_them) for each in found
    ]


def _went_up() -> Q:
    """Not those that were only checked, or whose link ran out without a confirm: of these nothing came."""
    is_alive = Q(expires_at__gt=timezone.now()) | Q(confirming_until__isnull=False)
    return ~Q(stage__in=(Stage.CHOSEN, Stage.UPLOADING)) | (Q(stage=Stage.UPLOADING) & is_alive)
