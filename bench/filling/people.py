"""A person who leads a team, with keys, workflows, notifications and events."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

from django.db.models import Model
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.audit.models import Event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.entry.models.form import Preset, TypedDraft
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.notifications.models import Notification
from pipelines_portal.people.models import Invitation
from pipelines_portal.workflows.models import FieldTitles, OpenedWorkflow

from .size import Size

EMAIL, PASSWORD = "person@acme.example", "correct horse battery"
COLLEAGUE, RARE = "p0@acme.example", "rare@acme.example"
WORKFLOW, FILE_WORKFLOW = 42, 57
CHUNK = 5_000


def insert(model: type[Model], rows: Any) -> None:
    """Insert any number of rows, some at a time."""
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        model._default_manager.bulk_create(chunk)


def make_people(size: Size, key: str) -> User:
    person = User.objects.create_user(EMAIL, PASSWORD, name="Person", role="administrator")
    colleagues = User.objects.bulk_create(
        User(email=f"p{number}@acme.example", name=f"Colleague {number:04}") for number in range(size.people)
    )
    teams = Team.objects.bulk_create(Team(name=f"Team {number:03}") for number in range(size.teams))
    Membership.objects.create(team=teams[0], user=person, is_lead=True)
    long_ago = timezone.now() - timedelta(days=4_000)
    for place, team in enumerate(teams):
        members = colleagues[place % 10 :: 10] if place else colleagues
        insert(Membership, (Membership(team=team, user=one, joined_at=long_ago) for one in members))
    keys = make_keys(person, [key, *(f"pk_live_{number:040x}" for number in range(1, size.keys))])
    insert(KeyShare, (KeyShare(key=one, team=teams[0]) for one in keys[::2]))
    # The page that deactivates a colleague asks who gets these.
    make_keys(colleagues[0], [f"pk_live_{number:040x}" for number in range(1_000_000, 1_000_003)])
    _make_workflows(size, person, keys[0])
    _make_events(size, person)
    _make_invitations(size, person, teams[0])
    return person


def make_keys(owner: User, texts: list[str]) -> list[SavedKey]:
    keys = [SavedKey(owner=owner, name=f"Key {number:03}", fingerprint=text) for number, text in enumerate(texts)]
    for key, text in zip(keys, texts, strict=True):
        key.encrypt(text)
    return SavedKey.objects.bulk_create(keys)


def open_workflows(key: SavedKey, numbers: list[int]) -> list[OpenedWorkflow]:
    """Open workflows whose names are not read from the API again for a day."""
    tomorrow = timezone.now() + timedelta(days=1)
    return OpenedWorkflow.objects.bulk_create(
        OpenedWorkflow(key=key, workflow_id=one, name=f"Workflow {one}", status="ACTIVE", checked_at=tomorrow)
        for one in numbers
    )


def _make_workflows(size: Size, person: User, key: SavedKey) -> None:
    numbers = [WORKFLOW, FILE_WORKFLOW, *range(1_000, 1_000 + size.workflows - 2)]
    opened = open_workflows(key, numbers)
    OpenedWorkflow.objects.filter(workflow_id=FILE_WORKFLOW).update(has_file_fields=True)
    insert(FieldTitles, (FieldTitles(workflow=one, titles={"input_text": "Text to translate"}) for one in opened))
    typed = [["field-input_text", "Hello"]]
    with_draft = numbers[2 : 2 + size.drafts]
    insert(
        TypedDraft, (TypedDraft(owner=person, key=key, workflow_id=n, typed=typed, token=uuid4()) for n in with_draft)
    )
    values: dict[str, Any] = {"key": key, "workflow_id": WORKFLOW, "author": person, "fields": {"input_text": "Hello"}}
    insert(Preset, (Preset(name=f"Preset {number}", **values) for number in range(size.presets)))


def _make_events(size: Size, person: User) -> None:
    now = timezone.now()
    insert(Notification, (_notification(person, number, now) for number in range(size.notifications)))
    signed_in: dict[str, Any] = {"verb": Verb.SIGNED_IN}
    insert(
        Event,
        (
            Event(actor=person, actor_email=EMAIL, at=now - timedelta(minutes=number), **signed_in)
            for number in range(size.events)
        ),
    )
    insert(Event, (Event(actor_email=RARE, at=now - timedelta(days=number), **signed_in) for number in range(50)))


def _notification(person: User, number: int, now: datetime) -> Notification:
    return Notification(
        person=person, kind="batch", subject=f"bench:{number}", title="rows.csv is through", address="/submissions/",
        at=now - timedelta(minutes=number), read_at=now if number % 2 else None,
    )  # fmt: skip


def _make_invitations(size: Size, person: User, team: Team) -> None:
    next_week = timezone.now() + timedelta(days=7)
    invitations = Invitation.objects.bulk_create(
        Invitation(
            email=f"new{number}@acme.example", role="operator", invited_by=person, nonce=str(number), ends_at=next_week
        )
        for number in range(size.invitations)
    )
    through = Invitation.teams.through
    insert(through, (through(invitation_id=one.pk, team_id=team.pk) for one in invitations))
