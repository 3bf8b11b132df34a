from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db import IntegrityError
from django.db.models import Case, Q, QuerySet, When
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.access import VIEWERS_LOOK, SignedInRequest, signed_in
from pipelines_portal.accounts.models import User
from pipelines_portal.core.not_allowed import NotAllowed
from pipelines_portal.core.rendering import render_page
from pipelines_portal.keys.forms import SavedKeyForm, fingerprint, saved_meanwhile
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.ownership.saving import save
from pipelines_portal.keys.state.checking import Verdict, check_text
from pipelines_portal.keys.state.states import state_of

PAGE = 15
DEAD = "The API does not know this key: it is mistyped, expired or revoked. Nothing was saved."


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def key_list(request: SignedInRequest) -> HttpResponse:
    """The keys one may use; `?whose=others`: an administrator finds all others, to hand over or remove."""
    form = SavedKeyForm(request.user, request.POST or None)
    if request.method == "POST" and not request.user.may_send:
        raise NotAllowed(VIEWERS_LOOK)
    saved = _save(request.user, form) if request.method == "POST" and form.is_valid() else None
    if saved:
        messages.success(request, _saved_words(saved))
        return redirect("workflows:list", saved.pk)
    context = {"form": form, "api_keys_url": settings.API_KEYS_URL} | _keys(request)
    return render_page(request, "keys/list.html", context, status=422 if form.is_bound else 200)


def _save(owner: User, form: SavedKeyForm) -> SavedKey | None:
    """None when the API rejects it; or the same key was saved a moment ago, from another tab or by a double click."""
    text = form.cleaned_data["key"]
    verdict = check_text(text)
    if verdict is Verdict.REJECTED:
        form.add_error("key", DEAD)
        return None
    name, expiry = form.cleaned_data["name"], form.cleaned_data["expiry"]
    try:
        return save(owner, name, text, fingerprint(text), expiry, verdict, form.twin)
    except IntegrityError:
        form.add_error("key", saved_meanwhile(text, owner))
        return None


def _saved_words(saved: SavedKey) -> str:
    if saved.checked_at:
        return f"“{saved.name}” is saved, and works. Open a workflow by its ID."
    return f"“{saved.name}” is saved, but not checked yet: the API could not be asked just now. Check it on its page."


def _keys(request: SignedInRequest) -> dict[str, Any]:
    user, words = request.user, request.GET.get("q", "").strip()[:100]
    is_others = user.is_administrator and request.GET.get("whose") == "others"
    keys = _of_others(user) if is_others else _usable(user)
    if words:
        keys = keys.filter(
            Q(name__icontains=words) | Q(owner__name__icontains=words) | Q(owner__email__icontains=words)
        )
    page = Paginator(keys, PAGE).get_page(request.GET.get("page"))
    lines = [(key, None if is_others else state_of(key), key.owner_id == user.pk) for key in page]
    is_many = bool(words) or page.paginator.num_pages > 1
    return {"page": page, "lines": lines, "is_others": is_others, "words": words, "is_many": is_many}


def _usable(user: User) -> QuerySet[SavedKey]:
    own_first = Case(When(owner=user, then=0), default=1)
    return SavedKey.objects.usable_by(user).select_related("owner", "last_used_by").order_by(own_first, "name", "pk")


def _of_others(user: User) -> QuerySet[SavedKey]:
    usable = SavedKey.objects.usable_by(user).values("pk")
    return SavedKey.objects.select_related("owner").defer("encrypted_key").exclude(pk__in=usable)
