"""The events that the worker notifies people about, looked for once a minute. Two workers may do so at once."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, Role, User
from pipelines_portal.api_client.bounds import LARGEST_ID
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.core.times import duration, local, machine
from pipelines_portal.keys.expiry import due_reminder, first_reminder_limit, in_days
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.keys.permissions import may_use
from pipelines_portal.keys.texts import day_of
from pipelines_portal.notifications.models import Kind, Message, Notification, NotifiedTask, TaskWatch
from pipelines_portal.submissions.models import Submission, SubmissionRow, UnattributedTask
from pipelines_portal.task_index.models import IndexedTask, WorkflowIndex
from pipelines_portal.task_index.reads import TO_SHOW, stuck_before, stuck_tasks

# Events older than this are not looked for.
RECENT = timedelta(days=2)
# A task is looked at for this long after its status was read. A worker that is killed is away for less.
TASK_WINDOW = timedelta(hours=3)
STORED_FOR = timedelta(days=90)
BATCH_SIZE = 500
Row = TypeVar("Row", bound=Model)


def notify_of_events() -> None:
    notify_of_unconfirmed()
    notify_of_keys()
    notify_of_tasks()


def delete_old_notifications() -> int:
    """Delete what is older than STORED_FOR and return the number of rows. For the worker."""
    limit = timezone.now() - STORED_FOR
    tasks = delete_in_batches(NotifiedTask.objects.filter(at__lt=limit))
    return tasks + delete_in_batches(Notification.objects.filter(at__lt=limit))


def notify_of_restore(copied_at: datetime) -> None:
    """Notify everybody who sends that what they sent after the backup is missing here. For the restore."""
    message = Message(
        Kind.UNCONFIRMED,
        f"restored:{machine(copied_at)}",
        f"The portal was restored from a backup of {copied_at:%-d %b %H:%M} UTC",
        reverse("submissions:list"),
        "What you sent after that is in Pipelines, but not here. Check the tasks before you send it again",
        "unconfirmed",
    )
    people = User.objects.filter(is_active=True).exclude(role=Role.VIEWER)
    Notification.objects.notify_all((person, message) for person in people)


# --- submissions ------------------------------------------------------------------------------------------------------


def notify_of_unconfirmed() -> None:
    """Notify senders, and leads who may decide, about submissions with an unconfirmed outcome.

    Also about those whose process died while it sent them, even if nobody opens a page.
    """
    Submission.objects.all().settle_overdue()
    since = timezone.now() - RECENT
    is_recent = Q(finished_at__gt=since) | Q(finished_at=None, sent_at__gt=since)
    recent = Submission.objects.filter(is_recent, status=Submission.Status.UNCONFIRMED)
    for submissions in _in_batches(recent.select_related("owner", "key").prefetch_related("teams")):
        _notify_of_unconfirmed(submissions)


def _in_batches(rows: QuerySet[Row]) -> Iterator[list[Row]]:
    """Yield all rows, so that older ones are not left out as long as there are many."""
    for start in count(step=BATCH_SIZE):
        if batch := list(rows[start : start + BATCH_SIZE]):
            yield batch
        if len(batch) < BATCH_SIZE:
            return


def _notify_of_unconfirmed(submissions: list[Submission]) -> None:
    leads = _leads_by_team(team.pk for submission in submissions for team in submission.teams.all())
    messages = []
    for submission in submissions:
        what = "it was" if submission.row_count == 1 else "they were"
        sentence = f"We don’t know if {what} created. Check for new tasks and decide"
        message = Message(
            Kind.UNCONFIRMED,
            f"unconfirmed:{submission.pk}:{submission.attempt}",
            f"Unconfirmed: {submission.label}",
            f"{reverse('submissions:detail', args=[submission.pk])}?look=1",
            sentence,
            "unconfirmed",
        )
        messages.append((submission.owner, message))
        for_leads = replace(message, kind=Kind.TEAM, sentence=f"Sent by {submission.owner}. {sentence}")
        teams = [team.pk for team in submission.teams.all()]
        messages += [(lead, for_leads) for lead in _leads(leads, teams, but=submission.owner_id)]
    Notification.objects.notify_all(messages)


def _leads_by_team(team_ids: Iterable[int]) -> dict[int, list[User]]:
    """Return the active leads of each team, in one query."""
    leads: dict[int, list[User]] = defaultdict(list)
    memberships = Membership.objects.filter(team__in=set(team_ids), is_lead=True, user__is_active=True)
    for membership in memberships.select_related("user"):
        leads[membership.team_id].append(membership.user)
    return leads


def _leads(leads: dict[int, list[User]], team_ids: Iterable[int], but: int) -> list[User]:
    """Return the leads of these teams, each once, without the person with the id `but`."""
    found = {lead.pk: lead for team_id in team_ids for lead in leads[team_id] if lead.pk != but}
    return list(found.values())


# --- keys -------------------------------------------------------------------------------------------------------------


def notify_of_keys() -> None:
    """Notify owners about keys that are rejected or expire soon, and leads of teams that share a rejected key."""
    in_trouble = Q(rejected_at__gt=timezone.now() - RECENT) | Q(expires_at__lt=first_reminder_limit())
    found = SavedKey.objects.filter(in_trouble, owner__is_active=True).select_related("owner")
    for keys in _in_batches(found.order_by("pk")):
        _notify_of_keys(keys)


def _notify_of_keys(keys: list[SavedKey]) -> None:
    teams: dict[int, list[int]] = defaultdict(list)
    shares = KeyShare.objects.filter(key__in=[key for key in keys if key.rejected_at], team__isnull=False)
    for key_id, team_id in shares.values_list("key", "team"):
        teams[key_id].append(int(team_id or 0))
    leads = _leads_by_team(team_id for team_ids in teams.values() for team_id in team_ids)
    messages = []
    for key in keys:
        url = reverse("keys:detail", args=[key.pk])
        if key.rejected_at is not None:
            subject, title = f"key-rejected:{key.pk}:{machine(key.rejected_at)}", f"API key {key.name} was rejected"
            sentence = "Replace it to work with its workflows again"
            rejection = Message(Kind.KEY, subject, title, url, sentence, "failed")
            messages.append((key.owner, rejection))
            owner = key.owner.name_and_email
            sentence = f"Your team can’t work with its workflows. Ask its owner, {owner}, to replace it"
            for_leads = replace(rejection, kind=Kind.TEAM, sentence=sentence)
            messages += [(lead, for_leads) for lead in _leads(leads, teams[key.pk], but=key.owner_id)]
        days = key.days_left()
        reminder = due_reminder(days)
        if key.expires_at is not None and days is not None and days >= 0 and reminder is not None:
            subject = f"key-ends:{key.pk}:{machine(key.expires_at)}:{reminder}"
            title = f"API key {key.name} expires {in_days(days)}"
            sentence = f"Replace it before {day_of(local(key.expires_at).date())}"
            messages.append((key.owner, Message(Kind.KEY, subject, title, url, sentence, "warning")))
    Notification.objects.notify_all(messages)


# --- tasks ------------------------------------------------------------------------------------------------------------


def notify_of_tasks() -> None:
    """Notify senders how many of their tasks came to need attention, or are stuck, once for each workflow."""
    read = WorkflowIndex.objects.filter(open_as_of__isnull=False)
    for index in read.filter(workflow__isnull=False).select_related("workflow__key"):
        watch, is_new = TaskWatch.objects.get_or_create(index=index)
        if not is_new:
            _notify_of_tasks_in(index, watch)
        _notify_of_stuck_tasks_in(index, watch)


def _notify_of_tasks_in(index: WorkflowIndex, watch: TaskWatch) -> None:
    """Go through all tasks that need attention, in batches, because thousands may fail at once."""
    below = LARGEST_ID + 1
    while statuses := dict(_tasks_in_need(index, watch, below)):
        _notify_senders(index, statuses)
        below = min(statuses)


def _notify_of_stuck_tasks_in(index: WorkflowIndex, watch: TaskWatch) -> None:
    """Notify senders of tasks that have become stuck since people were notified last.

    They are stuck as of the last complete scan of the lists: nobody knows whether tasks have moved since. The time of
    their last change tells which are new, so nobody is notified twice of tasks that stay stuck.
    """
    before = stuck_before(index)
    if watch.stuck_before is not None and before <= watch.stuck_before:
        return
    newly = dict[int, int]() if watch.stuck_before is None else _count_stuck(index, watch.stuck_before)
    with transaction.atomic():
        if watch.advance(before):
            for person_id, count in newly.items():
                _notify_of_stuck(index, person_id, count)


def _count_stuck(index: WorkflowIndex, since: datetime) -> dict[int, int]:
    """Return how many tasks that last moved after `since` are stuck, by the id of their sender."""
    counts = Counter[int]()
    task_ids = list(stuck_tasks(index).filter(updated_at__gte=since).order_by().values_list("task_id", flat=True))
    for start in range(0, len(task_ids), BATCH_SIZE):
        for person_id, of_person in _tasks_by_sender(index, task_ids[start : start + BATCH_SIZE]).items():
            counts[person_id] += len(of_person)
    return counts


def _notify_of_stuck(index: WorkflowIndex, person_id: int, count: int) -> None:
    workflow, person = index.workflow, User.objects.filter(pk=person_id, is_active=True).first()
    if workflow is None or person is None or not may_use(person, workflow.key):
        return
    url = f"{reverse('overview:detail', args=[workflow.key_id, workflow.workflow_id])}#stuck"
    sentence = f"No progress for over {duration(index.stuck_hours * 3600)}"
    message = Message(Kind.STUCK, f"stuck:{index.pk}", "", url, sentence, "warning")

    def title(count: int) -> str:
        if count == 1:
            return f"1 of your tasks in {workflow.name} is stuck"
        return f"{count:,} of your tasks in {workflow.name} are stuck"

    Notification.objects.add_tasks(person, message, count, title)


def _tasks_in_need(index: WorkflowIndex, watch: TaskWatch, below: int) -> QuerySet[IndexedTask, tuple[int, str]]:
    """Return the next batch of tasks that came to need attention.

    The time at which a status was read counts, not the time of its change: no worker may have run for a night.
    """
    since = max(watch.since, timezone.now() - TASK_WINDOW)
    rows = IndexedTask.objects.filter(TO_SHOW, index=index, status__in=NEEDS_ATTENTION, read_at__gt=since)
    new = rows.filter(Q(updated_at__gt=watch.since) | Q(updated_at=None), task_id__lt=below)
    return new.order_by("-task_id").values_list("task_id", "status")[:BATCH_SIZE]


def _notify_senders(index: WorkflowIndex, statuses: dict[int, str]) -> None:
    for person_id, task_ids in _tasks_by_sender(index, list(statuses)).items():
        try:
            _notify_sender(index, person_id, {task_id: statuses[task_id] for task_id in task_ids})
        except IntegrityError:
            pass  # another worker has notified them


def _tasks_by_sender(index: WorkflowIndex, task_ids: list[int]) -> dict[int, set[int]]:
    """Return the tasks that were sent through the portal with the key of the index, by the id of their sender."""
    workflow = index.workflow
    found: dict[int, set[int]] = defaultdict(set)
    for kind in (SubmissionRow, UnattributedTask):
        sent = kind._default_manager.filter(task_id__in=task_ids, submission__key=workflow.key_id if workflow else None)
        here = sent.filter(submission__workflow_id=workflow.workflow_id if workflow else 0)
        for task_id, owner in here.values_list("task_id", "submission__owner"):
            found[owner].add(int(task_id or 0))
    return found


def _notify_sender(index: WorkflowIndex, person_id: int, statuses: dict[int, str]) -> None:
    notified = NotifiedTask.objects.filter(index=index, person=person_id, task_id__in=statuses)
    new = set(statuses.items()) - set(notified.values_list("task_id", "status"))
    person = User.objects.filter(pk=person_id, is_active=True).first()
    workflow = index.workflow
    if not new or person is None or workflow is None or not may_use(person, workflow.key):
        return
    url = f"{reverse('tasks:list', args=[workflow.key_id, workflow.workflow_id])}?status=attention&sent=me"
    message = Message(Kind.ATTENTION, f"attention:{index.pk}", "", url)

    def title(count: int) -> str:
        if count == 1:
            return f"1 of your tasks in {workflow.name} needs attention"
        return f"{count:,} of your tasks in {workflow.name} need attention"

    with transaction.atomic():
        rows = (NotifiedTask(index=index, person=person, task_id=task_id, status=status) for task_id, status in new)
        NotifiedTask.objects.bulk_create(rows)
        Notification.objects.add_tasks(person, message, len(new), title)
