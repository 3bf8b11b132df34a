"""Every address of the portal that is read, by the URL's name, for the person who has all there is."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse

from pipelines_portal.accounts.models import User
from pipelines_portal.imports.models import Import, State
from pipelines_portal.new_task.models import Preset
from pipelines_portal.people.invitation_links import link_path
from pipelines_portal.people.models import Invitation
from pipelines_portal.saved_keys.models import SavedKey
from pipelines_portal.submissions.models import Export, Submission
from pipelines_portal.teams.models import Team
from pipelines_portal.uploads.models import Stage, ZipUpload
from tests.access.table import ACCESS, NOBODY

from .people import FILES, RARE, WORKFLOW

# Not asked, and why.
LEFT_OUT = {
    "account_login": "is accounts:sign_in",
    "mfa_authenticate": "is accounts:second_step",
    "accounts:issuer_callback": "no issuer is set up here",
    "accounts:second_step": "wants a password first",
    "accounts:second_step_remove": "wants a second step first",
    "notifications:open": "leads to another page",
}
IMPORTS = {"imports:detail": State.UNREADABLE, "imports:match": State.MATCHING, "imports:progress": State.SENDING}
UPLOADS = {
    "uploads:send": Stage.CHOSEN, "uploads:confirm": Stage.STORED, "uploads:result": Stage.PROCESSING,
    "uploads:errors": Stage.COMPLETED,
}  # fmt: skip
# Pages that answer differently to what stands behind the address: each with the URL's name.
ASKED = {
    "overview:home": ("", "?show=failed", "?show=stuck"),
    "search:search": ("", "?q=order0000300", "?q=complaint+customer", "?q=1000005"),
    "saved_keys:list": ("", "?q=key", "?whose=others"),
    "workflows:list": ("", "?q=workflow", "?from=20"),
    "submissions:list": (
        "", "?who=team", "?who={colleague}", "?state=unknown", "?state=rejected", f"?workflow={WORKFLOW}", "?fold=off",
        "?before={oldest}", "?before={oldest}&who=team", "?kind=import",
    ),
    "submissions:detail": ("", "?only=rejected", "?after={near_end}"),
    "imports:check": ("", "?show=ready", "?show=twice", "?field=input_text"),
    "people:list": ("", "?q=colleague"),
    "people:team_detail": ("", "?add=colleague"),
    "people:event_list": ("", "?verb=signed-in", f"?person={RARE}", "?verb=keys", "?before={oldest_event}"),
    "people:event_export": (f"?person={RARE}",),
}  # fmt: skip
ANONYMOUS = ("accounts:sign_in", "accounts:passkey_sign_in", "accounts:password_forgotten", "accounts:password_reset")


def addresses_for(person: User) -> dict[str, dict[str, Any]]:
    """By name and what is asked for. The table of who may come where knows every URL: none is missed."""
    wanted = {name for name, row in ACCESS.items() if row.get != NOBODY and name not in LEFT_OUT}
    values = _values(person)
    found: dict[str, dict[str, Any]] = {}
    for name in sorted(wanted):
        for query in ASKED.get(name, ("",)):
            address = _address(name, person) + query.format(**values)
            found[f"{name} {query}".strip()] = {"address": address, "signed_in": name not in ANONYMOUS}
    return found


def _values(person: User) -> dict[str, Any]:
    from pipelines_portal.audit.models import Event

    mine = Submission.objects.filter(owner=person)
    batch = mine.filter(kind="import", state="partly")[0]
    return {
        "colleague": User.objects.get(email="p0@acme.example").pk,
        # Behind it stand as many as fill a page.
        "oldest": mine.filter(kind="form").order_by("created_at")[220].pk,
        "oldest_event": Event.objects.exclude(actor_email=RARE).order_by("at")[51].pk,
        "near_end": batch.row_count - 52,
    }


def _address(name: str, person: User) -> str:
    key = SavedKey.objects.filter(owner=person).earliest("pk")
    arguments = _arguments(name, person)
    if name.startswith(("workflows:", "overview:detail", "tasks:", "new_task:", "uploads:", "imports:", "saved_keys:")):
        arguments = {"key_id": key.pk} | arguments if name != "saved_keys:list" else {}
    if name.startswith(("tasks:", "new_task:", "uploads:", "imports:", "overview:detail", "workflows:")):
        workflow = FILES if name.startswith("uploads:") else WORKFLOW
        arguments = arguments | ({} if name == "workflows:list" else {"workflow_id": workflow})
    return reverse(name, kwargs=arguments)


def _arguments(name: str, person: User) -> dict[str, Any]:
    """What the address wants beside its key and workflow."""
    if name in UPLOADS:
        return {"zip_id": ZipUpload.objects.get(stage=UPLOADS[name]).pk}
    if name in OF_ONE_IMPORT:
        state = IMPORTS.get(name, State.CHECKED)
        more = {"kind": "to-fix", "form": "csv"} if name == "imports:rows" else {}
        return {"import_id": Import.objects.get(file_name=f"{state}.csv").pk} | more
    found = OTHERS.get(name)
    return found(person) if found else {}


def _batch(person: User) -> dict[str, Any]:
    return {"submission_id": Submission.objects.filter(kind="import", state="partly")[0].pk}


def _export(person: User) -> dict[str, Any]:
    return {"export_id": Export.objects.filter(owner=person)[0].pk}


def _colleague(person: User) -> dict[str, Any]:
    return {"person_id": User.objects.get(email="p0@acme.example").pk}


def _team(person: User) -> dict[str, Any]:
    return {"team_id": Team.objects.get(name="Team 000").pk}


OF_ONE_IMPORT = ("imports:detail", "imports:match", "imports:check", "imports:progress", "imports:rows")
OTHERS: dict[str, Callable[[User], dict[str, Any]]] = {
    "accounts:password_reset": lambda person: {"uid": "MQ", "token": default_token_generator.make_token(person)},
    "tasks:detail": lambda person: {"task_id": 1},
    "new_task:preset": lambda person: {"preset_id": Preset.objects.earliest("pk").pk},
    "guide:page": lambda person: {"path": "operators/import"},
    "imports:template": lambda person: {"form": "csv"},
    "people:invitation_accept": lambda person: {"token": link_path(Invitation.objects.earliest("pk")).split("/")[2]},
    "submissions:export_progress": _export, "submissions:export_file": _export,
    "submissions:detail": _batch, "submissions:errors": _batch,
    "people:team_detail": _team, "people:team_remove": _team,
    "people:detail": _colleague, "people:deactivate": _colleague, "people:reset_link": _colleague,
    "people:second_step": _colleague, "people:unlink": _colleague,
}  # fmt: skip
