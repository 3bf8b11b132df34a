"""The page of a key: all for its owner, the state for those it is shared with, hardly anything for an administrator."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.accounts.models import User
from pipelines_portal.core.encryption import Undecryptable
from pipelines_portal.core.rendering import render_page
from pipelines_portal.keys.access import key_to_dispose_of, usable_key
from pipelines_portal.keys.forms import (
    MOST_TEAMS,
    HandOverKeyForm,
    KeyExpiryForm,
    RenameKeyForm,
    ReplaceKeyForm,
    ShareKeyForm,
)
from pipelines_portal.keys.models import ReplacedKey, SavedKey
from pipelines_portal.keys.ownership.replacing import may_undo
from pipelines_portal.keys.ownership.sharing import recipients_of, teams_to_share_with, users_of
from pipelines_portal.keys.state.checking import Verdict, check
from pipelines_portal.keys.state.states import state_of
from pipelines_portal.keys.unreadable import KeyCannotBeOpened


@require_safe
@signed_in
def key_detail(request: SignedInRequest, key_id: int) -> HttpResponse:
    return detail_page(request, key_on_show(request.user, key_id))


@require_POST
@signed_in
def key_check(request: SignedInRequest, key_id: int) -> HttpResponse:
    """Ask the API whether it works. Everyone who may use it may ask."""
    key = usable_key(request.user, key_id)
    try:
        verdict, error = check(key, request.user)
    except Undecryptable:
        raise KeyCannotBeOpened(key.name) from None
    if verdict is Verdict.WORKS:
        messages.success(request, f"“{key.name}” works.")
    elif verdict is Verdict.UNKNOWN:
        wait = getattr(error, "retry_after", None)
        again = f" Check again in {wait} s." if wait else " Check again in a moment."
        messages.warning(request, f"The API could not be asked just now, so nothing is known anew.{again}")
    return redirect("keys:detail", key.pk)


def key_on_show(user: User, key_id: int) -> SavedKey:
    """One that may be used, or disposed of; 404 for all others."""
    try:
        return usable_key(user, key_id)
    except Http404:
        return key_to_dispose_of(user, key_id)


def detail_page(request: SignedInRequest, key: SavedKey, *, status: int = 200, **forms: Any) -> HttpResponse:
    """`forms`: those that were posted and came back, by the name they have in the template."""
    context = {"key": key, "is_own": key.owner_id == request.user.pk, "may_send": request.user.may_send} | forms
    if context["is_own"]:
        context |= _owners(key, request.user, forms)
    elif request.user.is_administrator:  # also of a key that is shared with them
        may = "is_disposable" if key.used_by else "is_only_disposable"
        context |= {may: True, "hand_over_form": forms.get("hand_over_form") or HandOverKeyForm(key, request.user)}
    if key.used_by is not None:
        context["state"] = state_of(key)
    return render_page(request, "keys/detail.html", context, status=status)


def _owners(key: SavedKey, owner: User, forms: dict[str, Any]) -> dict[str, Any]:
    replaced = ReplacedKey.objects.filter(key=key, replaced_by=key.fingerprint)
    teams = teams_to_share_with(key, owner)
    made = {
        "rename_form": RenameKeyForm(initial={"name": key.name}),
        "expiry_form": KeyExpiryForm(initial={"expiry": key.expiry}),
        "replace_form": ReplaceKeyForm(key),
        "share_form": ShareKeyForm(key, teams, shown=list(teams[:MOST_TEAMS])),
        "hand_over_form": HandOverKeyForm(key, owner),
    }
    # The key before, while one can go back to it.
    more = {"recipients": recipients_of(key), "replaced": next(filter(may_undo, replaced), None)}
    return {**made, "workflow_count": key.workflows.count(), "user_count": users_of(key).count(), **more, **forms}
