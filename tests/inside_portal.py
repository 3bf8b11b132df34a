"""What tests do inside a running portal, past its pages: called by name through `Portal.run`, answered in JSON."""

import time
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.utils import timezone

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.accounts.session_store import SessionStore
from pipelines_portal.api_client import CreatedTasks, RowError
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import KeyShare, SavedKey, fingerprint
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.outcomes import not_sent, outcome_of_answer, rejection, unconfirmed
from pipelines_portal.submissions.sending import send
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.workflows.models import OpenedWorkflow

LONG_TEXT = "A text that goes on and on, to see how it wraps where there is little room for it. " * 20
REFUSAL = RowError(index=1, field_name="invoice", message="Invalid value for invoice: " + "y" * 200)
WORKFLOW_REFUSED = "Workflow must be ACTIVE or PAUSED to create tasks."


def make_person(email: str, password: str) -> None:
    User.objects.create_user(email, password)


def make_person_with_key(email: str, password: str, key: str, workflow_id: int) -> None:
    """The key is not asked for at the API, and the workflow stands as opened by it."""
    saved = SavedKey(owner=User.objects.create_user(email, password), name="Acme")
    saved.encrypt(key)
    saved.save()
    saved.workflows.create(workflow_id=workflow_id, name="French", status="ACTIVE")


def make_office(key: str, lead: str, operator: str, password: str) -> None:
    """A lead whose key is shared with the team in which the operator is; workflow 42 is open."""
    people = [
        User.objects.create_user(email, password, name=name) for email, name in ((lead, "Lena"), (operator, "Ana"))
    ]
    saved = _save_key(people[0], key, "Acme Labeling")
    saved.workflows.create(workflow_id=42, name="French translations", status="ACTIVE")
    team = Team.objects.create(name="Intake")
    for person in people:
        Membership.objects.create(team=team, user=person, is_lead=person == people[0])
    KeyShare.objects.create(key=saved, team=team)


def send_as(email: str, texts: list[str]) -> None:
    """A person of the office sends tasks by form, past the pages."""
    workflow = OpenedWorkflow.objects.select_related("key").get()
    person = User.objects.get(email=email)
    for text in texts:
        fields = {"input_text": text, "target_language": "French"}
        draft = Submission.objects.draft(person, workflow, [fields], uuid4(), "form")
        send(draft, client_for(workflow.key))


def sign_in() -> str:
    """The cookie of a session of the person who was there first, who signed in just now."""
    user = User.objects.earliest("pk")
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    [session[BACKEND_SESSION_KEY]] = settings.AUTHENTICATION_BACKENDS
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session["shown"] = {"user": user.pk, "ways": ["password"], "at": time.time()}
    session.save()
    return str(session.session_key)


def make_draft(workflow_id: int, rows: list[dict[str, Any]]) -> str:
    return str(_draft(workflow_id, rows, "form").pk)


def make_upload(workflow_id: int, rows: list[dict[str, Any]], **values: Any) -> list[str]:
    """An archive that step 1 has checked: the upload, and the key it goes with."""
    submission = _draft(workflow_id, rows, "zip")
    upload = ZipUpload.objects.create(submission=submission, **values)
    return [str(upload.pk), str(submission.key_id)]


def read_upload(upload_id: str) -> dict[str, Any]:
    upload = ZipUpload.objects.get(pk=upload_id)
    return {
        "stage": upload.stage,
        "state": upload.submission.status,
        "created": upload.submission.success_count,
        "has_link": bool(upload.link),
        "problem": upload.problem,
        "upload_id": str(upload.remote_upload_id),
    }


def give_link(upload_id: str, url: str, remote_upload_id: str, seconds: int) -> None:
    """As if the API had given `url`, good for `seconds` more."""
    ZipUpload.objects.filter(pk=upload_id).update(
        link=url,
        expires_at=timezone.now() + timedelta(seconds=seconds),
        stage=Stage.UPLOADING,
        remote_upload_id=remote_upload_id,
    )


def end_lease() -> int:
    """Let the time run out for what is being sent. How many that concerned."""
    return Submission.objects.filter(status=Submission.Status.SENDING).update(sending_until=timezone.now())


def end_holds() -> None:
    """End the time for which keys wait after 429, as if it had passed."""
    SavedKey.objects.update(paused_until=None)


def make_every_state(workflow_id: int) -> dict[str, str]:
    """A submission of three rows in each status that its page tells apart."""
    names = ("sending", "created", "partly_created", "rejected", "unconfirmed", "draft", "unattributed")
    made = {name: _sending(workflow_id) for name in names}
    made["created"].record(outcome_of_answer(_created([], [7, 8, 9]), made["created"].row_count))
    made["partly_created"].record(outcome_of_answer(_created([REFUSAL], [7, 8]), made["partly_created"].row_count))
    made["rejected"].record(rejection(made["rejected"].row_count, WORKFLOW_REFUSED))
    made["unconfirmed"].record(unconfirmed("The connection broke. Tasks may have been created."))
    made["draft"].record(not_sent("Too many requests. Nothing was created."))
    made["unattributed"].record(outcome_of_answer(_created([], [7]), made["unattributed"].row_count))
    return {name: str(submission.pk) for name, submission in made.items()}


def _save_key(owner: User, key: str, name: str) -> SavedKey:
    saved = SavedKey(owner=owner, name=name, fingerprint=fingerprint(key))
    saved.encrypt(key)
    saved.save()
    return saved


def _draft(workflow_id: int, rows: list[dict[str, Any]], kind: str) -> Submission:
    key = SavedKey.objects.get()
    return Submission.objects.draft(key.owner, key.workflows.get(workflow_id=workflow_id), rows, uuid4(), kind)


def _sending(workflow_id: int) -> Submission:
    submission = _draft(workflow_id, [{"invoice": f"{n}/{'x' * 80}", "text": LONG_TEXT} for n in range(3)], "form")
    submission.claim(0, until=None)
    return submission


def _created(errors: list[RowError], ids: list[int]) -> CreatedTasks:
    return CreatedTasks(success_count=len(ids), error_count=3 - len(ids), errors=errors, task_ids=ids)
