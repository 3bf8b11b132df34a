"""A company of any size in the portal's database, written at once: people, teams, shared keys, what they sent."""

from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice

from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.saved_keys.models import KeyShare, SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.teams.models import Membership, Team
from pipelines_portal.workflows.models import OpenedWorkflow

CHUNK = 2_000
BUSY = "busy@acme.example"


@dataclass(frozen=True)
class Size:
    people: int
    teams: int
    keys: int
    workflows: int  # a key
    submissions: int
    events: int


# Of what is listed by the page, enough to fill one.
SMALL = Size(people=5, teams=5, keys=5, workflows=5, submissions=60, events=60)
LARGE = Size(people=500, teams=50, keys=200, workflows=300, submissions=20_000, events=20_000)


def make_company(size: Size, password: str, key: str, workflow_id: int) -> User:
    """`BUSY` is an administrator who leads the first team, which may use every key; the first one is `key`, alive."""
    busy = User.objects.create_user(BUSY, password, role="administrator")
    people = _people(size)
    teams = Team.objects.bulk_create([Team(name=f"Team {number:03}") for number in range(size.teams)])
    Membership.objects.create(team=teams[0], user=busy, is_lead=True)
    places = zip(cycle(teams), people, strict=False)
    long_ago = timezone.now() - timedelta(days=400)
    members = [Membership(team=team, user=person, joined_at=long_ago) for team, person in places]
    Membership.objects.bulk_create(members, CHUNK)
    keys = _keys(size, people, key)
    KeyShare.objects.bulk_create([KeyShare(key=one, team=teams[0]) for one in keys], CHUNK)
    _workflows(size, keys, workflow_id)
    _submissions(size, keys, people[:: size.teams] or people)
    _events(size, people)
    return busy


def _people(size: Size) -> list[User]:
    people = [User(email=f"p{number}@acme.example", name=f"Person {number:03}") for number in range(size.people)]
    return User.objects.bulk_create(people, CHUNK)


def _keys(size: Size, people: list[User], key: str) -> list[SavedKey]:
    keys = []
    for number, owner in zip(range(size.keys), cycle(people), strict=False):
        keys.append(SavedKey(owner=owner, name=f"Key {number:03}", fingerprint=f"company-{number}"))
        keys[-1].seal(f"pk_live_{number:040x}" if number else key)
    return SavedKey.objects.bulk_create(keys, CHUNK)


def _workflows(size: Size, keys: list[SavedKey], workflow_id: int) -> None:
    for key in keys:
        ids = [workflow_id, *range(1_000, 1_000 + size.workflows - 1)]
        OpenedWorkflow.objects.bulk_create(
            [OpenedWorkflow(key=key, workflow_id=one, name=f"Workflow {one}", status="ACTIVE") for one in ids], CHUNK
        )


def _submissions(size: Size, keys: list[SavedKey], people: list[User]) -> None:
    now = timezone.now()
    sent = (
        Submission(
            owner=person, key=key, key_name=key.name, workflow_id=1_000, workflow_name="Workflow", kind="form",
            state="done", row_count=1, success_count=1, created_at=now - timedelta(minutes=number),
        )
        for number, key, person in zip(range(size.submissions), cycle(keys), cycle(people), strict=False)
    )  # fmt: skip
    while chunk := list(islice(sent, CHUNK)):
        Submission.objects.bulk_create(chunk)


def _events(size: Size, people: list[User]) -> None:
    now = timezone.now()
    happened = (
        Event(actor=person, actor_email=person.email, verb=Verb.SIGNED_IN, at=now - timedelta(minutes=number))
        for number, person in zip(range(size.events), cycle(people), strict=False)
    )
    while chunk := list(islice(happened, CHUNK)):
        Event.objects.bulk_create(chunk)
