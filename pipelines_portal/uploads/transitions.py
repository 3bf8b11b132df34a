"""Every change of an upload's stage, and of its submission with it: compare-and-set, both in one transaction.

STEPS says what may follow what; docs/decisions/0065 shows it as a picture. A step is made only from what its caller
last saw: the stage, the API's upload id, the choice. Whoever loses a race gets False, and the upload as it stands now.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.http import Http404
from django.utils import timezone

from pipelines_portal.api_client import StartedUpload
from pipelines_portal.core.metrics.counted import UPLOADS_ENDED
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.sending import lease
from pipelines_portal.submissions.transitions import claim, forget_newest, note_newest, note_teams
from pipelines_portal.uploads.ending import tell_of_end
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.sender_lock import not_held

FIRST_POLL = timedelta(seconds=5)
FIRST_STATUS = timedelta(seconds=1)


class Step(Enum):
    OPEN = "open"  # the API gave a link, the first or a new one
    STORE = "store"  # someone says that the archive is in storage
    MISS = "miss"  # the API says that it is not
    ACCEPT = "accept"  # the API took the confirm
    GIVE_UP = "give up"  # the person cancels before the confirm
    END = "end"  # the API is done with it


STEPS: dict[Step, tuple[frozenset[str], frozenset[str]]] = {
    Step.OPEN: (frozenset({Stage.CHOSEN, Stage.UPLOADING}), frozenset({Stage.UPLOADING})),
    Step.STORE: (frozenset({Stage.UPLOADING}), frozenset({Stage.STORED})),
    Step.MISS: (frozenset({Stage.UPLOADING, Stage.STORED}), frozenset({Stage.UPLOADING})),
    Step.ACCEPT: (frozenset({Stage.UPLOADING, Stage.STORED}), frozenset({Stage.PROCESSING})),
    Step.GIVE_UP: (frozenset({Stage.CHOSEN, Stage.UPLOADING, Stage.STORED}), frozenset({Stage.CHOSEN})),
    Step.END: (frozenset({Stage.PROCESSING}), frozenset({Stage.COMPLETED, Stage.FAILED, Stage.CANCELLED})),
}
# No confirm is on the wire, and none whose answer got lost is unsettled.
NOTHING_OUT = Q(confirming_until=None)


def replace_choice(upload: ZipUpload, chosen: dict[str, Any]) -> bool:
    """Another check of the same page. False once it is on its way. Call in a transaction, with the new rows."""
    return _update(
        upload, Q(stage=Stage.CHOSEN), NOTHING_OUT, remote_upload_id=None, values=chosen | {"choice": F("choice") + 1}
    )


def open_link(upload: ZipUpload, started: StartedUpload) -> bool:
    """Keep the link the API gave for this choice. False when it is to be dropped: nobody will ever confirm it."""
    now = timezone.now()
    with transaction.atomic():
        opened = _step(
            upload, Step.OPEN, Stage.UPLOADING, NOTHING_OUT, choice=upload.choice,
            values={
                "remote_upload_id": started.upload_id, "link": started.upload_url,
                "expires_at": started.expires_at, "problem": "", "poll_count": 0, "next_poll_at": now + FIRST_POLL,
            },
        )  # fmt: skip
        if opened:
            forget_newest(upload.submission)
            note_teams(upload.submission)
    return opened


def mark_stored(upload: ZipUpload, tab: str) -> bool:
    """The tab that sends, or a person when none does, says that the archive is in storage."""
    values = {"stored_at": timezone.now(), "tab": "", "problem": ""}
    return _step(upload, Step.STORE, Stage.STORED, not_held() | Q(tab=tab), values=values)


def mark_missing(upload: ZipUpload, problem: str) -> bool:
    """The API says the archive is not in storage: it may be sent again, under the same link.

    `problem` for whoever said that it was there. False when someone said so while the API was asked.
    """
    told = {"problem": problem, "poll_count": 0} if upload.stage == Stage.STORED else {}
    values = {"stored_at": None, "confirming_until": None} | told
    return _step(upload, Step.MISS, Stage.UPLOADING, Q(stage=upload.stage), values=values)


def accept(upload: ZipUpload) -> bool:
    """The API took the confirm: the link has done its work, and the ledger says that tasks are being made."""
    now = timezone.now()
    values = {
        "link": "", "confirmed_at": now, "confirming_until": None, "problem": "", "tab": "", "poll_count": 0,
        "next_poll_at": now + FIRST_STATUS,
    }  # fmt: skip
    with transaction.atomic():
        accepted = _step(upload, Step.ACCEPT, Stage.PROCESSING, values=values)
        if accepted:
            claim(upload.submission, None, until=None)
    return accepted


def give_up(upload: ZipUpload, problem: str = "") -> bool:
    """Back to an archive that was chosen and not sent. The API's side was never confirmed and expires."""
    values = {
        "remote_upload_id": None, "link": "", "expires_at": None, "next_poll_at": None, "problem": problem,
        "tab": "", "stored_at": None,
    }  # fmt: skip
    return _step(upload, Step.GIVE_UP, Stage.CHOSEN, NOTHING_OUT, values=values)


def end(upload: ZipUpload, stage: str, problem: str, record: Callable[[Submission], object]) -> bool:
    """The API is done with it: `record` writes into the ledger, in the same transaction, what came of it."""
    values = {"problem": problem, "ended_at": timezone.now(), "next_poll_at": None, "link": ""}
    with transaction.atomic():
        ended = _step(upload, Step.END, stage, values=values)
        if ended:
            record(upload.submission)
            tell_of_end(upload)
            transaction.on_commit(UPLOADS_ENDED.labels(str(stage)).inc)
    return ended


def lose(upload: ZipUpload, problem: str, record: Callable[[Submission], object]) -> bool:
    """Nobody will ever say what came of it, though it was confirmed, or may have been."""
    with transaction.atomic():
        if upload.stage != Stage.PROCESSING:
            accept(upload)
        return end(upload, Stage.FAILED, problem, record)


def begin_confirm(upload: ZipUpload, newest: int) -> bool:
    """Before the confirm is sent, so that nobody cancels or renews what is being confirmed. `newest` task before it.

    False while another confirm is on the wire, or the archive is on its way from a tab.
    """
    may_confirm = Q(stage=Stage.STORED) | (Q(stage=Stage.UPLOADING) & not_held())
    with transaction.atomic():
        begun = _update(
            upload, may_confirm & _free_to_confirm() & Q(confirming_until=upload.confirming_until),
            remote_upload_id=upload.remote_upload_id,
            values={"confirming_until": timezone.now() + lease()},
        )  # fmt: skip
        if begun:
            note_newest(upload.submission, newest)
    return begun


def end_confirm(upload: ZipUpload, *, is_uncertain: bool) -> None:
    """The confirm this process sent came back without success; `is_uncertain`: it may have been taken all the same."""
    seen = upload.confirming_until
    until = timezone.now() if is_uncertain else None
    _update(
        upload, Q(confirming_until=seen), remote_upload_id=upload.remote_upload_id, values={"confirming_until": until}
    )


def claim_poll(upload: ZipUpload, seen: datetime | None, length: timedelta) -> bool:
    """Whether `upload` still stood at `seen`: then it is ours to ask for, for `length`."""
    return _update(upload, Q(next_poll_at=seen), values={"next_poll_at": timezone.now() + length})


def schedule_poll(
    upload: ZipUpload,
    delay: timedelta | None,
    *,
    problem: str | None = None,
    restart: bool = False,
    waits_for_key: bool = False,
) -> bool:
    """When to ask next; None: not by itself. Nothing when it stands elsewhere by now."""
    at = None if delay is None else timezone.now() + delay
    told = {} if problem is None else {"problem": problem}
    count = 0 if restart else F("poll_count") + 1
    values = {"next_poll_at": at, "poll_count": count, "waits_for_key": waits_for_key} | told
    return _update(upload, Q(stage=upload.stage), remote_upload_id=upload.remote_upload_id, values=values)


def go_on(upload: ZipUpload) -> bool:
    """The key that kept it from going on can be used again: it is asked for at once."""
    values = {"next_poll_at": timezone.now(), "waits_for_key": False, "poll_count": 0}
    return _update(upload, Q(waits_for_key=True), values=values)


def reload(upload: ZipUpload) -> None:
    """Raises Http404 when the choice was dropped meanwhile."""
    try:
        upload.refresh_from_db(from_queryset=ZipUpload.objects.with_submission())
    except ZipUpload.DoesNotExist:
        raise Http404 from None


def _free_to_confirm() -> Q:
    """Times farther off than any that is set were set before the clock was set back."""
    now = timezone.now()
    return Q(confirming_until=None) | Q(confirming_until__lte=now) | Q(confirming_until__gt=now + 2 * lease())


def _step(upload: ZipUpload, step: Step, to: str, *only: Q, values: dict[str, Any], **seen: Any) -> bool:
    sources, targets = STEPS[step]
    if to not in targets:
        raise ValueError(f"{step.value} does not lead to {to}.")
    seen = {"remote_upload_id": upload.remote_upload_id, "stage__in": sources} | seen
    return _update(upload, *only, values=values | {"stage": to}, **seen)


def _update(upload: ZipUpload, *only: Q, values: dict[str, Any], **seen: Any) -> bool:
    """The one UPDATE of an upload. `upload` is read again whether it was made or not."""
    made = ZipUpload.objects.filter(*only, pk=upload.pk, **seen).update(**values)
    reload(upload)
    return bool(made)
