from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.shared.http.logs import note
from pipelines_portal.web.rendering import render_page

from .access import owned_key
from .forms import SavedKeyForm
from .models import SavedKey


@require_safe
@signed_in
def home(request: SignedInRequest) -> HttpResponse:
    """The workflows of the key last used here; without any key, the page that adds one."""
    keys = SavedKey.objects.usable_by(request.user)
    key = keys.filter(pk=request.session.get("last_key", 0)).first() or keys.first()
    return redirect("workflows:list", key.pk) if key else redirect("saved_keys:list")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def key_list(request: SignedInRequest) -> HttpResponse:
    form = SavedKeyForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        saved = _save(form)
        if saved:
            note(request, "organization-key-added", key=saved.pk, last4=saved.last4)
            messages.success(request, f"“{saved.name}” is saved. Open a workflow by its ID to see that it works.")
            return redirect("workflows:list", saved.pk)
    keys = SavedKey.objects.filter(owner=request.user)
    status = 422 if form.is_bound else 200
    return render_page(request, "saved_keys/list.html", {"keys": keys, "form": form}, status=status)


def _save(form: SavedKeyForm) -> SavedKey | None:
    """None when the same key was saved a moment ago, from another tab or by a double click."""
    try:
        return form.save()
    except IntegrityError:
        form.add_error("key", "You already saved this key.")
        return None


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def key_remove(request: SignedInRequest, key_id: int) -> HttpResponse:
    key = owned_key(request.user, key_id)
    if request.method != "POST":
        return render_page(request, "saved_keys/remove.html", {"key": key})
    name = key.name
    note(request, "organization-key-removed", key=key.pk, last4=key.last4)
    key.delete()
    messages.success(request, f"“{name}” is removed from the portal. The key itself still works at the API.")
    return redirect("saved_keys:list")
