"""Drafts of the form: what a person typed is found again after a reload, a sign-in, on another device."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.core.housekeeping import delete_in_batches
from pipelines_portal.entry.form.duplicates import lock_workflow
from pipelines_portal.entry.models.form import TypedDraft
from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.retention import DRAFTS_STORED_FOR
from pipelines_portal.submissions.statuses import FINAL
from pipelines_portal.workflows.fields.ranking import AS_LIST
from pipelines_portal.workflows.fields.ranking import SENT as CONFIRMED
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.schema_form import PREFIX

MOST_BYTES = 1024 * 1024
NOT_TYPED = frozenset(
    {"csrfmiddlewaretoken", "restore", "token", "then", "duplicate", "move", "answer", "always", "choose", "draft_seen"}
)
SENT = (Submission.Status.SENDING, *FINAL, Submission.Status.UNCONFIRMED)


class DraftTooLarge(Exception):
    """The draft is larger than MOST_BYTES."""


class AlreadySent(Exception):
    """The form was sent: its submission has what was typed."""


@dataclass(frozen=True)
class Saved:
    """A saved draft. `replaced_at` is when the draft that it replaced, and that its page had not seen, was saved."""

    draft: TypedDraft | None
    replaced_at: datetime | None = None


def typed_draft(owner: User, workflow: OpenedWorkflow) -> TypedDraft | None:
    """Return the person's draft, unless it was sent from the page of its submission."""
    same_form = Submission.objects.filter(owner=owner, token=OuterRef("token"), status__in=SENT)
    return _drafts(owner, workflow).filter(~Exists(same_form)).first()


def save_typed(owner: User, workflow: OpenedWorkflow, posted: QueryDict, token: UUID) -> Saved:
    """Save the draft; the newest wins. Empty forms are not saved. Raise DraftTooLarge or AlreadySent."""
    pairs = [(name, text) for name, texts in posted.lists() if name not in NOT_TYPED for text in texts]
    if sum(len(name) + len(text.encode()) for name, text in pairs) > MOST_BYTES:
        raise DraftTooLarge
    with transaction.atomic():
        lock_workflow(workflow)  # a form that is being sent looks for its draft only once
        before = _drafts(owner, workflow).select_for_update().first()
        if Submission.objects.filter(owner=owner, token=token, status__in=SENT).exists():
            raise AlreadySent
        unseen = before.saved_at if before and before.mark != posted.get("draft_seen") else None
        if not _has_text(posted):
            if before and not unseen:
                before.delete()
            return Saved(before if unseen else None)
        values = {"typed": pairs, "token": token, "saved_at": timezone.now()}
        place: dict[str, Any] = {"owner": owner, "key": workflow.key, "workflow_id": workflow.workflow_id}
        draft, _ = TypedDraft.objects.update_or_create(**place, defaults=values)
        return Saved(draft, unseen)


def save_unsent(owner: User, workflow: OpenedWorkflow, posted: QueryDict, token: UUID) -> str:
    """Save a form that was certainly not sent as the draft. Return the draft's mark, or ""."""
    try:
        saved = save_typed(owner, workflow, posted, token)
    except (DraftTooLarge, AlreadySent):
        return ""
    return saved.draft.mark if saved.draft else ""


def texts_of(draft: TypedDraft) -> QueryDict:
    """Return the draft as it was posted."""
    typed = QueryDict(mutable=True)
    for name, text in draft.typed:
        typed.appendlist(name, text)
    return typed


def discard_typed(owner: User, workflow: OpenedWorkflow) -> None:
    _drafts(owner, workflow).delete()


def forget_sent(owner: User, workflow: OpenedWorkflow, token: UUID, seen: str) -> None:
    """Delete the draft of a form that was sent. Keep what was typed elsewhere and not seen by that form."""
    draft = _drafts(owner, workflow).first()
    if draft and (draft.token == token or (seen and draft.mark == seen)):
        _drafts(owner, workflow).filter(saved_at=draft.saved_at).delete()


def forget_old_typed() -> int:
    """Delete old drafts, at the latest after the retention time of what was sent. Return how many."""
    stored_for = min(DRAFTS_STORED_FOR, timedelta(days=settings.SUBMISSION_RETENTION_DAYS))
    return delete_in_batches(TypedDraft.objects.filter(saved_at__lt=timezone.now() - stored_for))


def _drafts(owner: User, workflow: OpenedWorkflow) -> QuerySet[TypedDraft]:
    return TypedDraft.objects.filter(owner=owner, key=workflow.key_id, workflow_id=workflow.workflow_id)


def _has_text(posted: QueryDict) -> bool:
    """Return whether a field has a text. A ranking that nobody ordered has its options, too."""
    fields = [name for name in posted if name.startswith(PREFIX)]
    chosen = [name for name in fields if AS_LIST + name not in posted or CONFIRMED + name in posted]
    return any(text.strip() for name in chosen for text in posted.getlist(name))
