"""The pages of keys: the list, the page of one key, and the acts of its owner or of an administrator."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Case, Count, Q, When
from django.db.models.functions import Lower
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.confirmation import ask_to_confirm
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, senders_only, signed_in
from pipelines_portal.accounts.texts import VIEWERS_READ_ONLY
from pipelines_portal.api_client import CertificateRefused, PipelinesError
from pipelines_portal.keys import texts
from pipelines_portal.keys.checking import KeyVerdict, check_text
from pipelines_portal.keys.clients import check_client_for
from pipelines_portal.keys.forms import (
    MOST_TEAMS,
    KeyExpiryForm,
    RenameKeyForm,
    ReplaceKeyForm,
    SavedKeyForm,
    ShareKeyForm,
    TransferKeyForm,
)
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import disposable_key, owned_key, teams_to_share_with, usable_key, visible_key
from pipelines_portal.keys.removal import losses_with
from pipelines_portal.keys.sharing import recipients_of
from pipelines_portal.keys.signals import key_became_usable
from pipelines_portal.keys.states import state_of
from pipelines_portal.web.error_sentences import explain
from pipelines_portal.web.exceptions import NotAllowed
from pipelines_portal.web.rendering import render_page

PAGE_SIZE, WORKFLOWS_SHOWN = 15, 6


# --- the list ---------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def key_list(request: SignedInRequest) -> HttpResponse:
    """List the keys that the person may use, which are theirs and those shared with them, and add a key.

    With `?whose=all`, an administrator finds all keys, to hand them over or remove them.
    """
    form = SavedKeyForm(request.user, request.POST or None)
    if request.method == "POST" and not request.user.may_send:
        raise NotAllowed(VIEWERS_READ_ONLY)
    if request.method == "POST" and form.is_valid() and (key := _save_key(request, form)):
        return redirect("workflows:list", key.pk)
    context = {"form": form, "api_keys_url": settings.OWN_KEYS_URL} | _list_context(request)
    return render_page(request, "keys/list.html", context, status=422 if form.is_bound else 200)


def _save_key(request: SignedInRequest, form: SavedKeyForm) -> SavedKey | None:
    """Return the saved key, or None with an error in the form."""
    name, text, expiry = form.cleaned_data["name"], form.cleaned_data["key"], form.cleaned_data["expiry"]
    verdict, error = check_text(text)
    if verdict is KeyVerdict.REJECTED:
        form.add_error("key", texts.UNKNOWN_KEY)
        return None
    try:
        key = SavedKey.objects.save_key(request.user, name, text, expiry, verdict, form.duplicate)
    except IntegrityError:  # from another tab, or by a double click
        form.add_conflict()
        return None
    if key.checked_at:
        messages.success(request, "Key added. Now add a workflow")
    else:
        reason = _certificate_problem(error) or "Pipelines isn’t responding. Check it later."
        messages.warning(request, f"Key added, but not checked: {reason}")
    return key


def _certificate_problem(error: PipelinesError | None) -> str:
    """Return what is wrong with the API's certificate, or "". To try again does not help then."""
    return explain(error).reason if isinstance(error, CertificateRefused) else ""


def _list_context(request: SignedInRequest) -> dict[str, Any]:
    user, words = request.user, request.GET.get("q", "").strip()[:100]
    is_all = user.is_administrator and request.GET.get("whose") == "all"
    usable_keys = SavedKey.objects.usable_by(user)
    keys = SavedKey.objects.all() if is_all else usable_keys
    if words:
        keys = keys.filter(
            Q(name__icontains=words) | Q(owner__name__icontains=words) | Q(owner__email__icontains=words)
        )
    own_first = Case(When(owner=user, then=0), default=1)
    listed = keys.select_related("owner").annotate(workflow_count=Count("workflows")).order_by(own_first, "name", "pk")
    page = Paginator(listed.defer("encrypted_key") if is_all else listed, PAGE_SIZE).get_page(request.GET.get("page"))
    usable = usable_keys.in_bulk([key.pk for key in page]) if is_all else {key.pk: key for key in page}
    lines = [(key, state_of(usable[key.pk]) if key.pk in usable else None, key.owner_id == user.pk) for key in page]
    has_filter = bool(words) or page.paginator.num_pages > 1
    context = {"page": page, "lines": lines, "is_all": is_all, "words": words, "has_filter": has_filter}
    if user.is_administrator:
        context |= {"usable_count": usable_keys.count(), "all_count": SavedKey.objects.count()}
    return context


# --- one key ----------------------------------------------------------------------------------------------------------


@require_safe
@signed_in
def key_detail(request: SignedInRequest, key_id: int) -> HttpResponse:
    return _detail_page(request, visible_key(request.user, key_id))


def _detail_page(request: SignedInRequest, key: SavedKey, *, status: int = 200, **forms: Any) -> HttpResponse:
    """Show all to the owner, the state to those it is shared with, and little to an administrator.

    `forms` are posted forms with errors, by their names in the template.
    """
    context = {"key": key, "is_own": key.owner_id == request.user.pk, "may_send": request.user.may_send} | forms
    if context["is_own"]:
        context |= _owner_context(key, request.user, forms)
    elif request.user.is_administrator:  # also if the key is shared with them
        context |= {
            "is_disposable": True,
            "transfer_form": forms.get("transfer_form") or TransferKeyForm(key, request.user),
        }
    if key.used_by is not None:
        context |= {"state": state_of(key), "workflow_count": key.workflows.count()}
        context["workflows"] = key.workflows.order_by(Lower("name"), "workflow_id")[:WORKFLOWS_SHOWN]
    return render_page(request, "keys/detail.html", context, status=status)


def _owner_context(key: SavedKey, owner: User, forms: dict[str, Any]) -> dict[str, Any]:
    teams = teams_to_share_with(key, owner)
    return {
        "rename_form": RenameKeyForm(key, initial={"name": key.name}),
        "expiry_form": KeyExpiryForm(initial={"expiry": key.expiry}),
        "replace_form": ReplaceKeyForm(key),
        "share_form": ShareKeyForm(key, teams, shown=list(teams[:MOST_TEAMS])),
        "transfer_form": TransferKeyForm(key, owner),
        "recipients": recipients_of(key),
    } | forms


@require_POST
@signed_in
def key_check(request: SignedInRequest, key_id: int) -> HttpResponse:
    """Ask the API whether the key works, for everyone who may use it."""
    key = usable_key(request.user, key_id)
    was_rejected = key.rejected_at is not None
    verdict, error = key.check_with(check_client_for(key), request.user)
    if verdict is KeyVerdict.WORKS:
        messages.success(request, f"Key “{key.name}” is active")
    elif verdict is KeyVerdict.REJECTED:
        messages.warning(request, "Pipelines still rejects this key" if was_rejected else "Pipelines rejects this key")
    elif verdict is KeyVerdict.UNKNOWN:
        seconds = getattr(error, "retry_after", None)
        messages.warning(request, texts.not_checked(seconds, _certificate_problem(error)))
    return redirect("keys:detail", key.pk)


# --- acts of the owner ------------------------------------------------------------------------------------------------


@require_POST
@signed_in
@senders_only
def key_rename(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = owned_key(request.user, key_id)
    form = RenameKeyForm(key, request.POST)
    if not form.is_valid():
        return _detail_page(request, key, status=422, rename_form=form)
    if not key.rename(form.cleaned_data["name"], request.user):
        return _too_late(request)
    messages.success(request, f"Key renamed to “{key.name}”")
    return redirect("keys:detail", key.pk)


@require_POST
@signed_in
@senders_only
def key_expiry(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = owned_key(request.user, key_id)
    form = KeyExpiryForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, key, status=422, expiry_form=form)
    if not key.set_expiry(form.cleaned_data["expiry"], form.cleaned_data["made_on"], request.user):
        return _too_late(request)
    messages.success(request, "Expiry date saved")
    return redirect("keys:detail", key.pk)


@require_POST
@signed_in
@senders_only
def key_share(request: SignedInRequest, key_id: int) -> HttpResponse:
    """Share the key with people and with a team."""
    key = owned_key(request.user, key_id)
    form = ShareKeyForm(key, teams_to_share_with(key, request.user), request.POST)
    if not form.is_valid():
        return _detail_page(request, key, status=422, share_form=form)
    shared = [str(person) for person in form.cleaned_data["people"] if key.share_with(person, request.user)]
    team = form.cleaned_data["team"]
    if team and key.share_with(team, request.user):
        shared.append(f"team {team}")
    if shared:
        messages.success(request, texts.shared_with(shared))
    else:
        messages.info(request, "They can use this key already.")
    return redirect("keys:detail", key.pk)


@require_POST
@signed_in
def key_stop_sharing(request: SignedInRequest, key_id: int, share_id: int) -> HttpResponse:
    """End a share at once. An owner who became a viewer may do it too, because it sends nothing."""
    key = owned_key(request.user, key_id)
    share = key.shares.select_related("user", "team").filter(pk=share_id).first()
    if share and key.stop_sharing(share, request.user):
        messages.success(request, f"Sharing with {share} ended")
    else:
        messages.info(request, "This key isn’t shared with them.")
    return redirect("keys:detail", key.pk)


@require_POST
@signed_in
@senders_only
def key_replace(request: SignedInRequest, key_id: int) -> HttpResponse:
    """Replace the key for good, if the new key works."""
    key = owned_key(request.user, key_id)
    form = ReplaceKeyForm(key, request.POST)
    if not form.is_valid() or not _is_working(form):
        return _detail_page(request, key, status=422, replace_form=form)
    text = form.cleaned_data["key"]
    try:
        is_replaced = key.replace_with(text, form.cleaned_data["expiry"], request.user)
    except IntegrityError:
        form.add_error("key", "This key was just added to the portal. Reload the page.")
        return _detail_page(request, key, status=422, replace_form=form)
    if is_replaced:
        messages.success(request, f"Key replaced by …{text[-4:]}")
        key_became_usable.send(SavedKey, key=key)
    else:
        messages.warning(request, "Key not changed. It was changed in another window; this is how it is now.")
    return redirect("keys:detail", key.pk)


def _is_working(form: ReplaceKeyForm) -> bool:
    """Return whether the new key works. If not, its field has an error."""
    verdict, error = check_text(form.cleaned_data["key"])
    if verdict is not KeyVerdict.WORKS:
        unknown = texts.not_checked(None, _certificate_problem(error))
        form.add_error("key", texts.UNKNOWN_KEY if verdict is KeyVerdict.REJECTED else unknown)
    return verdict is KeyVerdict.WORKS


# --- acts of the owner or of an administrator -------------------------------------------------------------------------


@require_POST
@signed_in
def key_transfer(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = disposable_key(request.user, key_id)
    form = TransferKeyForm(key, request.user, request.POST)
    if not form.is_valid():
        return _detail_page(request, visible_key(request.user, key_id), status=422, transfer_form=form)
    if confirmation := ask_to_confirm(request):
        return confirmation
    owner = form.cleaned_data["owner"]
    if not key.transfer(owner, request.user):
        return _too_late(request)
    messages.success(request, f"“{key.name}” now belongs to {owner}")
    return redirect("keys:list")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def key_remove(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = disposable_key(request.user, key_id)
    if request.method != "POST":
        user_ids = set(key.shared_users().values_list("pk", flat=True))
        context = {"key": key, "is_own": key.owner_id == request.user.pk, "user_count": len(user_ids)}
        context |= {
            "is_reader_among": request.user.pk in user_ids,
            "other_count": len(user_ids - {request.user.pk}),
        }
        context["losses"] = losses_with(key)
        return render_page(request, "keys/remove.html", context)
    if not key.remove(request.user):
        return _too_late(request)
    messages.success(request, f"Key “{key.name}” removed")
    return redirect("keys:list")


def _too_late(request: SignedInRequest) -> HttpResponse:
    """Redirect to the list, because the person may no longer see the key's page."""
    messages.warning(request, "Key not changed. It has another owner, or was removed.")
    return redirect("keys:list")
