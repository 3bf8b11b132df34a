"""Home: what a person continues, reviews and follows today.

Everything that the page shows is plain values, so that a refresh can compare them with what is shown.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, QuerySet, Sum
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.api_client.task_status import NEEDS_ATTENTION, label_of
from pipelines_portal.core.times import local, short
from pipelines_portal.entry.drafts import Draft, list_drafts
from pipelines_portal.entry.imports.lists import list_stopped
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.states import state_of
from pipelines_portal.overview import texts
from pipelines_portal.overview.first_steps import FirstSteps, first_steps
from pipelines_portal.overview.models import HomeVisit
from pipelines_portal.people.models import Invitation
from pipelines_portal.people.texts import not_accepted_expired, not_accepted_expires
from pipelines_portal.submissions.days import tell_apart
from pipelines_portal.submissions.models import Submission, SubmissionRow
from pipelines_portal.submissions.team import sent_since, unknown_for
from pipelines_portal.task_index.counts import LISTED_STATUSES, Counts, counts_and_known
from pipelines_portal.task_index.models import GONE, NoteState, WorkflowIndex
from pipelines_portal.task_index.reads import new_and_stuck
from pipelines_portal.tasks.conditions import ME
from pipelines_portal.workflows.models import OpenedWorkflow

# The most recent workflows. The pages of the keys list all others.
MAX_WORKFLOWS = 20
MAX_OFFERED = 8
MAX_CONTINUED, MAX_REVIEWED, MAX_PEOPLE = 5, 10, 12
MAX_TEXT_LENGTH = 90
# The states of a key, by their names in `state_of`, in which its owner must act.
KEY_STATES_TO_REVIEW = {"unreadable", "rejected", "over", "ends"}
# With a key in one of these states, no task can be created.
DEAD_KEY_STATES = {"unreadable", "rejected"}
FINISHED = "finished"


@dataclass(frozen=True)
class Item:
    """A line with one thing to do. `note` and `at` follow the link, and `action` is the text of the button."""

    icon: str
    name: str
    address: str
    action: str
    where: str = ""
    note: str = ""
    at: datetime | None = None
    lead: str = ""
    tone: str = ""


@dataclass(frozen=True)
class Trouble:
    """A workflow with tasks that need attention, or are stuck. `is_cut`: there are more than were counted."""

    name: str
    key_name: str
    address: str
    overview: str
    count: int
    is_cut: bool
    new: int
    stuck: int


@dataclass(frozen=True)
class Number:
    """A number with its words, which link to what it counts."""

    count: int
    words: str
    address: str


@dataclass(frozen=True)
class Offer:
    """A workflow in the menus of new work. Without `form`, its tasks are created from files only."""

    name: str
    form: str
    files: str


@dataclass(frozen=True)
class Obstacle:
    """Why the person can create no task, and a link to what they can do."""

    sentence: str
    action: str
    address: str


@dataclass(frozen=True)
class Home:
    """What Home shows. `since` is when the person left before this visit; `updated` when the oldest number was read.

    `gaps` are sentences about numbers that are missing or old. `more_drafts` counts the drafts that are not shown.
    """

    offers: tuple[Offer, ...]
    obstacle: Obstacle | None
    all_workflows: str
    drafts: tuple[Item, ...]
    more_drafts: int
    reviews: tuple[Item, ...]
    troubles: tuple[Trouble, ...]
    gaps: tuple[str, ...]
    since: datetime | None
    updated: datetime | None
    today: tuple[Number, ...]
    team: tuple[Number, ...]
    steps: FirstSteps | None

    @property
    def attention_count(self) -> int:
        return sum(trouble.count for trouble in self.troubles)

    @property
    def new_count(self) -> int:
        return sum(trouble.new for trouble in self.troubles)

    @property
    def title(self) -> str:
        return f"({self.new_count:,}) Home" if self.new_count else "Home"

    @property
    def stuck_count(self) -> int:
        return sum(trouble.stuck for trouble in self.troubles)

    @property
    def has_forms(self) -> bool:
        return any(offer.form for offer in self.offers)

    @property
    def is_calm(self) -> bool:
        return not (self.drafts or self.reviews or self.troubles or self.gaps)

    @property
    def has_lines(self) -> bool:
        return not self.is_calm or bool(self.today or self.team)


def build_home(user: User, now: datetime) -> Home:
    """Read what Home shows. Opening it starts or continues the scans of the person's workflows."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    since, workflows = HomeVisit.objects.record(user, now), _recent_workflows(user)
    indexes = WorkflowIndex.objects.watch(workflows, [one.index for one in workflows if hasattr(one, "index")])
    with_working_key = [one for one in workflows if one.key.rejected_at is None]
    counts, known = counts_and_known(with_working_key)
    new_stuck = new_and_stuck([(indexes[pk], each) for pk, each in counts.items()], since, now)
    keys = list(SavedKey.objects.usable_by(user))
    dead_keys = {key.pk for key in keys if state_of(key).name in DEAD_KEY_STATES}
    open_ones = [one for one in workflows if one.accepts_tasks and one.key_id not in dead_keys] if user.may_send else []
    found_drafts = list_drafts(user, {key.pk for key in keys}) if user.may_send else []
    drafts = [draft for draft in found_drafts if draft.address]
    today = _today(user, midnight)
    has_tasks = any(known.values()) or bool(today) or len(with_working_key) < len(workflows)
    return Home(
        offers=tuple(map(_offer, open_ones[:MAX_OFFERED])),
        obstacle=None if open_ones else _obstacle(user, workflows),
        all_workflows=reverse("workflows:list", args=[workflows[0].key_id]) if workflows else "",
        drafts=tuple(_draft_item(draft) for draft in drafts[:MAX_CONTINUED]),
        more_drafts=max(len(drafts) - MAX_CONTINUED, 0),
        reviews=_reviews(user, [key for key in keys if key.owner_id == user.pk], now),
        troubles=_troubles(workflows, counts, {index.pk: pk for pk, index in indexes.items()}, new_stuck),
        gaps=_gaps(workflows, counts, now),
        since=since,
        updated=_updated(counts, now),
        today=today,
        team=_team(user, midnight),
        steps=None if has_tasks else first_steps(user, workflows, open_ones),
    )


def _recent_workflows(user: User) -> list[OpenedWorkflow]:
    opened = OpenedWorkflow.objects.filter(key__in=SavedKey.objects.usable_by(user).values("pk"))
    recent = opened.marked_by(user).in_sight().recent_first().select_related("key", "index")
    return _once_each(list(recent.defer("key__encrypted_key")[:MAX_WORKFLOWS]))


def _once_each(workflows: list[OpenedWorkflow]) -> list[OpenedWorkflow]:
    """Leave out a workflow that another key opened too: one with a key that works stays."""
    chosen: dict[int, OpenedWorkflow] = {}
    for workflow in workflows:
        known = chosen.get(workflow.workflow_id)
        if known is None or (known.key.rejected_at and not workflow.key.rejected_at):
            chosen[workflow.workflow_id] = workflow
    return [workflow for workflow in workflows if chosen[workflow.workflow_id] is workflow]


def _obstacle(user: User, workflows: list[OpenedWorkflow]) -> Obstacle | None:
    """Return why none of the workflows takes a task. A key of the person's own is among what they review."""
    if not workflows or not user.may_send:
        return None
    blocked = next((one for one in workflows if one.accepts_tasks), None)
    if blocked is None:
        address = reverse("workflows:list", args=[workflows[0].key_id])
        return Obstacle(texts.WORKFLOWS_CLOSED, "All workflows", address)
    key = blocked.key
    if key.owner_id == user.pk:
        return None
    return Obstacle(texts.ask_to_replace(key.name, key.owner), "View key", reverse("keys:detail", args=[key.pk]))


def _offer(workflow: OpenedWorkflow) -> Offer:
    place = [workflow.key_id, workflow.workflow_id]
    if workflow.has_file_fields:
        return Offer(workflow.name, "", reverse("uploads:choose", args=place))
    return Offer(workflow.name, reverse("new_task:create", args=place), reverse("imports:new", args=place))


# --- continue and review ----------------------------------------------------------------------------------------------


def _draft_item(draft: Draft) -> Item:
    if draft.is_import:
        return Item("file", draft.label, draft.address, "Continue", draft.workflow_name, draft.state)
    note = texts.saved(draft.state)
    return Item("draft", draft.label, draft.address, "Continue", draft.workflow_name, note, draft.saved_at)


def _reviews(user: User, own_keys: list[SavedKey], now: datetime) -> tuple[Item, ...]:
    """Return what waits for the person: unconfirmed submissions, stopped imports, failed uploads, keys, invitations."""
    unconfirmed = [one for one in unknown_for(user) if one.key_id and not one.is_called_off and not one.is_of_import]
    shown = unconfirmed[:MAX_REVIEWED]
    tell_apart(shown)
    submissions = [_submission_item(submission, user) for submission in shown]
    imports = [_import_item(import_job, user) for import_job in list_stopped(user)[:MAX_REVIEWED]]
    keys = [_key_item(key, user.may_send) for key in own_keys]
    own_invitations = Invitation.objects.overdue_for(user, now)[:MAX_REVIEWED]
    invitations = [_invitation_item(invitation, user, now) for invitation in own_invitations]
    return (*submissions, *imports, *_upload_items(user), *(item for item in keys if item), *invitations)


def _submission_item(submission: Submission, user: User) -> Item:
    text: str = getattr(submission, "telling", "")
    note = texts.unconfirmed("" if submission.owner_id == user.pk else str(submission.owner))
    name = text[:MAX_TEXT_LENGTH] or texts.rows(submission.row_count)
    address = reverse("submissions:detail", args=[submission.pk])
    return Item(
        "unconfirmed", name, address, "Review",
        submission.workflow_name, note, submission.sent_at or submission.created_at, tone="unconfirmed",
    )  # fmt: skip


def _import_item(import_job: ImportJob, user: User) -> Item:
    is_unconfirmed = import_job.status == ImportJob.Status.UNCONFIRMED
    sender = "" if import_job.owner_id == user.pk else str(import_job.owner)
    note = texts.unconfirmed(sender) if is_unconfirmed else texts.paused(sender)
    icon = "unconfirmed" if is_unconfirmed else "file"
    return Item(
        icon, import_job.file_name, import_job.get_absolute_url(), "Review", import_job.workflow_name, note,
        import_job.changed_at, tone="unconfirmed" if is_unconfirmed else "",
    )  # fmt: skip


def _upload_items(user: User) -> list[Item]:
    """Return the lines of archives that came back with a problem: they are drafts, and nothing more happens."""
    drafts = Submission.objects.filter(owner=user, status=Submission.Status.DRAFT)
    failed = drafts.filter(zip_upload__problem__gt="", zip_upload__next_poll_at=None).as_listed()
    return [
        Item(
            "upload", one.zip_upload.file_name, reverse("submissions:detail", args=[one.pk]), "Review",
            one.workflow_name, one.zip_upload.problem, tone="failed",
        )
        for one in failed[:MAX_REVIEWED]
    ]  # fmt: skip


def _key_item(key: SavedKey, may_replace: bool) -> Item | None:
    """Return the line of a key whose owner must act. Pages of workflows name the problems of a shared key."""
    state = state_of(key)
    if state.name not in KEY_STATES_TO_REVIEW:
        return None
    address = reverse("keys:detail", args=[key.pk]) + ("#replace" if may_replace else "")
    action = "Replace key" if may_replace else "Review"
    return Item("key", key.name, address, action, note=state.word, lead="API key", tone=state.tone)


def _invitation_item(invitation: Invitation, user: User, now: datetime) -> Item:
    page = reverse("people:list")
    if not user.is_administrator:
        page = reverse("people:team_detail", args=[invitation.first_team])  # type: ignore[attr-defined]
    end = local(invitation.ends_at)
    note = not_accepted_expired if end <= now else not_accepted_expires
    return Item("people", invitation.email, f"{page}#pending", "Review", note=note(f"{end.day} {end:%b}"))


# --- needs attention --------------------------------------------------------------------------------------------------


def _troubles(
    workflows: list[OpenedWorkflow],
    counts: dict[int, Counts],
    workflow_of_index: dict[int, int],
    new_stuck: dict[int, tuple[int, int]],
) -> tuple[Trouble, ...]:
    """Return the workflows with tasks to look at, the largest number first."""
    by_workflow = {workflow_of_index[index]: numbers for index, numbers in new_stuck.items()}
    has_keys = len({one.key_id for one in workflows}) > 1
    troubles = []
    for workflow in workflows:
        if workflow.pk not in counts:
            continue
        of_workflow, (new, stuck) = counts[workflow.pk], by_workflow.get(workflow.pk, (0, 0))
        place = [workflow.key_id, workflow.workflow_id]
        if of_workflow.attention or stuck:
            troubles.append(
                Trouble(
                    workflow.name,
                    workflow.key.name if has_keys else "",
                    f"{reverse('tasks:list', args=place)}?status=attention",
                    f"{reverse('overview:detail', args=place)}#stuck",
                    of_workflow.attention,
                    bool(of_workflow.cut.intersection(NEEDS_ATTENTION)),
                    new,
                    stuck,
                )  # fmt: skip
            )
    return tuple(sorted(troubles, key=lambda one: (-one.count, -one.stuck, one.name.lower())))


def _gaps(workflows: list[OpenedWorkflow], counts: dict[int, Counts], now: datetime) -> tuple[str, ...]:
    """Return sentences about numbers that are not there, or not of now."""
    rejected = sorted({one.key.name for one in workflows if one.key.rejected_at})
    uncounted = [one.name for one in workflows if one.pk not in counts and one.key.rejected_at is None]
    old = [(one.name, counts[one.pk].as_of) for one in workflows if one.pk in counts and counts[one.pk].is_old(now)]
    gaps = [texts.key_rejected(name) for name in rejected]
    if uncounted:
        gaps.append(texts.counting(uncounted))
    gaps += [texts.last_updated(name, short(moment, now)) for name, moment in old]
    return tuple(gaps)


def _updated(counts: dict[int, Counts], now: datetime) -> datetime | None:
    """Return when the oldest number was read. The old ones that `gaps` name are left out if there are others."""
    fresh = [each for each in counts.values() if not each.is_old(now)]
    return min((each.updated() for each in fresh or counts.values()), default=None)


# --- today ------------------------------------------------------------------------------------------------------------


def _today(user: User, midnight: datetime) -> tuple[Number, ...]:
    """Return what the person sent today, and the statuses of the tasks that it created."""
    sent = Submission.objects.filter(owner=user, created_at__gte=midnight).exclude(status=Submission.Status.DRAFT)
    grouped = sent.order_by().values_list("key", "workflow_id", "status")
    sums = list(grouped.annotate(Sum("success_count"), Sum("error_count")))
    created, rejected = sum(row[3] for row in sums), sum(row[4] for row in sums)
    day = midnight.date().isoformat()
    numbers = []
    if created:
        numbers.append(Number(created, "created", _sent_address(since=day)))
    if rejected:
        statuses = {status for _, _, status, _, errors in sums if errors}
        only_status = statuses.pop() if len(statuses) == 1 else ""
        numbers.append(Number(rejected, "rejected", _sent_address(since=day, status=only_status)))
    if created:
        places = {(key, workflow) for key, workflow, _, successes, _ in sums if key and successes}
        by_status, mistakes = _statuses_since(user, midnight)
        numbers += [
            Number(count, label_of(status).lower(), _status_address(places, status, day)) for status, count in by_status
        ]
        if mistakes:
            numbers.append(Number(mistakes, texts.mistakes(mistakes), _status_address(places, "", day)))
    return tuple(numbers)


def _statuses_since(user: User, midnight: datetime) -> tuple[list[tuple[str, int]], int]:
    """Return the numbers of today's tasks by their last known status, in the order of pages, and of mistakes."""
    opened = "submission__key__workflows"
    tasks = f"{opened}__index__tasks"
    conditions: dict[str, Any] = {
        "submission__owner": user,
        "submission__created_at__gte": midnight,
        f"{opened}__workflow_id": F("submission__workflow_id"),
        f"{tasks}__task_id": F("task_id"),
    }
    rows: QuerySet[SubmissionRow, Any] = SubmissionRow.objects.filter(**conditions).order_by()
    counted, mistakes = Counter[str](), 0
    for status, note, number in rows.values_list(f"{tasks}__status", f"{tasks}__note_state").annotate(Count("pk")):
        if note == NoteState.MISTAKE:
            mistakes += number
        elif status != GONE:
            counted[status] += number
    order: list[str] = [FINISHED, *reversed(LISTED_STATUSES)]
    by_status = sorted(counted.items(), key=lambda one: order.index(one[0]) if one[0] in order else len(order))
    return by_status, mistakes


def _status_address(places: set[tuple[int, int]], status: str, day: str) -> str:
    """Return the person's tasks of today with this status: in the list of their only workflow, or in the search."""
    address = reverse("tasks:list", args=next(iter(places))) if len(places) == 1 else reverse("search:search")
    query = {"status": status, "sent": ME, "day": day}
    return f"{address}?{urlencode({name: value for name, value in query.items() if value})}"


def _team(user: User, midnight: datetime) -> tuple[Number, ...]:
    """Return how many tasks each person created today with keys that the user shares, or through teams they lead."""
    people = sent_since(user, midnight)
    if all(sent.person == user for sent in people):
        return ()
    day = midnight.date().isoformat()
    return tuple(
        Number(
            sent.created, "You" if sent.person == user else str(sent.person),
            _sent_address(who="" if sent.person == user else str(sent.person.pk), since=day),
        )
        for sent in people[:MAX_PEOPLE]
    )  # fmt: skip


def _sent_address(**query: str) -> str:
    """Return the address of Sent with these filters."""
    return f"{reverse('submissions:list')}?{urlencode({name: value for name, value in query.items() if value})}"
