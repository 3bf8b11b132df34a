"""What waits for this person to decide, the most pressing first."""

from typing import Any

from django.db.models import BigIntegerField, QuerySet
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.saved_keys.state.states import state_of
from pipelines_portal.shared.prepared import Given, prepared
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.team import unknown_asked, unknown_settled
from pipelines_portal.web.attention import Decision, Waiting, decisions_asked
from pipelines_portal.web.times import day_and_hour

MOST_UNKNOWN, MOST_KEYS = 3, 50
# Of state_of's names: what its owner must do something about.
IN_TROUBLE = {"sealed", "rejected", "over", "ends"}


def decisions_waiting(user: User) -> list[Waiting]:
    """What is to be asked for; each then says what of its answer waits."""
    told: list[Any] = [waiting for _, waiting in decisions_asked.send(User, user=user) if waiting]
    unknown = Waiting(unknown_asked(user), lambda found: _unknown(user, unknown_settled(user, found)))
    return [unknown, *told, Waiting(_own.asked(owner=user.pk), _keys)]


def _unknown(user: User, found: list[Submission]) -> list[Decision]:
    """Those of imports are told by their import, which has one at most."""
    mine = [each for each in found if each.key_id and not each.is_called_off and not each.is_of_import]
    return [_lost(each, user) for each in mine[: MOST_UNKNOWN + 1]]


def _lost(submission: Submission, user: User) -> Decision:
    who = "You" if submission.owner_id == user.pk else str(submission.owner)
    when = day_and_hour(submission.sent_at or submission.created_at, timezone.now())
    sentence = f"{who} sent {submission.label}: {when}. The answer was lost, so it is not known whether tasks exist."
    address = reverse("submissions:detail", args=[submission.pk])
    return Decision("A submission waits for a decision", sentence, "Look and decide", address)


@prepared(owner=BigIntegerField())
def _own(owner: Given) -> QuerySet[SavedKey]:
    return SavedKey.objects.filter(owner=owner)[:MOST_KEYS]


def _keys(keys: list[SavedKey]) -> list[Decision]:
    """Of keys of one's own; who may use another's is told by the pages of its workflows."""
    return [found for found in map(_key, keys) if found]


def _key(key: SavedKey) -> Decision | None:
    state = state_of(key)
    if state.name not in IN_TROUBLE:
        return None
    sentence = "Nobody can work with its workflows until it is replaced."
    if state.name == "ends":
        sentence = "Replace it before that, so that nobody stands still."
    address = reverse("saved_keys:detail", args=[key.pk])
    return Decision(f"{key.name}: {state.word.lower()}", sentence, "Go to the key", address, state.tone)
