"""Signing in and out: with a password, with a passkey, and the second step behind the password."""

from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.account.internal.stagekit import clear_login, get_pending_stage
from allauth.account.models import Login
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.stages import AuthenticateStage
from allauth.mfa.webauthn.internal.flows import perform_passwordless_login
from allauth.mfa.webauthn.views import LoginWebAuthnView
from django.contrib import messages
from django.contrib.auth.views import LogoutView
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

from pipelines_portal.accounts.forms import CodeForm, PasskeySignInForm, PasskeyStepForm, SignInForm
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.sign_in.refusals import refuse
from pipelines_portal.accounts.sign_in.restored_forms import entrance, kept_pairs, offer_to_continue
from pipelines_portal.accounts.sign_in.signing_in import by_issuer, may_enter_without_issuer
from pipelines_portal.accounts.sign_in.stages import still_holds
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.shared.sign_in_throttle.attempts import attempt_of_browser, attempt_on
from pipelines_portal.shared.sign_in_throttle.counting import Wait, admit, succeeded
from pipelines_portal.shared.sign_in_throttle.views import SlowsGuesses

BY_ISSUER = "Only administrators sign in with a passkey here. Sign in through {}."


class SignIn(SlowsGuesses, LoginView):
    template_name = "accounts/sign_in.html"
    form_class = SignInForm

    def form_valid(self, form: SignInForm) -> HttpResponse:
        succeeded(self.attempt)
        return carry_on(self.request, super().form_valid(form))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return super().get_context_data(**context) | entrance(self.request)

    def tell_refused(self) -> None:
        record(Verb.SIGN_IN_REFUSED, by=None, actor_email=self.told_email(), reason="password")

    def tell_slowed(self, wait: Wait) -> None:
        """A flood is one event, and a line of the log each."""
        if wait.begins:
            record(Verb.SIGN_IN_SLOWED, by=None, actor_email=self.told_email(), seconds=wait.seconds)
        else:
            super().tell_slowed(wait)

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> HttpResponse | None:
        """Whoever posts the form begins anew, perhaps as somebody else."""
        return None if request.method == "POST" else super()._redirect_to_pending_stage(request, stage)


class SecondStep(AuthenticateView):
    """A code or a passkey, from someone whose password was right."""

    template_name = "accounts/second_step.html"
    webauthn_form_class = PasskeyStepForm
    # Of a request that was posted to the sign-in page.
    asks_first = False

    @method_decorator(login_stage_required(stage=AuthenticateStage.key, redirect_urlname="account_login"))
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        login: Login = request._login_stage.login  # type: ignore[attr-defined]
        if not still_holds(login):
            clear_login(request)
            return redirect("accounts:sign_in")
        self.user: User = login.user
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        return response

    def get_form_class(self) -> type[CodeForm]:
        return CodeForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.asks_first:
            return self.page(200)
        if "code" not in request.POST:
            return super().post(request, *args, **kwargs)
        self.attempt = attempt_on(request, self.user.email, "code")
        wait = admit(self.attempt)
        return self._too_soon(wait) if wait else super().post(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        if isinstance(form, CodeForm):
            succeeded(self.attempt)
            form.save(self.request)
        else:
            form.save()
        return carry_on(self.request, self.stage.exit())

    def form_invalid(self, form: Any) -> HttpResponse:
        way = "code" if isinstance(form, CodeForm) else "passkey"
        record(Verb.SIGN_IN_REFUSED, by=None, actor_email=self.user.email, reason=way)
        return self.page(422)

    def page(self, status: int, **more: Any) -> HttpResponse:
        context = self.get_context_data() | entrance(self.request) | {"person": self.user} | more
        return self.render_to_response(context, status=status)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(200)

    def _too_soon(self, wait: Wait) -> HttpResponse:
        if wait.begins:
            record(Verb.SIGN_IN_SLOWED, by=None, actor_email=self.user.email, seconds=wait.seconds, reason="code")
        # The code is not even looked at.
        self.auth_form = CodeForm(user=self.user)
        response = self.page(429, wait=wait.seconds)
        response["Retry-After"] = str(wait.seconds)
        return response


class PasskeySignIn(LoginWebAuthnView):
    """GET is asked by the page's script; POST brings what the passkey signed."""

    form_class = PasskeySignInForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Each needs a session that stores its challenge, so they are counted."""
        wait = admit(attempt_of_browser(request, "passkey"))
        if wait:
            return HttpResponse(status=429, headers={"Retry-After": str(wait.seconds)})
        response: HttpResponse = super().get(request, *args, **kwargs)
        return response

    def form_valid(self, form: PasskeySignInForm) -> HttpResponse:
        authenticator = form.cleaned_data["credential"]
        succeeded(attempt_of_browser(self.request, "passkey"))
        if not may_enter_without_issuer(authenticator.user.role):
            return refuse(self.request, BY_ISSUER.format(by_issuer()), email=authenticator.user.email)
        login = Login(
            user=authenticator.user, email=authenticator.user.email, redirect_url=get_next_redirect_url(self.request)
        )
        return carry_on(self.request, perform_passwordless_login(self.request, authenticator, login))

    def form_invalid(self, form: PasskeySignInForm) -> HttpResponse:
        return refuse(self.request, " ".join(form.errors.get("credential", [])), status=422)

    def _redirect_to_pending_stage(self, request: HttpRequest, stage: Any) -> HttpResponse | None:
        return None


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            if isinstance(request.user, User):
                record(Verb.SIGNED_OUT, by=request.user, target=request.user)
            response = super().post(request, *args, **kwargs)
        messages.success(request, "You are signed out.")
        return response


def carry_on(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """`response`, unless the sign-in form carried typed values: those go on, over the second step too."""
    pairs = kept_pairs(request)
    if not pairs or not isinstance(response, HttpResponseRedirect):
        return response
    if request.user.is_authenticated:
        return _with_cookies_of(response, offer_to_continue(request, response.url, pairs))
    if get_pending_stage(request):
        return _with_cookies_of(response, SecondStep.as_view(asks_first=True)(request))
    return response


def _with_cookies_of(response: HttpResponse, instead: HttpResponse) -> HttpResponse:
    instead.cookies.update(response.cookies)
    return instead
