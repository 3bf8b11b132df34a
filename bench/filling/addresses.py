"""The addresses of all pages of the portal that a person with a filled database can open."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils import timezone

from pipelines_portal.accounts.models import Team, User
from pipelines_portal.attention.grouping import make_groups
from pipelines_portal.attention.models import ProblemGroup
from pipelines_portal.audit.models import Event
from pipelines_portal.entry.lists.files import ListLines, store_file
from pipelines_portal.entry.lists.stored import add_list
from pipelines_portal.entry.models import Sheet
from pipelines_portal.entry.models.form import Preset
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.people.invitations import link_path
from pipelines_portal.people.models import Invitation
from pipelines_portal.submissions.models import Export, Submission
from pipelines_portal.task_index.models import WorkflowIndex
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.workflows.models import OpenedWorkflow, ReferenceList
from pipelines_portal.workflows.rules.stored import WorkflowRule

from .people import COLLEAGUE, FILE_WORKFLOW, RARE, WORKFLOW

# By URL name: the queries that are asked for. Names in braces are replaced by `_query_values`.
PAGES: dict[str, tuple[str, ...]] = {
    "accounts:account": ("",), "accounts:authenticator_add": ("",), "accounts:confirm": ("",),
    "accounts:name_change": ("",),
    "accounts:passkey_add": ("",), "accounts:password_change": ("",), "accounts:recovery_codes_make": ("",),
    "accounts:two_step_set_up": ("",),
    "attention:list": ("", "?show=done"), "attention:detail": ("",),
    "drafts:list": ("",), "guide:contents": ("",), "guide:page": ("",), "guide:search": ("?q=import",),
    "sheets:columns": ("",), "sheets:created": ("?rows=1,2,3,41",),
    "sheets:new": ("",),
    "sheets:page": ("", "?show=ready", "?show=duplicates", "?field=input_text", "?page=2", "?error_after=0"),
    "sheets:restored": ("",),
    "sheets:delete": ("",), "sheets:detail": ("",), "sheets:transfer": ("",), "sheets:match": ("",),
    "imports:new": ("",), "sheets:progress": ("", "?status=attention", "?status=finished", "?status=errors"),
    "sheets:row": ("",), "sheets:rows": ("",),
    "imports:template": ("",),
    "new_task:create": ("",), "new_task:preset_apply": ("",), "new_task:preset_rename": ("",),
    "new_task:suggestion_list": ("?field=notes&text=de",),
    "new_task:time_read": ("?field-when=now",),
    "lists:columns": ("",), "lists:delete": ("",), "lists:detail": ("", "?q=no", "?page=2"), "lists:export": ("",),
    "lists:list": ("",),
    "lists:rename": ("",), "lists:replace": ("",), "lists:upload": ("",),
    "new_task:choose": ("",),
    "notifications:preferences": ("",), "notifications:list": ("",),
    "overview:detail": ("",), "overview:home": ("",), "overview:shortcuts": ("",),
    "overview:palette": ("", "?q=workflow", "?q=complaint+customer", "?q=1000005", "?q=csv"),
    "people:deactivate": ("",), "people:detail": ("",), "people:event_export": (f"?person={RARE}",),
    "people:event_list": ("", "?verb=signed-in", f"?person={RARE}", "?verb=keys", "?before={oldest_event}"),
    "people:invite": ("",), "people:list": ("", "?q=colleague"), "people:reset_link": ("",),
    "people:two_step": ("",), "people:team_detail": ("", "?add=colleague"), "people:team_list": ("",),
    "people:team_remove": ("",), "people:unlink": ("",),
    "keys:detail": ("",), "keys:list": ("", "?q=key", "?whose=all"), "keys:remove": ("",),
    "rules:add": ("",), "rules:delete": ("",), "rules:edit": ("",), "rules:list": ("",), "rules:read": ("",),
    "search:search": (
        "", "?q=order0000300", "?q=complaint+customer", "?q=1000005", "?sent=me", "?status=failed",
        "?q=complaint&status=failed&sent=me",
    ),
    "submissions:detail": ("", "?only=rejected", "?after={near_end}"), "submissions:errors": ("",),
    "submissions:export_file": ("",), "submissions:export_progress": ("",),
    "submissions:suggestion_list": ("?text=st", "?text=import:t"),
    "submissions:list": (
        "", "?who=team", "?who={colleague}", "?status=unconfirmed", "?status=rejected", f"?workflow={WORKFLOW}",
        "?fold=off", "?before={oldest}", "?before={oldest}&who=team", "?kind=import",
    ),
    "system:external_api": ("",), "system:page": ("",), "system:recovery_file": ("",),
    "system:support_report": ("",),
    "tasks:detail": ("",),
    "tasks:columns": ("",), "tasks:view_add": ("?query=status%3Dfailed",), "tasks:view_list": ("",),
    "tasks:suggestion_list": ("?text=st", "?text=sent:b"),
    "tasks:list": ("", "?sent=me", "?sent=me&status=failed", "?q=complaint+customer", "?day=yesterday", "?stuck=24h"),
    "uploads:choose": ("",), "uploads:confirm": ("",), "uploads:errors": ("",), "uploads:result": ("",),
    "uploads:send": ("",),
    "workflows:fields": ("",), "workflows:forget": ("",), "workflows:list": ("", "?q=workflow", "?from=20"),
}  # fmt: skip
# Of the grid with rows that the person types.
OF_TYPED = ("", "?show=errors", "?page=2&fields=all")
SIGNED_OUT = (
    "accounts:passkey_sign_in", "accounts:password_forgotten", "accounts:password_reset", "accounts:sign_in",
    "people:first_administrator", "people:invitation_accept",
)  # fmt: skip
IMPORT_STATUSES = {
    "sheets:detail": "unreadable", "sheets:match": "matching", "sheets:progress": "sending",
    "sheets:page": "checked", "sheets:row": "checked", "sheets:rows": "checked", "sheets:delete": "checked",
    "sheets:transfer": "checked", "sheets:restored": "paused",
}  # fmt: skip
UPLOAD_STAGES = {
    "uploads:send": Stage.CHOSEN, "uploads:confirm": Stage.STORED, "uploads:result": Stage.PROCESSING,
    "uploads:errors": Stage.COMPLETED,
}  # fmt: skip
OF_A_WORKFLOW = (
    "tasks:",
    "new_task:",
    "sheets:new",
    "sheets:columns",
    "uploads:",
    "imports:",
    "overview:detail",
    "rules:",
    "lists:",
    "workflows:fields",
    "workflows:forget",
)
OF_A_KEY = (*OF_A_WORKFLOW, "workflows:list", "keys:detail", "keys:remove")


def addresses_for(person: User) -> dict[str, dict[str, Any]]:
    """Return the path of each page by its name and query, and whether it is opened signed in."""
    values = _query_values(person)
    pages = {
        f"{name} {query}".strip(): {"address": _path(name, person) + query.format(**values), "signed_in": True}
        for name, queries in PAGES.items()
        for query in queries
    }
    grid = reverse("sheets:page", args=[Sheet.objects.get(size_bytes=0).pk])
    typed = {
        f"sheets:page of typed rows {query}".strip(): {"address": grid + query, "signed_in": True} for query in OF_TYPED
    }
    return typed | pages | {name: {"address": _path(name, person), "signed_in": False} for name in SIGNED_OUT}


def _query_values(person: User) -> dict[str, Any]:
    mine = Submission.objects.filter(owner=person)
    return {
        "colleague": User.objects.get(email=COLLEAGUE).pk,
        # As many rows follow these as fill a page.
        "oldest": mine.filter(kind="form").order_by("created_at")[220].pk,
        "oldest_event": Event.objects.exclude(actor_email=RARE).order_by("at")[51].pk,
        "near_end": _batch().row_count - 52,
    }


def _path(name: str, person: User) -> str:
    arguments = _arguments(name, person)
    if name.startswith(OF_A_KEY):
        arguments["key_id"] = SavedKey.objects.filter(owner=person).earliest("pk").pk
    if name.startswith(OF_A_WORKFLOW):
        arguments["workflow_id"] = FILE_WORKFLOW if name.startswith("uploads:") else WORKFLOW
    return reverse(name, kwargs=arguments)


def _arguments(name: str, person: User) -> dict[str, Any]:
    """Return the arguments of a URL except its key and workflow."""
    if name in UPLOAD_STAGES:
        upload = ZipUpload.objects.get(stage=UPLOAD_STAGES[name])
        return {"zip_id": upload.pk} | ({"form": "csv"} if name == "uploads:errors" else {})
    if name == "sheets:created":
        return {"import_id": Sheet.objects.get(size_bytes=0).pk}
    if name in IMPORT_STATUSES:
        more: dict[str, dict[str, Any]] = {
            "sheets:rows": {"kind": "to-fix", "form": "csv"},
            "sheets:row": {"number": 2},
        }
        return {"import_id": Sheet.objects.get(file_name=f"{IMPORT_STATUSES[name]}.csv").pk} | more.get(name, {})
    return dict(ARGUMENTS[name](person)) if name in ARGUMENTS else {}


def _batch() -> Submission:
    return Submission.objects.filter(kind="import", status="partly_created")[0]


def _export(person: User) -> dict[str, Any]:
    return {"export_id": Export.objects.filter(owner=person)[0].pk}


def _colleague(person: User) -> dict[str, Any]:
    return {"person_id": User.objects.get(email=COLLEAGUE).pk}


def _team(person: User) -> dict[str, Any]:
    return {"team_id": Team.objects.get(name="Team 000").pk}


def _rule(person: User) -> dict[str, Any]:
    workflow = OpenedWorkflow.objects.filter(key__owner=person, workflow_id=WORKFLOW).earliest("pk")
    place = {"key": workflow.key, "workflow_id": WORKFLOW, "kind": "filled", "field": "input_text"}
    return {"rule_id": WorkflowRule.objects.get_or_create(**place, defaults={"position": 1})[0].pk}


def _group(person: User) -> dict[str, Any]:
    workflow = OpenedWorkflow.objects.filter(key__owner=person, workflow_id=WORKFLOW).earliest("pk")
    make_groups(WorkflowIndex.objects.start(workflow))
    found = ProblemGroup.objects.filter(workflow=workflow).first()
    times = {"first_at": timezone.now(), "last_at": timezone.now()}
    return {"group_id": (found or ProblemGroup.objects.create(workflow=workflow, status="failed", **times)).pk}


def _list(person: User) -> dict[str, Any]:
    key = SavedKey.objects.filter(owner=person).earliest("pk")
    found = ReferenceList.objects.filter(key=key).first()
    lines = ListLines(["Code", "Name"], [(number, [str(number), f"Nordlicht {number}"]) for number in range(2, 102)])
    return {"list_id": (found or add_list(key, "Customers", lines, 0, 1, person)).pk}


def _list_file(person: User) -> dict[str, Any]:
    key = SavedKey.objects.filter(owner=person).earliest("pk")
    return {"file_id": store_file(key, person, "codes.csv", ListLines(["Code"], [(2, ["1"])]), None).pk}


ARGUMENTS: dict[str, Callable[[User], dict[str, Any]]] = {
    "accounts:password_reset": lambda person: {"uid": "MQ", "token": default_token_generator.make_token(person)},
    "attention:detail": _group,
    "guide:page": lambda person: {"path": "operators/import"},
    "imports:template": lambda person: {"form": "csv"},
    "lists:columns": _list_file, "lists:delete": _list, "lists:detail": _list, "lists:export": _list,
    "lists:rename": _list,
    "lists:replace": _list,
    "new_task:preset_apply": lambda person: {"preset_id": Preset.objects.earliest("pk").pk},
    "new_task:preset_rename": lambda person: {"preset_id": Preset.objects.earliest("pk").pk},
    "rules:delete": _rule, "rules:edit": _rule, "rules:read": _rule,
    "people:event_export": lambda person: {"form": "csv"},
    "people:deactivate": _colleague, "people:detail": _colleague, "people:reset_link": _colleague,
    "people:two_step": _colleague, "people:unlink": _colleague,
    "people:invitation_accept": lambda person: {"token": link_path(Invitation.objects.earliest("pk")).split("/")[2]},
    "people:team_detail": _team, "people:team_remove": _team,
    "submissions:detail": lambda person: {"submission_id": _batch().pk},
    "submissions:errors": lambda person: {"submission_id": _batch().pk, "form": "csv"},
    "submissions:export_file": lambda person: _export(person) | {"form": "csv"},
    "submissions:export_progress": _export,
    "tasks:detail": lambda person: {"task_id": 1},
}  # fmt: skip
