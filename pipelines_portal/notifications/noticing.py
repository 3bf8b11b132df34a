"""What the worker looks for once a minute. All of it may run twice, and in two workers at once."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, User
from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.core.tidying import remove_in_batches
from pipelines_portal.core.times import machine
from pipelines_portal.keys.expiry import due_reminder, first_reminder_limit, in_days
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.keys.permissions import may_use
from pipelines_portal.notifications.models import Kind, Notification, ToldTask, Watched
from pipelines_portal.notifications.telling import News, count_on, tell
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.task_index.models import LISTED, IndexedTask, WorkflowIndex

RECENT = timedelta(days=2)
# For so long after a task's trouble was read it is looked for whom to tell; a worker that is killed is away for less.
LOOKED_FOR = timedelta(hours=3)
KEPT_FOR = timedelta(days=90)
MOST = 500


def notice() -> None:
    notice_unknown()
    notice_keys()
    notice_tasks()


def notice_unknown() -> None:
    """Outcomes nobody knows: to who sent it, and to who leads them and may decide."""
    recent = Submission.objects.filter(status=Submission.Status.UNCONFIRMED, sent_at__gt=timezone.now() - RECENT)
    for submission in recent.select_related("owner", "key")[:MOST]:
        address = f"{reverse('submissions:detail', args=[submission.pk])}?look=1"
        subject = f"unknown:{submission.pk}:{submission.attempt}"
        title = f"{submission.label}: it is not known whether tasks were created"
        mine = News(Kind.UNKNOWN, subject, title, address, "Look what appeared, and decide.", "unconfirmed")
        tell(submission.owner, mine)
        theirs = News(Kind.TEAM, subject, title, address, f"{submission.owner} sent it.", "unconfirmed")
        for lead in _leads(submission):
            tell(lead, theirs)


def _leads(submission: Submission) -> QuerySet[User]:
    """Return those of the teams that it was sent through."""
    return _leads_of(submission.teams.values("pk"), but=submission.owner_id)


def _leads_of(teams: QuerySet[Any, Any], but: int) -> QuerySet[User]:
    leads = Membership.objects.filter(team__in=teams, is_lead=True)
    return User.objects.filter(pk__in=leads.values("user"), is_active=True).exclude(pk=but)


def notice_keys() -> None:
    """To owners: a key that the API rejects, or that ends soon. The first to leads of teams that share it, too."""
    troubled = Q(rejected_at__gt=timezone.now() - RECENT) | Q(expires_at__lt=first_reminder_limit())
    for key in SavedKey.objects.filter(troubled, owner__is_active=True).select_related("owner")[:MOST]:
        for news in filter(None, (_rejected(key), _ends(key))):
            tell(key.owner, news)
        if (for_leads := _rejected_for_leads(key)) is not None:
            shared_with = KeyShare.objects.filter(key=key, team__isnull=False).values("team")
            for lead in _leads_of(shared_with, but=key.owner_id):
                tell(lead, for_leads)


def _rejected(key: SavedKey) -> News | None:
    if key.rejected_at is None:
        return None
    subject = f"key-rejected:{key.pk}:{machine(key.rejected_at)}"
    sentence = "Nobody can work with its workflows until it is replaced."
    return News(Kind.KEY, subject, f"The key {key.name} is rejected", _page_of(key), sentence, "failed")


def _rejected_for_leads(key: SavedKey) -> News | None:
    news = _rejected(key)
    if news is None:
        return None
    sentence = f"Your team can't work with its workflows. Ask its owner, {key.owner.name_and_email}, to replace it."
    return replace(news, kind=Kind.TEAM, sentence=sentence)


def _ends(key: SavedKey) -> News | None:
    days = key.days_left()
    step = due_reminder(days)
    if key.expires_at is None or days is None or days < 0 or step is None:
        return None
    subject = f"key-ends:{key.pk}:{machine(key.expires_at)}:{step}"
    sentence = "Replace it before that, so that nobody stands still."
    return News(Kind.KEY, subject, f"The key {key.name} expires {in_days(days)}", _page_of(key), sentence, "warning")


def _page_of(key: SavedKey) -> str:
    return reverse("keys:detail", args=[key.pk])


def notice_tasks() -> None:
    """To senders: how many of their tasks came to need somebody, one line a workflow."""
    read = WorkflowIndex.objects.filter(open_as_of__isnull=False)
    for index in read.filter(workflow__isnull=False).select_related("workflow__key"):
        watched, is_new = Watched.objects.get_or_create(index=index)
        if not is_new:
            _notice_tasks_of(index, watched)


def _notice_tasks_of(index: WorkflowIndex, watched: Watched) -> None:
    """All of them, a piece after the other: of thousands that fail at once none is left out."""
    below = LARGEST_ID + 1
    while statuses := dict(_troubled(index, watched, below)):
        _tell_senders(index, statuses)
        below = min(statuses)


def _troubled(index: WorkflowIndex, watched: Watched, below: int) -> QuerySet[IndexedTask, tuple[int, str]]:
    """When it was read decides, not when it happened: nobody may have read for a night."""
    since = max(watched.since, timezone.now() - LOOKED_FOR)
    rows = IndexedTask.objects.filter(LISTED, index=index, status__in=NEEDS_ATTENTION, read_at__gt=since)
    came = rows.filter(Q(updated_at__gt=watched.since) | Q(updated_at=None), task_id__lt=below)
    return came.order_by("-task_id").values_list("task_id", "status")[:MOST]


def _tell_senders(index: WorkflowIndex, statuses: dict[int, str]) -> None:
    for person_id, task_ids in _by_sender(index, list(statuses)).items():
        try:
            _tell_of(index, person_id, {task_id: statuses[task_id] for task_id in task_ids})
        except IntegrityError:
            pass  # another worker tells of them


def _by_sender(index: WorkflowIndex, task_ids: list[int]) -> dict[int, set[int]]:
    """Of those that were sent from here, with the key of the index."""
    workflow = index.workflow
    found: dict[int, set[int]] = defaultdict(set)
    for kind in (SubmissionRow, UnattributedTask):
        sent = kind._default_manager.filter(task_id__in=task_ids, submission__key=workflow.key_id if workflow else None)
        here = sent.filter(submission__workflow_id=workflow.workflow_id if workflow else 0)
        for task_id, owner in here.values_list("task_id", "submission__owner"):
            found[owner].add(int(task_id or 0))
    return found


def _tell_of(index: WorkflowIndex, person_id: int, statuses: dict[int, str]) -> None:
    told = ToldTask.objects.filter(index=index, person=person_id, task_id__in=statuses).values_list("task_id", "status")
    new = set(statuses.items()) - set(told)
    person = User.objects.filter(pk=person_id, is_active=True).first()
    if not new or person is None or index.workflow is None or not may_use(person, index.workflow.key):
        return
    place = [index.workflow.key_id, index.workflow.workflow_id]
    news = News(Kind.ATTENTION, f"attention:{index.pk}", "", f"{reverse('tasks:list', args=place)}?status=attention")
    title = "{} of yours in " + index.workflow.name.replace("{", "{{").replace("}", "}}") + " came to need attention"
    with transaction.atomic():
        rows = (ToldTask(index=index, person=person, task_id=task_id, status=status) for task_id, status in new)
        ToldTask.objects.bulk_create(rows)
        count_on(person, news, len(new), title)


def forget_old_news() -> int:
    before = timezone.now() - KEPT_FOR
    told = remove_in_batches(ToldTask.objects.filter(at__lt=before))
    return told + remove_in_batches(Notification.objects.filter(at__lt=before))
