"""What an owner does with a key; an administrator may hand it over and remove it."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from pipelines_portal.accounts.access import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.confirming import ask_to_confirm
from pipelines_portal.core.rendering import render_page
from pipelines_portal.keys.access import key_to_dispose_of, owned_key
from pipelines_portal.keys.forms import HandOverKeyForm, KeyExpiryForm, RenameKeyForm, ShareKeyForm
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.ownership import changes
from pipelines_portal.keys.ownership.handing_over import hand_over
from pipelines_portal.keys.ownership.sharing import share, take_back, teams_to_share_with, users_of
from pipelines_portal.keys.signals import key_removal_asked
from pipelines_portal.keys.views.detail import detail_page, key_on_show

TOO_LATE = "The key has another owner by now, or was removed. Nothing was changed."


@require_POST
@signed_in
@senders_only
def key_rename(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = owned_key(request.user, key_id)
    form = RenameKeyForm(request.POST)
    if not form.is_valid():
        return detail_page(request, key, status=422, rename_form=form)
    is_done = changes.rename(key, form.cleaned_data["name"], request.user)
    return _back(request, key, is_done, f"The key is called “{key.name}” now.")


@require_POST
@signed_in
@senders_only
def key_expiry(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = owned_key(request.user, key_id)
    form = KeyExpiryForm(request.POST)
    if not form.is_valid():
        return detail_page(request, key, status=422, expiry_form=form)
    is_done = changes.say_expiry(key, form.cleaned_data["expiry"], form.cleaned_data["made_on"], request.user)
    return _back(request, key, is_done, "The portal has noted when the key expires.")


@require_POST
@signed_in
@senders_only
def key_share(request: SignedInRequest, key_id: int) -> HttpResponse:
    """With a team, and with people."""
    key = owned_key(request.user, key_id)
    form = ShareKeyForm(key, teams_to_share_with(key, request.user), request.POST)
    if not form.is_valid():
        return detail_page(request, key, status=422, share_form=form)
    shared = [str(person) for person in form.cleaned_data["people"] if share(key, request.user, user=person)]
    team = form.cleaned_data["team"]
    if team and share(key, request.user, team=team):
        shared.append(f"team {team}")
    if shared:
        messages.success(request, f"“{key.name}” is shared with {', '.join(shared)}.")
    else:
        messages.info(request, "They have it already. Nothing was changed.")
    return redirect("keys:detail", key.pk)


@require_POST
@signed_in
def key_take_back(request: SignedInRequest, key_id: int, share_id: int) -> HttpResponse:
    """Ends at once: their next page is a 404. Also by an owner who became a viewer: it sends nothing."""
    key = owned_key(request.user, key_id)
    whom = take_back(key, share_id, request.user)
    if whom:
        messages.success(request, f"“{key.name}” is no longer shared with {whom}.")
    else:
        messages.info(request, "It was not shared with them any more.")
    return redirect("keys:detail", key.pk)


@require_POST
@signed_in
def key_hand_over(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = key_to_dispose_of(request.user, key_id)
    form = HandOverKeyForm(key, request.user, request.POST)
    if not form.is_valid():
        return detail_page(request, key_on_show(request.user, key_id), status=422, hand_over_form=form)
    if asked := ask_to_confirm(request):
        return asked
    owner = form.cleaned_data["owner"]
    is_done = hand_over(key, owner, request.user)
    return _back(request, None, is_done, f"“{key.name}” belongs to {owner} now.")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def key_remove(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = key_to_dispose_of(request.user, key_id)
    if request.method != "POST":
        answers: list[Any] = [sentences for _, sentences in key_removal_asked.send(SavedKey, key=key)]
        context = {"key": key, "is_own": key.owner_id == request.user.pk, "user_count": users_of(key).count()}
        context["losses"] = [sentence for sentences in answers for sentence in sentences]
        return render_page(request, "keys/remove.html", context)
    is_done = changes.remove(key, request.user)
    return _back(
        request, None, is_done, f"“{key.name}” is removed from the portal. The key itself still works at the API."
    )


def _back(request: SignedInRequest, key: SavedKey | None, is_done: bool, sentence: str) -> HttpResponse:
    """To the key's page; to the list when it may no longer be theirs to see."""
    (messages.success if is_done else messages.warning)(request, sentence if is_done else TOO_LATE)
    return redirect("keys:detail", key.pk) if key and is_done else redirect("keys:list")
