"""One key, shared with a person and with a team, and everybody who may come to its pages."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.utils import timezone

from pipelines_portal.accounts.models import Role, Team, User
from pipelines_portal.attention.grouping import make_groups
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.entry.imports.reading import store_lines
from pipelines_portal.entry.lists.files import ListLines, store_file
from pipelines_portal.entry.lists.stored import add_list
from pipelines_portal.entry.models import Row, Sheet
from pipelines_portal.entry.models.form import Preset
from pipelines_portal.entry.rows.saving import Cell, PostedRow, save_rows
from pipelines_portal.entry.rows.typed import get_or_start_typed, ready_rows
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.matching.columns import Column, Matching
from pipelines_portal.notifications.models import Message, Notification
from pipelines_portal.people.invitations import link_path
from pipelines_portal.people.models import Invitation
from pipelines_portal.spreadsheets.cells import Lines
from pipelines_portal.submissions.models import Export, Submission
from pipelines_portal.task_index.models import TaskNote, WorkflowIndex
from pipelines_portal.tasks.models import SavedView
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.workflows.models import ListFile, OpenedWorkflow, ReferenceList
from pipelines_portal.workflows.rules.stored import WorkflowRule
from tests.conftest import ACME, FILES, TRANSLATIONS
from tests.factories import confirm_in, make_index, make_task, make_team, open_workflow, save_key, share_key
from tests.fake_api import FakeApi

# In the order of the table's columns.
PEOPLE = ("owner", "person", "team", "viewer", "lead", "administrator", "stranger", "deactivated", "anonymous")
ROLES = {"viewer": "viewer", "administrator": "administrator"}
PASSWORD = "correct horse battery"
GOOD = {"input_text": "Hello", "target_language": "French"}


@dataclass
class World:
    """`key` is shared with `person` and with `intake`, of which are team, viewer, lead and (once) deactivated."""

    key: SavedKey
    intake: Team
    people: dict[str, User]
    browsers: dict[str, Client]
    task_id: int
    # Of the same organization, and not saved here.
    second_key: str

    def sign_everybody_in(self) -> None:
        for name in PEOPLE:
            self.browsers[name]

    def places(self, name: str) -> dict[str, Any]:
        """What the arguments of this URL's address are called, and what they are here."""
        invitation = self._invitation() if "invitation" in name else None
        places = {
            "key_id": self.key.pk,
            "share_id": self.key.shares.order_by("pk")[0].pk,
            "workflow_id": FILES if name.startswith("uploads:") else TRANSLATIONS,
            "task_id": self.task_id,
            "team_id": self.intake.pk,
            "person_id": self._person_of(name).pk,
            "mark": "0" * 24,
            "step_id": 1,
            "draft_id": "00000000-0000-0000-0000-000000000000",
            "uid": "MQ",
            "path": "operators/import",
            "form": "csv",
            "invitation_id": invitation.pk if invitation else 0,
            "token": link_path(invitation).split("/")[2] if invitation else self._reset_token(),
        }
        if name in WITH_PRESET:
            places["preset_id"] = self.preset().pk
        places |= self._rule_or_view(name)
        places |= {"list_id": self.reference_list().pk, "file_id": self.list_file().pk} if "lists:" in name else {}
        if name == "notifications:open":
            news = Message("batch", "ended", "It is through", "/submissions/")
            Notification.objects.notify(self.people["team"], news)
            places["number"] = Notification.objects.get().pk
        if name in PREPARED:
            PREPARED[name](self)
        places |= {"group_id": self.group(name).pk} if "attention:" in name else {}
        if name.startswith("submissions:"):
            places["submission_id"] = self.submission(STATUSES.get(name, "unconfirmed")).pk
            places["export_id"] = Export.objects.create(owner=self.people["team"], zone="UTC").pk
        if name.startswith("uploads:"):
            places["zip_id"] = self.upload(STAGES.get(name, Stage.CHOSEN)).pk
        if name.startswith("sheets:"):
            places |= {"import_id": self._sheet(name).pk, "kind": "rejected", "number": NUMBERS.get(name, 1)}
        if name == "sheets:delete":  # an import with an unconfirmed request cannot be deleted
            Row.objects.update(submission=None)
            Submission.objects.filter(kind="import").delete()
        return places

    def preset(self) -> Preset:
        """For all who use the key; of the team's member."""
        values = {"workflow_id": TRANSLATIONS, "author": self.people["team"], "is_shared": True, "fields": GOOD}
        return Preset.objects.get_or_create(key=self.key, name="Complaint by phone", **values)[0]

    def _rule_or_view(self, name: str) -> dict[str, Any]:
        if name in ("rules:edit", "rules:read", "rules:switch", "rules:delete"):
            return {"rule_id": self.rule().pk}
        return {"view_id": self.saved_view().pk} if name == "tasks:view_change" else {}

    def saved_view(self) -> SavedView:
        """The team member's own."""
        place = {"key": self.key, "workflow_id": TRANSLATIONS, "person": self.people["team"], "name": "Failed"}
        return SavedView.objects.get_or_create(**place, defaults={"query": "status=failed"})[0]

    def rule(self) -> WorkflowRule:
        values = {"workflow_id": TRANSLATIONS, "kind": "filled", "field": "input_text", "position": 1}
        return WorkflowRule.objects.create(key=self.key, **values)

    def reference_list(self) -> ReferenceList:
        lines = ListLines(["code"], [(2, ["1"])])
        return add_list(self.key, "Products", lines, 0, None, self.people["owner"])

    def list_file(self) -> ListFile:
        return store_file(self.key, self.people["owner"], "codes.csv", ListLines(["code"], [(2, ["1"])]), None)

    @property
    def workflow(self) -> OpenedWorkflow:
        return OpenedWorkflow.objects.get(key=self.key, workflow_id=TRANSLATIONS)

    def mute_task(self) -> None:
        TaskNote.objects.mute(self.workflow, {self.task_id: "failed"}, "asked Ana", self.people["team"])

    def index_failed_task(self) -> None:
        make_index(self.workflow, [make_task(self.task_id, "failed", timezone.now())])

    def group(self, name: str) -> ProblemGroup:
        self.index_failed_task()
        make_groups(WorkflowIndex.objects.get(workflow=self.workflow))
        group = ProblemGroup.objects.get()
        if name == "attention:reopen":
            group.finish(self.people["team"])
        return group

    def type_row(self) -> None:
        """A row that the key's owner types in the grid."""
        owner = self.people["owner"]
        sheet = get_or_start_typed(owner, self.workflow, client_for(self.key).schema(TRANSLATIONS))
        cells = {name: Cell("", text) for name, text in GOOD.items()}
        save_rows(sheet, owner, [PostedRow(1, cells, is_new=True)])

    def typed_rows(self) -> str:
        """The rows that the grid of the key's owner shows as ready, as its script posts them."""
        return ",".join(f"{number}:{digest}" for number, digest in ready_rows(self.typed()).items())

    def _sheet(self, name: str) -> Sheet:
        if name in TYPED:
            self.type_row()
            return self.typed()
        return self.imported(IMPORTS.get(name, Sheet.Status.CHECKED))

    def typed(self) -> Sheet:
        return Sheet.objects.get(owner=self.people["owner"], size_bytes=0)

    def submission(self, status: str) -> Submission:
        """Of the team's member."""
        draft = Submission.objects.draft(self.people["team"], self.workflow, [GOOD], uuid4(), "form")
        values = {"status": status, "newest_task_id_before": 0, "error_count": int(status == "rejected")}
        Submission.objects.filter(pk=draft.pk).update(**values)
        draft.record_teams()
        return Submission.objects.get(pk=draft.pk)

    def upload(self, stage: str) -> ZipUpload:
        """Of the team's member."""
        workflow = OpenedWorkflow.objects.get(key=self.key, workflow_id=FILES)
        draft = Submission.objects.draft(self.people["team"], workflow, [], uuid4(), "zip")
        remote = uuid4() if stage != Stage.CHOSEN else None
        return ZipUpload.objects.create(
            submission=draft, file_name="a.zip", size_bytes=100, task_count=1, stage=stage, remote_upload_id=remote,
        )  # fmt: skip

    def imported(self, status: str) -> Sheet:
        """Begun by the team's member: a row that is ready, one to fix, one whose request's outcome nobody knows."""
        sender = self.people["team"]
        sheet = Sheet.objects.create(
            owner=sender, key=self.key, workflow_id=TRANSLATIONS, workflow_name="French",
            status_before_deletion=Sheet.Status.CHECKED, file_name="rows.csv",
            size_bytes=10, status=status, row_count=3, matching=MATCHING, schema=SCHEMA,
        )  # fmt: skip
        lines: Lines = [(1, list(GOOD)), (2, list(GOOD.values())), (3, ["", "French"]), (4, ["Bye", "French"])]
        store_lines(sheet, lines)
        lost = self.submission("unconfirmed")
        Submission.objects.filter(pk=lost.pk).update(
            kind="import", group=sheet.pk, group_number=1, group_name="rows.csv"
        )
        lost.rows.update(number=4)
        for number, status in {
            2: Row.Status.READY,
            3: Row.Status.TO_FIX,
            4: Row.Status.UNCONFIRMED,
        }.items():
            sheet.lines.filter(number=number).update(status=status, submission=lost if number == 4 else None)
        sheet.lines.filter(number=2).update(fields=GOOD)
        sheet.store_counts()
        sheet.teams.set([self.intake])
        return sheet

    def _invitation(self) -> Any:
        return Invitation.objects.invite(["new@acme.example"], Role.OPERATOR, [self.intake], by=self.people["lead"])[0]

    def _person_of(self, name: str) -> User:
        return self.people["deactivated" if name == "people:reactivate" else "stranger"]

    def _reset_token(self) -> str:
        return default_token_generator.make_token(self.people["stranger"])


# What there is before the URL is asked for.
PREPARED = {
    "tasks:clear_note": World.mute_task,
    "tasks:mute": World.index_failed_task,
}
WITH_PRESET = (
    "new_task:preset_apply", "new_task:preset_rename", "new_task:preset_delete", "sheets:preset", "sheets:new_preset",
)  # fmt: skip
# Of rows that the key's owner types.
TYPED = ("sheets:paste", "sheets:preset", "sheets:create", "sheets:created", "sheets:name", "sheets:clear")
# Each at the state from which its step is made.
IMPORTS = {
    "sheets:match": Sheet.Status.MATCHING,
    "sheets:reread": Sheet.Status.MATCHING,
    "sheets:pause": Sheet.Status.SENDING,
    "sheets:stop": Sheet.Status.PAUSED,
    "sheets:decide": Sheet.Status.UNCONFIRMED,
    "sheets:restore": Sheet.Status.DELETED,
}
# Of the row or request that the address names.
NUMBERS = {"sheets:row": 2}
MATCHING = Matching(0, [Column(name, name) for name in GOOD]).dump()
SCHEMA = {"fields": [{"name": name, "required": True} for name in GOOD]}
STATUSES = {
    "submissions:send": "draft",
    "submissions:discard": "draft",
    "submissions:retry": "rejected",
    "submissions:errors": "rejected",
}
STAGES = {"uploads:result": Stage.PROCESSING, "uploads:poll": Stage.PROCESSING, "uploads:errors": Stage.COMPLETED}


def make_world(api: FakeApi) -> World:
    people = {name: _person(name) for name in PEOPLE if name != "anonymous"}
    key = save_key(people["owner"], api.new_key(ACME))
    open_workflow(key, TRANSLATIONS, name="French", checked_at=timezone.now())
    open_workflow(key, FILES, name="Files", has_file_fields=True)
    intake = make_team(people["team"], people["viewer"], people["deactivated"], lead=people["lead"])
    share_key(key, intake)
    share_key(key, people["person"])
    world = World(key, intake, people, Browsers(people), api.create(1, TRANSLATIONS)[0], api.new_key(ACME))
    world.browsers["deactivated"]  # signed in while the account was active
    User.objects.filter(pk=people["deactivated"].pk).update(is_active=False)
    return world


def _person(name: str) -> User:
    return User.objects.create_user(f"{name}@acme.example", PASSWORD, role=ROLES.get(name, "operator"))


class Browsers(dict[str, Client]):
    """A browser for each person, who signs in when it is first used."""

    def __init__(self, people: dict[str, User]) -> None:
        super().__init__()
        self.people = people

    def __missing__(self, name: str) -> Client:
        browser = self[name] = Client()
        if name in self.people:
            browser.force_login(self.people[name])
            confirm_in(browser, self.people[name])
        return browser
