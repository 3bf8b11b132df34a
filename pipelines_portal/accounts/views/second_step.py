"""Setting up second steps, and doing without them again."""

import base64

from allauth.mfa.adapter import get_adapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from allauth.mfa.webauthn.internal.auth import begin_registration
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_safe

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.accounts.forms import AppForm, PasskeyForm
from pipelines_portal.accounts.second_step import changes
from pipelines_portal.accounts.second_step.steps import Type, steps_of
from pipelines_portal.accounts.sign_in.confirming import confirmed
from pipelines_portal.web.encryption import Undecryptable
from pipelines_portal.web.rendering import render_page

# In the session, encrypted, until the app has shown that it knows it.
NEW_SECRET = "new_app_secret"  # noqa: S105 - its name
OUT_ELSEWHERE = "You are signed out everywhere else."


@require_safe
@signed_in
def second_step_set_up(request: SignedInRequest) -> HttpResponse:
    """Where those are led who must have a second step and have none."""
    if steps_of(request.user).exists():
        return redirect("overview:home")
    return render_page(request, "accounts/second_step_set_up.html")


@require_http_methods(["GET", "POST"])
@signed_in
@confirmed
def authenticator_add(request: SignedInRequest) -> HttpResponse:
    secret = _secret(request)
    form = AppForm(secret, request.POST or None)
    if not form.is_valid():
        return _app_page(request, form, secret)
    try:
        codes = changes.add_app(request, request.user, secret, form.step)
    except changes.AlreadyThere:
        messages.warning(request, "An authenticator app is set up already. Remove it to use another one.")
        return redirect("accounts:account")
    request.session.pop(NEW_SECRET, None)
    return _done(request, f"The authenticator app is set up. {OUT_ELSEWHERE}", codes)


def _secret(request: SignedInRequest) -> str:
    """The same one until it is used, so that a mistyped code costs no new scan."""
    adapter = get_adapter()
    try:
        secret: str = adapter.decrypt(request.session[NEW_SECRET])
    except (KeyError, Undecryptable):
        secret = generate_totp_secret()
        request.session[NEW_SECRET] = adapter.encrypt(secret)
    return secret


def _app_page(request: SignedInRequest, form: AppForm, secret: str) -> HttpResponse:
    adapter = get_adapter()
    picture = base64.b64encode(adapter.build_totp_svg(adapter.build_totp_url(request.user, secret)).encode()).decode()
    parts = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    context = {"form": form, "picture": f"data:image/svg+xml;base64,{picture}", "parts": parts}
    return render_page(request, "accounts/authenticator_add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@signed_in
@confirmed
def passkey_add(request: SignedInRequest) -> HttpResponse:
    form = PasskeyForm(request.POST or None, user=request.user)
    if not form.is_valid():
        context = {"form": form, "js_data": {"creation_options": begin_registration(request.user, passwordless=True)}}
        return render_page(request, "accounts/passkey_add.html", context, status=422 if form.errors else 200)
    name, credential, alone = (form.cleaned_data.get(each) for each in ("name", "credential", "passwordless"))
    codes = changes.add_passkey(request, request.user, name, credential, alone=bool(alone))
    return _done(request, f"The passkey “{name}” is added. {OUT_ELSEWHERE}", codes)


@require_http_methods(["GET", "POST"])
@signed_in
@confirmed
def second_step_remove(request: SignedInRequest, step_id: int) -> HttpResponse:
    step = get_object_or_404(steps_of(request.user), pk=step_id)
    if request.method != "POST":
        context = {"step": step, "is_last": steps_of(request.user).count() == 1}
        return render_page(request, "accounts/second_step_remove.html", context)
    if changes.remove(request, request.user, step):
        messages.success(request, f"The {changes.KINDS[Type(step.type)]} is removed. {OUT_ELSEWHERE}")
    return redirect("accounts:account")


@require_http_methods(["GET", "POST"])
@signed_in
@confirmed
def recovery_codes_make(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        return render_page(request, "accounts/recovery_codes_make.html")
    codes = changes.make_recovery_codes(request, request.user)
    return _done(request, "New recovery codes are made: the old ones stopped working.", codes)


def _done(request: SignedInRequest, sentence: str, codes: list[str]) -> HttpResponse:
    """Recovery codes are shown in the answer that made them, and never again."""
    if codes:
        return render_page(request, "accounts/recovery_codes.html", {"codes": codes, "sentence": sentence})
    messages.success(request, sentence)
    return redirect("accounts:account")
