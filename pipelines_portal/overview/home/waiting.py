"""What waits for the person: drafts, and what they must decide, correct or replace."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Window
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.core.times import local
from pipelines_portal.entry.drafts import Draft, list_drafts
from pipelines_portal.entry.models import Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.states import state_of
from pipelines_portal.people.models import Invitation
from pipelines_portal.people.texts import not_accepted_expired, not_accepted_expires
from pipelines_portal.submissions.days import add_titles
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.team import unknown_for

MOST_DRAFTS, MOST_OF_A_KIND, MOST_COUNTED = 5, 10, 500
MAX_TEXT_LENGTH = 90
NOTE_AWAY = "Created when it is back"
# What a line about a submission shows, and what decides whether there is one.
SUBMISSION_COLUMNS = (
    "key", "kind", "group", "is_called_off", "row_count", "workflow_name", "sent_at", "created_at",
    "owner__name", "owner__email", "zip_upload__file_name",
)  # fmt: skip
# The states of a key, by their names in `state_of`, in which its owner must act.
KEY_STATES = {"unreadable", "rejected", "over", "ends"}


@dataclass(frozen=True)
class Item:
    """A line with one thing to do. `note` and `at` stand below the name, and `action` is the text of the button."""

    icon: str
    name: str
    url: str
    action: str
    where: str = ""
    note: str = ""
    at: datetime | None = None
    tone: str = ""


@dataclass(frozen=True)
class Waiting:
    """`more_drafts` counts the drafts that are not shown, and `more` everything else that is not."""

    items: tuple[Item, ...]
    more: int
    more_drafts: int

    @property
    def count(self) -> int:
        return len(self.items) + self.more + self.more_drafts


def list_waiting(user: User, keys: Mapping[int, SavedKey], imports: list[Sheet], now: datetime) -> Waiting:
    """Return what the person must decide first, then their drafts.

    `keys` are those that they may use, and `imports` those that wait for anybody.
    """
    own_keys = [key for key in keys.values() if key.owner_id == user.pk]
    own_imports = [one for one in imports if one.owner_id == user.pk and one.is_draft]
    found = list_drafts(user, set(keys), own_imports) if user.may_send else []
    drafts = [draft for draft in found if draft.address]
    unconfirmed, unconfirmed_count = _unconfirmed(user)
    kinds = [
        unconfirmed,
        _stopped_imports(user, imports),
        _away(user, imports),
        _failed_uploads(user),
        [item for key in own_keys if (item := _key_item(key, may_replace=user.may_send))],
        _invitations(user, now),
    ]
    shown = [item for kind in kinds for item in kind[:MOST_OF_A_KIND]]
    more = sum(map(len, kinds)) - len(shown) + unconfirmed_count - len(unconfirmed)
    items = (*shown, *map(_draft_item, drafts[:MOST_DRAFTS]))
    return Waiting(items, more, max(len(drafts) - MOST_DRAFTS, 0))


def _draft_item(draft: Draft) -> Item:
    icon = "file" if draft.is_import else "draft"
    note = draft.state or "Saved"
    return Item(icon, draft.label, draft.address, "Continue", draft.workflow_name, note, draft.saved_at)


def _unconfirmed(user: User) -> tuple[list[Item], int]:
    """Return the lines of the first unconfirmed submissions, and how many there are. Imports have their own lines."""
    found = unknown_for(user).filter(key__isnull=False, is_called_off=False)
    found = found.exclude(kind=Submission.Kind.IMPORT, group__isnull=False)
    counted = found.select_related("owner", "zip_upload").only(*SUBMISSION_COLUMNS).annotate(count=Window(Count("pk")))
    shown = list(counted[:MOST_OF_A_KIND])
    add_titles(shown)
    items = []
    for submission in shown:
        text: str = getattr(submission, "title", "")
        upload = getattr(submission, "zip_upload", None)
        is_one = submission.row_count == 1
        rows = "1 row" if is_one else f"{submission.row_count:,} rows"
        note = f"We don’t know if {'1 task was' if is_one else f'{submission.row_count:,} tasks were'} created"
        item = Item(
            "unconfirmed", text[:MAX_TEXT_LENGTH] or (upload.file_name if upload else rows),
            reverse("submissions:detail", args=[submission.pk]), "Decide", submission.workflow_name,
            _with_sender(note, submission.owner, user), submission.sent_at or submission.created_at,
            tone="unconfirmed",
        )  # fmt: skip
        items.append(item)
    return items, getattr(shown[0], "count", 0) if shown else 0


def _with_sender(note: str, owner: User, user: User) -> str:
    return note if owner.pk == user.pk else f"{owner} · {note}"


def _stopped_imports(user: User, imports: list[Sheet]) -> list[Item]:
    """Return the lines of imports that wait for a decision: unconfirmed ones, and what others left paused."""
    if not user.may_send:
        return []
    items = []
    for one in imports:
        if one.status == Sheet.Status.UNCONFIRMED:
            icon, action, note, tone = "unconfirmed", "Decide", "Unconfirmed", "unconfirmed"
        elif one.status == Sheet.Status.PAUSED and one.owner_id != user.pk:
            icon, action, note, tone = "file", "Review", "Paused", ""
        else:
            continue
        note = _with_sender(note, one.owner, user)
        items.append(
            Item(icon, one.file_name, one.get_absolute_url(), action, one.workflow_name, note, one.changed_at, tone)
        )
    return items


def _away(user: User, imports: list[Sheet]) -> list[Item]:
    """Return a line for each of the person's imports that waits while Pipelines is away."""
    items = []
    for one in imports:
        if one.status == Sheet.Status.SENDING and one.away_since and one.owner_id == user.pk:
            number = one.counts_as_read.not_sent
            waiting = "1 row waits" if number == 1 else f"{number:,} rows wait"
            name = f"{waiting} for Pipelines"
            items.append(
                Item("clock", name, one.get_absolute_url(), "View", one.workflow_name, NOTE_AWAY, one.away_since)
            )
    return items


def _failed_uploads(user: User) -> list[Item]:
    """Return the lines of archives that came back with a problem: they are drafts, and nothing more happens."""
    drafts = Submission.objects.filter(owner=user, status=Submission.Status.DRAFT)
    failed = drafts.filter(zip_upload__problem__gt="", zip_upload__next_poll_at=None)
    lines = failed.values_list("pk", "zip_upload__file_name", "workflow_name", "zip_upload__problem")
    return [
        Item("upload", file, reverse("submissions:detail", args=[pk]), "Review", workflow, problem, tone="failed")
        for pk, file, workflow, problem in lines[:MOST_COUNTED]
    ]


def _key_item(key: SavedKey, *, may_replace: bool) -> Item | None:
    """Return the line of a key whose owner must act. Pages of workflows name the problems of a shared key."""
    state = state_of(key)
    if state.name not in KEY_STATES:
        return None
    url = reverse("keys:detail", args=[key.pk]) + ("#replace" if may_replace else "")
    action = "Replace key" if may_replace else "Review"
    return Item("key", f"API key {key.name}", url, action, note=state.word, tone=state.tone)


def _invitations(user: User, now: datetime) -> list[Item]:
    items = []
    for invitation in Invitation.objects.overdue_for(user, now).only("email", "ends_at")[:MOST_COUNTED]:
        page = reverse("people:list")
        if not user.is_administrator:
            page = reverse("people:team_detail", args=[invitation.first_team])  # type: ignore[attr-defined]
        end = local(invitation.ends_at)
        note = not_accepted_expired if end <= now else not_accepted_expires
        items.append(Item("people", invitation.email, f"{page}#pending", "Review", note=note(f"{end.day} {end:%b}")))
    return items
