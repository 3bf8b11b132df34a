"""Showing once more who one is."""

from allauth.account.utils import get_next_redirect_url
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.accounts.forms import CodeForm, ConfirmForm
from pipelines_portal.accounts.sign_in.confirming import confirm_page, form_of, way_to_confirm
from pipelines_portal.accounts.sign_in.restored_forms import kept_pairs
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.shared.sign_in_throttle.attempts import Attempt, attempt_inside, attempt_on
from pipelines_portal.shared.sign_in_throttle.counting import Wait, admit, succeeded
from pipelines_portal.web.rendering import render_page

Form = ConfirmForm | CodeForm


@require_http_methods(["GET", "POST"])
@signed_in
def confirm(request: SignedInRequest) -> HttpResponse:
    way = way_to_confirm(request.user)
    form_class: type[Form] = form_of(way)
    if request.method != "POST" or way not in ("password", "code"):
        return _page(request, way, form_class(request.user))
    attempt = _attempt(request, way)
    wait = admit(attempt)
    if wait:
        return _too_soon(request, way, form_class(request.user), wait)
    form = form_class(request.user, request.POST)
    if not form.is_valid():
        record(Verb.PASSWORD_REFUSED, by=request.user, target=request.user, on="confirming", way=way)
        return _page(request, way, form, status=422)
    succeeded(attempt)
    form.save(request, again=True)
    if post_to := _post_to(request):
        context = {"address": post_to, "kept": kept_pairs(request), "is_confirmed": True}
        return render_page(request, "accounts/continue.html", context)
    return redirect(get_next_redirect_url(request) or "accounts:account")


def _post_to(request: SignedInRequest) -> str:
    """Where a form was posted that waits for this; "" if there is none."""
    path = request.POST.get("post_to", "")
    return path if url_has_allowed_host_and_scheme(path, None) else ""


def _attempt(request: SignedInRequest, way: str) -> Attempt:
    """Passwords count with those of the password page, codes with those at sign-in."""
    return attempt_inside(request) if way == "password" else attempt_on(request, request.user.email, "code")


def _too_soon(request: SignedInRequest, way: str, form: Form, wait: Wait) -> HttpResponse:
    if wait.begins:
        record(Verb.SIGN_IN_SLOWED, by=request.user, target=request.user, seconds=wait.seconds, on="confirming")
    response = _page(request, way, form, status=429, wait=wait.seconds)
    response["Retry-After"] = str(wait.seconds)
    return response


def _page(request: SignedInRequest, way: str, form: Form, *, status: int = 200, wait: int = 0) -> HttpResponse:
    context = {"wait": wait, "next": get_next_redirect_url(request) or ""}
    context |= {"post_to": _post_to(request), "kept": kept_pairs(request)}
    return confirm_page(request, way, form, context, status)
