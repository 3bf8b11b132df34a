"""What waits for this person to decide, the most pressing first."""

from typing import Any

from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.decisions import Decision, decisions_asked
from pipelines_portal.core.times import day_and_hour
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.states import state_of
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.team import unknown_for

MOST_UNKNOWN, MOST_KEYS = 3, 50
# Of state_of's names: what its owner must do something about.
IN_TROUBLE = {"unreadable", "rejected", "over", "ends"}


def decisions_for(user: User) -> list[Decision]:
    """Return what waits for this person to decide: outcomes, then what other apps know of, then their own keys."""
    told: list[Any] = [decisions for _, decisions in decisions_asked.send(User, user=user)]
    of_others = [decision for decisions in told for decision in decisions]
    return [*_unknown(user), *of_others, *_keys(user)]


def _unknown(user: User) -> list[Decision]:
    """Return those of unknown outcome that no import sent: an import's own decision covers its submissions."""
    mine = [each for each in unknown_for(user) if each.key_id and not each.is_called_off and not each.is_of_import]
    return [_lost(each, user) for each in mine[: MOST_UNKNOWN + 1]]


def _lost(submission: Submission, user: User) -> Decision:
    who = "You" if submission.owner_id == user.pk else str(submission.owner)
    when = day_and_hour(submission.sent_at or submission.created_at, timezone.now())
    sentence = f"{who} sent {submission.label}: {when}. The answer was lost, so it is not known whether tasks exist."
    address = reverse("submissions:detail", args=[submission.pk])
    return Decision("A submission waits for a decision", sentence, "Look and decide", address)


def _keys(user: User) -> list[Decision]:
    """Return those of their own keys; the pages of a shared key's workflows say what is wrong with it."""
    return [found for found in map(_key, SavedKey.objects.filter(owner=user)[:MOST_KEYS]) if found]


def _key(key: SavedKey) -> Decision | None:
    state = state_of(key)
    if state.name not in IN_TROUBLE:
        return None
    sentence = "Nobody can work with its workflows until it is replaced."
    if state.name == "ends":
        sentence = "Replace it before that, so that nobody stands still."
    address = reverse("keys:detail", args=[key.pk])
    return Decision(f"{key.name}: {state.word.lower()}", sentence, "Go to the key", address, state.tone)
