"""One key, lent to a person and to a team, and everybody who may come to its pages."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.saved_keys.models import KeyShare, SavedKey
from pipelines_portal.submissions.drafts import save_draft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.teams.models import Membership, Team
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.conftest import FILES, TRANSLATIONS, save_key

# In the order of the table's columns.
PEOPLE = ("owner", "person", "team", "viewer", "lead", "administrator", "stranger", "deactivated", "anonymous")
ROLES = {"viewer": "viewer", "administrator": "administrator"}
GOOD = {"input_text": "Hello", "target_language": "French"}


@dataclass
class World:
    """`key` is lent to `person` and to `intake`, of which are team, viewer, lead and (once) deactivated."""

    key: SavedKey
    intake: Team
    people: dict[str, User]
    browsers: dict[str, Client]
    # What the URLs of other rooms need: name of the URL's argument to its value.
    places: dict[str, Any] = field(default_factory=dict)

    def submission(self, state: str = "unknown") -> Submission:
        """Of the team's member."""
        workflow = OpenedWorkflow.objects.get(key=self.key, workflow_id=TRANSLATIONS)
        draft = save_draft(self.people["team"], self.key, workflow, [GOOD], uuid4(), "form")
        Submission.objects.filter(pk=draft.pk).update(state=state, newest_task_id_before=0)
        return Submission.objects.get(pk=draft.pk)

    def upload(self) -> ZipUpload:
        """Of the team's member."""
        workflow = OpenedWorkflow.objects.get(key=self.key, workflow_id=FILES)
        draft = save_draft(self.people["team"], self.key, workflow, [], uuid4(), "zip")
        return ZipUpload.objects.create(
            submission=draft, file_name="a.zip", size_bytes=100, task_count=1, stage=Stage.CHOSEN
        )


def make_world(org_key: str, task_id: int) -> World:
    people = {name: _person(name) for name in PEOPLE if name != "anonymous"}
    key = save_key(people["owner"], org_key)
    key.workflows.create(workflow_id=TRANSLATIONS, name="French", status="ACTIVE")
    key.workflows.create(workflow_id=FILES, name="Files", status="ACTIVE", has_file_fields=True)
    intake = Team.objects.create(name="Intake")
    for name in ("team", "viewer", "lead", "deactivated"):
        Membership.objects.create(team=intake, user=people[name], is_lead=name == "lead")
    KeyShare.objects.create(key=key, team=intake)
    KeyShare.objects.create(key=key, user=people["person"])
    world = World(key, intake, people, {name: _browser(people.get(name)) for name in PEOPLE})
    User.objects.filter(pk=people["deactivated"].pk).update(is_active=False)
    world.places = {
        "key_id": key.pk, "workflow_id": TRANSLATIONS, "task_id": task_id, "team_id": intake.pk,
        "person_id": people["stranger"].pk, "submission_id": world.submission().pk, "zip_id": world.upload().pk,
    }  # fmt: skip
    return world


def _person(name: str) -> User:
    return User.objects.create_user(f"{name}@acme.example", "correct horse battery", role=ROLES.get(name, "operator"))


def _browser(person: User | None) -> Client:
    browser = Client()
    if person:
        browser.force_login(person)
    return browser


Visit = Callable[[World], Any]
