"""Another key in the place of this one, and going back."""

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from pipelines_portal.accounts.access import SignedInRequest, senders_only, signed_in
from pipelines_portal.keys.access import owned_key
from pipelines_portal.keys.forms import ReplaceKeyForm, fingerprint
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.ownership.replacing import Reach, reach_of, replace, undo_replace
from pipelines_portal.keys.signals import key_opened
from pipelines_portal.keys.state.checking import Verdict, check_text
from pipelines_portal.keys.views.detail import detail_page

DEAD = "The API does not know this key: it is mistyped, expired or revoked. Nothing was changed."
UNKNOWN = "The API could not be asked about this key just now. Nothing was changed. Try again in a moment."
ELSEWHERE = "This key was saved here a moment ago. Nothing was changed."
TOO_LATE = "The key was changed in another window meanwhile, so nothing was changed now. Look at it as it is."
NO_WAY_BACK = "There is no way back any more: the day is over, or the key was changed since. Nothing was changed."


@require_POST
@signed_in
@senders_only
def key_replace(request: SignedInRequest, key_id: int) -> HttpResponse:
    """Nothing changes unless the new key reaches every workflow of the old one."""
    key = owned_key(request.user, key_id)
    form = ReplaceKeyForm(key, request.POST)
    reach = _reach(key, form) if form.is_valid() else None
    if reach is None or not reach.is_whole:
        return detail_page(request, key, status=422, replace_form=form, reach=reach)
    text = form.cleaned_data["key"]
    try:
        is_done = replace(key, text, fingerprint(text), form.cleaned_data["expiry"], request.user)
    except IntegrityError:
        form.add_error("key", ELSEWHERE)
        return detail_page(request, key, status=422, replace_form=form)
    return _told(request, key, is_done, f"“{key.name}” has the key that ends in {text[-4:]} now.", TOO_LATE)


def _reach(key: SavedKey, form: ReplaceKeyForm) -> Reach | None:
    """None, with the reason in the form, when the key itself is not to be had."""
    verdict = check_text(form.cleaned_data["key"])
    if verdict is not Verdict.WORKS:
        form.add_error("key", DEAD if verdict is Verdict.REJECTED else UNKNOWN)
        return None
    reach = reach_of(form.cleaned_data["key"], key)
    if reach.is_dead:
        form.add_error("key", DEAD)
    return reach


@require_POST
@signed_in
@senders_only
def key_undo(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = owned_key(request.user, key_id)
    is_done = undo_replace(key, request.user)
    return _told(request, key, is_done, f"“{key.name}” has its earlier key again. Check that it works.", NO_WAY_BACK)


def _told(request: SignedInRequest, key: SavedKey, is_done: bool, sentence: str, otherwise: str) -> HttpResponse:
    if is_done:
        messages.success(request, sentence)
        key_opened.send(SavedKey, key=key)
    else:
        messages.warning(request, otherwise)
    return redirect("keys:detail", key.pk)
