"""A person who leads a team and has keys, and what they are told of."""

from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.new_task.models import Preset, TypedDraft
from pipelines_portal.notifications.models import Notification
from pipelines_portal.people.models import Invitation
from pipelines_portal.saved_keys.models import KeyShare, SavedKey
from pipelines_portal.teams.models import Membership, Team
from pipelines_portal.workflows.models import FieldTitles, OpenedWorkflow

from .size import Size

PASSWORD = "correct horse battery"
EMAIL, RARE = "person@acme.example", "rare@acme.example"
WORKFLOW, FILES = 42, 57
CHUNK = 5_000


def make(model: type[Model], rows: Any) -> None:
    """However many: some at a time."""
    rest = iter(rows)
    while some := list(islice(rest, CHUNK)):
        model._default_manager.bulk_create(some)


def make_people(size: Size, key: str) -> User:
    person = User.objects.create_user(EMAIL, PASSWORD, name="Person", role="administrator")
    others = [User(email=f"p{number}@acme.example", name=f"Colleague {number:04}") for number in range(size.people)]
    User.objects.bulk_create(others)
    teams = Team.objects.bulk_create([Team(name=f"Team {number:03}") for number in range(size.teams)])
    Membership.objects.create(team=teams[0], user=person, is_lead=True)
    long_ago = timezone.now() - timedelta(days=4_000)
    for place, team in enumerate(teams):
        some = others if place == 0 else others[place % 10 :: 10]
        make(Membership, (Membership(team=team, user=one, joined_at=long_ago) for one in some))
    _keys(size, person, key, teams[0])
    # Who leaves has keys that somebody is to get.
    theirs = [SavedKey(owner=others[0], name=f"Theirs {n}", fingerprint=f"theirs-{n}") for n in range(3)]
    for number, one in enumerate(theirs):
        one.seal(f"pk_live_{number + 1_000:040x}")
    SavedKey.objects.bulk_create(theirs)
    _told(size, person, teams[0])
    return person


def _keys(size: Size, person: User, key: str, team: Team) -> None:
    keys = []
    for number in range(size.keys):
        keys.append(SavedKey(owner=person, name=f"Key {number:03}", fingerprint=f"bench-{number}"))
        keys[-1].seal(f"pk_live_{number:040x}" if number else key)
    SavedKey.objects.bulk_create(keys)
    make(KeyShare, (KeyShare(key=one, team=team) for one in keys[::2]))
    far = timezone.now() + timedelta(days=1)  # the API is not asked again for their names
    numbers = [WORKFLOW, FILES, *range(1_000, 1_000 + size.workflows - 2)]
    opened = [
        OpenedWorkflow(key=keys[0], workflow_id=one, name=f"Workflow {one}", status="ACTIVE", checked_at=far)
        for one in numbers
    ]
    OpenedWorkflow.objects.bulk_create(opened)
    OpenedWorkflow.objects.filter(workflow_id=FILES).update(has_file_fields=True)
    make(FieldTitles, (FieldTitles(workflow=one, titles={"input_text": "Text to translate"}) for one in opened))
    _kept(size, person, keys[0], numbers)


def _kept(size: Size, person: User, key: SavedKey, numbers: list[int]) -> None:
    """What the form keeps: a draft a workflow, presets of the first."""
    typed = [["field-input_text", "Hello"]]
    places = numbers[2 : 2 + size.drafts]
    make(TypedDraft, (TypedDraft(owner=person, key=key, workflow_id=n, typed=typed, token=uuid4()) for n in places))
    values = {"key": key, "workflow_id": WORKFLOW, "author": person, "fields": {"input_text": "Hello"}}
    make(Preset, (Preset(name=f"Preset {number}", **values) for number in range(size.presets)))


def _told(size: Size, person: User, team: Team) -> None:
    now = timezone.now()
    make(
        Notification,
        (
            Notification(
                person=person, kind="batch", subject=f"bench:{number}", title="rows.csv is through",
                address="/submissions/", at=now - timedelta(minutes=number), read_at=now if number % 2 else None,
            )
            for number in range(size.news)
        ),
    )  # fmt: skip
    make(Event, (_event(person, number, now) for number in range(size.events)))
    make(Event, (Event(actor_email=RARE, verb=Verb.SIGNED_IN, at=now - timedelta(days=n)) for n in range(50)))
    ends = now + timedelta(days=7)
    invited = Invitation.objects.bulk_create(
        Invitation(email=f"new{n}@acme.example", role="operator", invited_by=person, nonce=str(n), ends_at=ends)
        for n in range(size.invitations)
    )
    through = Invitation.teams.through
    make(through, (through(invitation_id=one.pk, team_id=team.pk) for one in invited))


def _event(person: User, number: int, now: Any) -> Event:
    at = now - timedelta(minutes=number)
    return Event(actor=person, actor_email=person.email, verb=Verb.SIGNED_IN, at=at)
