"""A new password for someone who forgot theirs."""

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.forms import ForgottenForm, NewPasswordForm
from pipelines_portal.accounts.passwords.jobs import mail_reset_link
from pipelines_portal.accounts.passwords.reset import person_of_link, set_password
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.shared.sign_in_throttle.attempts import attempt_on
from pipelines_portal.shared.sign_in_throttle.counting import Wait, admit
from pipelines_portal.web.mail import mail_is_on
from pipelines_portal.web.rendering import render_page

USED_UP = "This link does not work any more: links work once, and for an hour. Ask for a new one."


@require_http_methods(["GET", "POST"])
def password_forgotten(request: HttpRequest) -> HttpResponse:
    """The same answer whether or not somebody has that email; the mail is a job, so that not even the time tells."""
    form = ForgottenForm(request.POST or None)
    if request.method == "GET" or not mail_is_on():
        return _ask(request, form, 200)
    wait = admit(attempt_on(request, request.POST.get("email", ""), "reset"))
    if wait:
        return _too_soon(request, wait)
    if not form.is_valid():
        return _ask(request, form, 422)
    email = form.cleaned_data["email"].lower()
    with transaction.atomic():
        record(Verb.PASSWORD_RESET_ASKED, by=None, actor_email=email)
        mail_reset_link.enqueue(email)
    return render_page(request, "accounts/password_forgotten.html", {"sent_to": email})


def _ask(request: HttpRequest, form: ForgottenForm, status: int, wait: int = 0) -> HttpResponse:
    context = {"form": form, "mail_is_on": mail_is_on(), "wait": wait}
    return render_page(request, "accounts/password_forgotten.html", context, status=status)


def _too_soon(request: HttpRequest, wait: Wait) -> HttpResponse:
    response = _ask(request, ForgottenForm(initial=request.POST.dict()), 429, wait.seconds)
    response["Retry-After"] = str(wait.seconds)
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def password_reset(request: HttpRequest, uid: str, token: str) -> HttpResponse:
    """Sets the password and signs nobody in: that is the sign-in page's, with its second step."""
    user = person_of_link(uid, token)
    if user is None:
        return _used_up(request)
    form = NewPasswordForm(user, request.POST or None)
    if not form.is_valid():
        context = {"form": form, "person": user}
        return render_page(request, "accounts/password_reset.html", context, status=422 if form.errors else 200)
    if not set_password(uid, token, form.cleaned_data["new_password1"]):
        return _used_up(request)
    messages.success(request, "Your password is set. Sign in with it.")
    return redirect("accounts:sign_in")


def _used_up(request: HttpRequest) -> HttpResponse:
    return render_page(request, "accounts/refused.html", {"sentence": USED_UP}, status=410)
