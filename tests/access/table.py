"""Who is let in where, and which event it leaves.

Columns: owner of the key · person it is shared with · member of a team it is shared with · viewer in that team ·
lead of that team · administrator · stranger · deactivated · anonymous. Signs: see `what_came` in test_access.py.
Submissions, uploads and imports are the team member's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from tests.conftest import EVERY_TYPE

from .world import PASSWORD, World

NOBODY = "mmmmmmmmm"
ANYONE = "........."
SIGNED_IN = ".......ss"
NOT_THERE = "-------ss"
KEY_USERS = ".....--ss"
KEY_SENDERS = "...x.--ss"
KEY_CHANGERS = ".--x---ss"
NOTE_WRITERS = ".xxx.--ss"
DISPOSERS = ".----.-ss"
SUBMISSION_READERS = ".-.-.--ss"
SUBMISSION_DECIDERS = ".-.x.--ss"
IMPORT_READERS, IMPORT_CHANGERS = SUBMISSION_READERS, SUBMISSION_DECIDERS
PRESET_CHANGERS = ".-.x---ss"
SENDER = "--.x---ss"
TYPIST = KEY_CHANGERS
SENDER_ONLY = "--.----ss"
ADMINISTRATORS = "xxxxx.xss"


@dataclass(frozen=True)
class Row:
    """`data` is posted. `event` is what the first one who may do it leaves behind; `quiet` says why there is none."""

    get: str = NOBODY
    post: str = NOBODY
    put: str = ""
    data: Callable[[World], dict[str, Any]] | None = None
    event: str = ""
    quiet: str = ""

    @property
    def expected(self) -> dict[str, str]:
        return {"get": self.get, "post": self.post} | ({"put": self.put} if self.put else {})

    def data_of(self, world: World) -> dict[str, Any]:
        return self.data(world) if self.data else {}


OWN_LIST = "how one's own list is arranged"
UNSENT_TASK = "nothing is sent: what the form keeps between two tasks"
UNSENT = "nothing is sent before the confirm, which is told when the API took it"


def credentials(world: World) -> dict[str, Any]:
    return {"username": "stranger@acme.example", "password": PASSWORD}


def email(world: World) -> dict[str, Any]:
    return {"email": "stranger@acme.example"}


def new_password(world: World) -> dict[str, Any]:
    new = "another horse battery"
    return {"old_password": PASSWORD, "new_password1": new, "new_password2": new}


def rule(world: World) -> dict[str, Any]:
    return {
        "field": "input_text",
        "kind": "pattern",
        "example": "A-1",
        "when": "",
        "message": "",
        "version": 1,
        "do": "save",
    }


def list_file(world: World) -> dict[str, Any]:
    return {"file": SimpleUploadedFile("codes.csv", b"code\n1\n2\n")}


def new_key(world: World) -> dict[str, Any]:
    return {"name": "Second", "key": world.second_key, "expiry": "90"}


def task(world: World) -> dict[str, Any]:
    token = str(uuid4())  # in the text too: the same twice is asked about
    return {"field-input_text": f"Hello {token}", "field-target_language": "French", "token": token}


def mute(world: World) -> dict[str, Any]:
    return {"task": world.task_id, f"status-{world.task_id}": "failed", "note": "asked Ana"}


def mute_group(world: World) -> dict[str, Any]:
    return {"until": (timezone.now() + timedelta(days=7)).isoformat()}


def preset(world: World) -> dict[str, Any]:
    return task(world) | {"preset": "Complaint by phone", "preset_shared": "1"}


def pasted(world: World) -> dict[str, Any]:
    return {"text": "input_text\ttarget_language\nHello\tFrench", "token": str(uuid4())}


def newcomer(world: World) -> dict[str, Any]:
    return {"emails": "new@acme.example", "role": "operator", "teams": [world.intake.pk]}


def stranger(world: World) -> dict[str, Any]:
    return {"person": world.people["stranger"].pk}


def member(world: World) -> dict[str, Any]:
    return {"person": world.people["team"].pk, "lead": 1}


READS = "it only reads"
ASKS_WHO = "asks the administrator once more who they are: in tests/people"
IDP = "---------"  # no identity provider is set up here
TEAM_SEEN, TEAM_LED, TEAM_CHANGED = "--....-ss", "--xx..-ss", "--xxx.-ss"
NO_CODE = "a wrong code is a refusal of its own, in tests/accounts"

ACCESS: dict[str, Row] = {
    "account_login": Row(ANYONE, ANYONE, quiet="is accounts:sign_in"),
    "mfa_authenticate": Row(ANYONE, ANYONE, quiet="is accounts:two_step"),
    # Oneself.
    "accounts:sign_in": Row(ANYONE, ANYONE, data=credentials, event="signed-in"),
    "accounts:two_step": Row(ANYONE, ANYONE, quiet=NO_CODE),
    "accounts:passkey_sign_in": Row(ANYONE, ANYONE, event="sign-in-refused"),
    "accounts:idp_sign_in": Row(post=IDP, quiet="no issuer is set up here"),
    "accounts:idp_callback": Row(IDP),
    "accounts:sign_out": Row(post=ANYONE, event="signed-out"),
    "accounts:password_forgotten": Row(ANYONE, ANYONE, data=email, event="password-reset-asked"),
    "accounts:password_reset": Row(ANYONE, ANYONE, quiet="the link of one person, in tests/accounts"),
    "accounts:password_change": Row(SIGNED_IN, SIGNED_IN, data=new_password, event="password-changed"),
    "accounts:account": Row(SIGNED_IN),
    "accounts:name_change": Row(SIGNED_IN, SIGNED_IN, data=lambda world: {"name": "New"}, event="person-renamed"),
    "search:search": Row(SIGNED_IN),
    "demo:paste": Row(post="---x---ss", quiet="only the demo's people find it"),
    "demo:file": Row(post="---x---ss", quiet="only the demo's people find it"),
    "demo:hide": Row(post=SIGNED_IN, quiet="it hides a box until the next sign-in"),
    "drafts:list": Row(SIGNED_IN),
    "attention:list": Row(SIGNED_IN),
    "attention:detail": Row(KEY_USERS),
    "attention:done": Row(post=KEY_SENDERS, event="group-changed"),
    "attention:mute": Row(post=KEY_SENDERS, data=mute_group, event="group-changed"),
    "attention:reopen": Row(post=KEY_SENDERS, event="group-changed"),
    "attention:owner": Row(
        post=KEY_SENDERS, data=lambda world: {"owner": world.people["team"].pk}, event="group-changed"
    ),
    "attention:note": Row(post=KEY_SENDERS, data=lambda world: {"text": "asked Ana"}, event="group-changed"),
    "attention:export": Row(post=KEY_USERS, event="tasks-exported"),
    "notifications:list": Row(SIGNED_IN),
    "notifications:read_all": Row(post=SIGNED_IN, quiet="nothing but what one was told of"),
    "notifications:open": Row("--.----ss"),
    "notifications:preferences": Row(
        SIGNED_IN, SIGNED_IN, data=lambda world: {"mail": "daily"}, quiet="how a person likes to be told"
    ),
    "accounts:preference": Row(
        post=SIGNED_IN, data=lambda world: {"name": "is_compact", "value": "on"}, quiet="how a person likes pages"
    ),
    "accounts:confirm": Row(SIGNED_IN, SIGNED_IN, data=credentials, quiet="nothing changes"),
    "accounts:two_step_set_up": Row(SIGNED_IN),
    "accounts:authenticator_add": Row(SIGNED_IN, SIGNED_IN, quiet=NO_CODE),
    "accounts:passkey_add": Row(SIGNED_IN, SIGNED_IN, quiet="in Chromium, which has a passkey to add"),
    "accounts:two_step_remove": Row(NOT_THERE, NOT_THERE, quiet="there is none to remove: in tests/accounts"),
    "accounts:recovery_codes_make": Row(SIGNED_IN, SIGNED_IN, quiet="there are none without a second step"),
    "accounts:session_end": Row(post=SIGNED_IN, quiet="there is no such session: in tests/accounts"),
    "accounts:sessions_end_others": Row(post=SIGNED_IN, event="session-ended"),
    # Keys and their workflows.
    "overview:home": Row(SIGNED_IN),
    "overview:palette": Row(SIGNED_IN),
    "overview:shortcuts": Row(SIGNED_IN),
    "keys:list": Row(SIGNED_IN, "...x...ss", data=new_key, event="key-saved"),
    "keys:detail": Row("......-ss"),
    "keys:check": Row(post=KEY_USERS, event="key-checked"),
    "keys:rename": Row(post=KEY_CHANGERS, data=lambda world: {"name": "New"}, event="key-renamed"),
    "keys:expiry": Row(
        post=KEY_CHANGERS, data=lambda world: {"expiry": "90", "made_on": "2026-11-01"}, event="key-expiry-said"
    ),
    "keys:share": Row(
        post=KEY_CHANGERS, data=lambda world: {"people": "stranger@acme.example"}, event="key-shared"
    ),
    "keys:stop_sharing": Row(post=".------ss", event="key-taken-back"),
    "keys:transfer": Row(
        post=DISPOSERS, data=lambda world: {"owner": world.people["stranger"].email}, event="key-handed-over"
    ),
    "keys:remove": Row(DISPOSERS, DISPOSERS, event="key-removed"),
    "keys:replace": Row(post=KEY_CHANGERS, data=new_key, event="key-replaced"),
    "workflows:list": Row(KEY_USERS, KEY_USERS, data=lambda world: {"workflow": EVERY_TYPE}, event="workflow-opened"),
    "workflows:fields": Row(
        KEY_USERS, NOTE_WRITERS, data=lambda world: {"instructions": "Be formal."}, event="workflow-notes-changed"
    ),
    "rules:list": Row(KEY_USERS),
    "rules:add": Row(NOTE_WRITERS, NOTE_WRITERS, data=rule, event="rule-changed"),
    "rules:edit": Row(NOTE_WRITERS, NOTE_WRITERS, data=rule, event="rule-changed"),
    "rules:read": Row(
        KEY_USERS, KEY_USERS, data=lambda world: {"note": "Orders begin with B"}, quiet="people are notified"
    ),
    "rules:switch": Row(post=NOTE_WRITERS, data=lambda world: {"on": "no"}, event="rule-changed"),
    "rules:delete": Row(NOTE_WRITERS, NOTE_WRITERS, event="rule-changed"),
    "lists:list": Row(KEY_USERS),
    "lists:detail": Row(KEY_USERS),
    "lists:export": Row(KEY_USERS),
    "lists:upload": Row(NOTE_WRITERS, NOTE_WRITERS, data=list_file, quiet="its columns are decided next"),
    "lists:replace": Row(NOTE_WRITERS, NOTE_WRITERS, data=list_file, quiet="its columns are decided next"),
    "lists:columns": Row(
        NOTE_WRITERS, NOTE_WRITERS, event="list-changed",
        data=lambda world: {"name": "Customers", "code": "0", "label": "", "do": "save"},
    ),
    "lists:rename": Row(NOTE_WRITERS, NOTE_WRITERS, data=lambda world: {"name": "Clients"}, event="list-changed"),
    "lists:delete": Row(NOTE_WRITERS, NOTE_WRITERS, event="list-changed"),
    "overview:detail": Row(KEY_USERS),
    "overview:stuck_hours": Row(post=KEY_SENDERS, data=lambda world: {"hours": "72"}, quiet="how one page counts"),
    "workflows:mark": Row(post=KEY_USERS, data=lambda world: {"mark": "pin"}, quiet="one's own list alone changes"),
    "workflows:forget": Row(KEY_CHANGERS, KEY_CHANGERS, event="workflow-forgotten"),
    # Tasks, submissions, uploads.
    "tasks:list": Row(KEY_USERS),
    "tasks:suggestion_list": Row(KEY_USERS),
    "tasks:export": Row(post=KEY_USERS, data=lambda world: {"sent": "me"}, event="tasks-exported"),
    "tasks:detail": Row(KEY_USERS),
    "tasks:mute": Row(post=KEY_SENDERS, data=mute, event="tasks-muted"),
    "tasks:mark_mistake": Row(post=KEY_SENDERS, data=lambda world: {"task": world.task_id}, event="mistakes-marked"),
    "tasks:columns": Row(KEY_USERS, KEY_USERS, quiet=OWN_LIST),
    "tasks:view_list": Row(KEY_USERS),
    "tasks:view_add": Row(
        KEY_USERS, KEY_USERS, data=lambda world: {"name": "Failed", "query": "status=failed"}, quiet=OWN_LIST
    ),
    "tasks:view_change": Row(post=SENDER_ONLY, data=lambda world: {"do": "rename", "name": "New"}, quiet=OWN_LIST),
    "tasks:undo_note": Row(post=KEY_SENDERS, quiet="nothing was muted before in this session"),
    "tasks:clear_note": Row(
        post=KEY_SENDERS, data=lambda world: {"task": world.task_id, "state": "muted"}, event="tasks-unmuted"
    ),
    "new_task:draft_save": Row(post=KEY_SENDERS, data=task, quiet=UNSENT_TASK),
    "new_task:draft_discard": Row(post=KEY_SENDERS, quiet=UNSENT_TASK),
    "new_task:preset_save": Row(post=KEY_SENDERS, data=preset, quiet=UNSENT_TASK),
    "new_task:preset_rename": Row(
        PRESET_CHANGERS, PRESET_CHANGERS, data=lambda world: {"name": "New"}, quiet=UNSENT_TASK
    ),
    "new_task:preset_apply": Row(KEY_SENDERS, KEY_SENDERS, data=task, quiet=UNSENT_TASK),
    "new_task:suggestion_list": Row(KEY_SENDERS),
    "new_task:choose": Row(KEY_SENDERS, KEY_SENDERS, quiet=UNSENT_TASK),
    "new_task:time_read": Row(KEY_SENDERS),
    "new_task:preset_delete": Row(post=PRESET_CHANGERS, quiet=UNSENT_TASK),
    "new_task:create": Row(KEY_SENDERS, KEY_SENDERS, data=task, event="submission-sent"),
    # Typed rows: each person's own.
    "sheets:new": Row(KEY_SENDERS),
    "sheets:new_cells": Row(post=KEY_SENDERS, quiet=UNSENT),
    "sheets:new_paste": Row(post=KEY_SENDERS, quiet=UNSENT),
    "sheets:new_preset": Row(post=KEY_SENDERS, data=lambda world: {"number": 1}, quiet=UNSENT),
    "sheets:columns": Row(KEY_SENDERS, KEY_SENDERS, quiet="how the person sees their own grid"),
    "sheets:pin": Row(post=KEY_SENDERS, data=lambda world: {"field": "notes", "text": "Urgent"}, quiet=UNSENT_TASK),
    "sheets:copy": Row(post=KEY_SENDERS, data=lambda world: {"task": world.task_id}, quiet=UNSENT),
    "sheets:paste": Row(post=TYPIST, quiet=UNSENT),
    "sheets:preset": Row(post=TYPIST, data=lambda world: {"number": 1}, quiet=UNSENT),
    "sheets:create": Row(post=TYPIST, data=lambda world: {"rows": world.typed_rows()}, event="import-sent"),
    "sheets:created": Row(TYPIST),
    "sheets:name": Row(post=TYPIST, quiet=UNSENT),
    "sheets:clear": Row(post=TYPIST, quiet="rows that were created are shown no longer"),
    "submissions:suggestion_list": Row(SIGNED_IN),
    "submissions:list": Row(SIGNED_IN),
    "submissions:detail": Row(SUBMISSION_READERS),
    "submissions:errors": Row(SUBMISSION_READERS),
    "submissions:mark_created": Row(
        post=SUBMISSION_DECIDERS, data=lambda world: {"task": world.task_id}, event="submission-decided"
    ),
    "submissions:mark_not_created": Row(post=SUBMISSION_DECIDERS, event="submission-decided"),
    "submissions:stop_waiting": Row(post=SUBMISSION_DECIDERS, quiet="the answer of the API is recorded, not who waits"),
    "submissions:send": Row(post=SENDER, event="submission-sent"),
    "submissions:discard": Row(post="--.----ss", event="submission-discarded"),
    "submissions:export": Row(post=SIGNED_IN, event="submissions-exported"),
    "submissions:export_progress": Row("--.----ss"),
    "submissions:export_file": Row("--.----ss", quiet="only looks where it is made"),
    "submissions:retry": Row(post=SENDER, quiet="makes a draft, which is told when it is sent"),
    "uploads:choose": Row(KEY_SENDERS, KEY_SENDERS, quiet=UNSENT),
    "uploads:rows": Row(post=KEY_SENDERS, quiet=READS),
    "uploads:send": Row(SENDER),
    "uploads:start": Row(post=SENDER, quiet=UNSENT),
    "uploads:stored": Row(post=SENDER, quiet=UNSENT),
    "uploads:cancel": Row(post=SENDER, quiet=UNSENT),
    "uploads:heartbeat": Row(post=SENDER, quiet=UNSENT),
    "uploads:release": Row(post=SENDER, quiet=UNSENT),
    # The sender is refused too: there is no link here that the archive could go through.
    "uploads:confirm": Row(SENDER),
    "uploads:result": Row(".-.----ss"),
    "uploads:poll": Row(post=SENDER, quiet=READS),
    "uploads:errors": Row(".-.----ss"),
    "uploads:retry": Row(post=SENDER, quiet="makes a draft, which is told when it is sent"),
    # Imports.
    "imports:new": Row(KEY_USERS, KEY_SENDERS, data=pasted, event="import-begun"),
    "imports:template": Row(KEY_USERS),
    "sheets:detail": Row(IMPORT_READERS),
    "sheets:transfer": Row(
        IMPORT_CHANGERS, IMPORT_CHANGERS, data=lambda world: {"owner": world.people["person"].email},
        event="import-handed-over",
    ),
    "sheets:delete": Row(IMPORT_CHANGERS, IMPORT_CHANGERS, event="import-deleted"),
    "sheets:restore": Row(post=IMPORT_CHANGERS, event="import-restored"),
    "sheets:reread": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:match": Row(IMPORT_READERS, IMPORT_READERS, quiet=UNSENT),
    "sheets:rematch": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:forget": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:page": Row(IMPORT_READERS),
    "sheets:cells": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:row": Row(IMPORT_CHANGERS),
    "sheets:fix": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:alike": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:accept": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:replace": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:choose": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:undo": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:redo": Row(post=IMPORT_CHANGERS, quiet=UNSENT),
    "sheets:progress": Row(IMPORT_READERS),
    "sheets:restored": Row(IMPORT_CHANGERS, IMPORT_CHANGERS, quiet="the import was not restored from a backup"),
    "sheets:send": Row(post=IMPORT_CHANGERS, quiet="only its owner sends an import"),
    "sheets:send_now": Row(post=IMPORT_CHANGERS, quiet="what was started leaves a moment sooner"),
    "sheets:pause": Row(post=IMPORT_CHANGERS, event="import-stopped"),
    "sheets:stop": Row(post=IMPORT_CHANGERS, event="import-stopped"),
    "sheets:decide": Row(post=IMPORT_CHANGERS, data=lambda world: {"came": "nothing"}, event="submission-decided"),
    "sheets:rows": Row(IMPORT_READERS),
    # The guide.
    "guide:contents": Row(ANYONE),
    "guide:page": Row(ANYONE),
    "guide:search": Row(ANYONE),
    # People.
    "people:list": Row(SIGNED_IN),
    "people:detail": Row(ADMINISTRATORS),
    "people:role": Row(post=ADMINISTRATORS, data=lambda world: {"role": "viewer"}, event="role-changed"),
    "people:reset_link": Row(ADMINISTRATORS, ADMINISTRATORS, quiet=ASKS_WHO),
    "people:two_step": Row(ADMINISTRATORS, ADMINISTRATORS, quiet=ASKS_WHO),
    "people:unlink": Row(ADMINISTRATORS, ADMINISTRATORS, quiet=ASKS_WHO),
    "people:deactivate": Row(ADMINISTRATORS, ADMINISTRATORS, event="person-deactivated"),
    "people:reactivate": Row(post=ADMINISTRATORS, event="person-activated"),
    "people:event_list": Row(ADMINISTRATORS),
    "people:event_export": Row(ADMINISTRATORS),
    "people:invite": Row("xxxx..xss", "xxxx..xss", data=newcomer, event="invited"),
    "people:invitation_renew": Row(post="----..-ss", event="invitation-renewed"),
    "people:invitation_withdraw": Row(post="----..-ss", event="invitation-withdrawn"),
    "people:first_administrator": Row(ANYONE, ANYONE, quiet="the setup is finished here: in tests/people"),
    "people:invitation_accept": Row(ANYONE, ANYONE, quiet="those signed in are told so: in tests/people"),
    "people:team_list": Row(
        SIGNED_IN, ADMINISTRATORS, data=lambda world: {"name": "Photos"}, event="team-created"
    ),
    "people:team_detail": Row(TEAM_SEEN),
    "people:team_rename": Row(post=TEAM_CHANGED, data=lambda world: {"name": "Photos"}, event="team-renamed"),
    "people:team_remove": Row(TEAM_CHANGED, TEAM_CHANGED, event="team-removed"),
    "people:team_add": Row(post=TEAM_LED, data=stranger, event="member-added"),
    "people:team_take_out": Row(post=TEAM_LED, data=member, event="member-removed"),
    "people:team_lead": Row(post=TEAM_CHANGED, data=member, event="lead-changed"),
    # The installation.
    "system:page": Row(ADMINISTRATORS),
    "system:external_api": Row(ADMINISTRATORS),
    "system:support_report": Row(ADMINISTRATORS),
    "system:test_mail": Row(post=ADMINISTRATORS, quiet="a mail to oneself"),
    "system:recovery_file": Row(ADMINISTRATORS),
    "system:recovery_download": Row(post=ADMINISTRATORS, event="recovery-file-downloaded"),
    "system:recovery_saved": Row(post=ADMINISTRATORS, event="recovery-file-saved"),
}  # fmt: skip
