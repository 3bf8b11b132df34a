"""Whether what a person is to be mailed of is still so: it may be settled by the time the mail goes."""

from collections.abc import Callable

from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.core.times import machine
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.notifications.models import Notification, ToldTask
from pipelines_portal.submissions.models import Submission
from pipelines_portal.task_index.models import LISTED, IndexedTask
from pipelines_portal.uploads.models import ZipUpload


def is_still_so(news: Notification) -> bool:
    """By its subject. What no function below knows stays so."""
    what, _, rest = news.subject.partition(":")
    check = _CHECKS.get(what)
    return check is None or check(news, rest)


def _is_unknown(news: Notification, rest: str) -> bool:
    number, attempt = rest.split(":")
    return Submission.objects.filter(pk=number, attempt=attempt, status=Submission.Status.UNCONFIRMED).exists()


def _is_rejected(news: Notification, rest: str) -> bool:
    number, _, at = rest.partition(":")
    key = SavedKey.objects.filter(pk=number).first()
    return key is not None and key.rejected_at is not None and machine(key.rejected_at) == at


def _ends(news: Notification, rest: str) -> bool:
    number, _, at_and_step = rest.partition(":")
    key = SavedKey.objects.filter(pk=number, owner=news.person).first()
    return key is not None and key.expires_at is not None and machine(key.expires_at) == at_and_step.rpartition(":")[0]


def _is_owned(news: Notification, rest: str) -> bool:
    return SavedKey.objects.filter(pk=rest.partition(":")[0], owner=news.person).exists()


def _ended(news: Notification, rest: str) -> bool:
    """Tell whether the import or upload that stopped has not been continued since."""
    what, number, times = rest.split(":")
    if what == "upload":
        return ZipUpload.objects.filter(pk=number, submission__attempt=times).exists()
    import_job = (
        ImportJob.objects.filter(pk=number)
        .exclude(status__in=(ImportJob.Status.SENDING, ImportJob.Status.DELETED))
        .first()
    )
    return import_job is not None and import_job.submissions.count() == int(times)


def _is_handed_over(news: Notification, rest: str) -> bool:
    number = rest.partition(":")[0]
    return ImportJob.objects.filter(pk=number, owner=news.person).exclude(status=ImportJob.Status.DELETED).exists()


def _needs_attention(news: Notification, rest: str) -> bool:
    """At least one of the tasks."""
    index = int(rest)
    told = ToldTask.objects.filter(index=index, person=news.person).values("task_id")
    tasks = IndexedTask.objects.filter(LISTED, index=index, status__in=NEEDS_ATTENTION)
    return tasks.filter(task_id__in=told).exists()


_CHECKS: dict[str, Callable[[Notification, str], bool]] = {
    "unknown": _is_unknown, "key-rejected": _is_rejected, "key-ends": _ends, "key-owned": _is_owned, "ended": _ended,
    "attention": _needs_attention, "handed-over": _is_handed_over,
}  # fmt: skip
