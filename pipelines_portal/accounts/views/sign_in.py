"""The pages to sign in, with a password, a code, a passkey or the identity provider, and to sign out."""

from typing import Any

from allauth.account.utils import get_next_redirect_url
from allauth.account.views import LoginView
from allauth.mfa.base.views import AuthenticateView
from allauth.mfa.webauthn.views import LoginWebAuthnView
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.base import AuthProcess
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import LogoutView
from django.db import DataError, IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe
from requests import RequestException

from pipelines_portal.accounts.forms import CodeForm, PasskeySignInForm, PasskeyStepForm, SignInForm
from pipelines_portal.accounts.identity_provider import IdpClient, provider_id, sign_in_failed
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.restored_forms import carried_values, offer_to_continue, sign_in_context
from pipelines_portal.accounts.sign_in import idp_name, may_sign_in_without_idp, record_slowed, refuse
from pipelines_portal.audit.recording import record
from pipelines_portal.audit.texts import DEACTIVATED, PASSWORD
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.core.sign_in_throttle.throttle import Limit, address_limits, admit, code_limits, give_back
from pipelines_portal.core.sign_in_throttle.views import SignInMixin, ThrottleMixin

# The errors of an identity provider that is down, or whose configuration is not one.
IDP_ERRORS = (RequestException, ValueError, KeyError, TypeError, AttributeError)


class SignIn(SignInMixin, LoginView):
    template_name = "accounts/sign_in.html"
    form_class = SignInForm

    def form_valid(self, form: SignInForm) -> HttpResponse:
        give_back(self.limits)
        return carry_values(self.request, super().form_valid(form))

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        has_accounts = {"has_accounts": User.objects.exists()}
        return super().get_context_data(**context) | sign_in_context(self.request) | has_accounts

    def log_refused(self, form: Any) -> None:
        email = self.email_for_log()
        is_deactivated = User.objects.filter(email=email, is_active=False).exists()
        reason = DEACTIVATED if is_deactivated else PASSWORD
        record(Verb.SIGN_IN_REFUSED, by=None, actor_email=email, reason=reason)

    def log_slowed(self, seconds: int) -> None:
        record_slowed(self.request, seconds, email=self.email_for_log())


class TwoStep(ThrottleMixin, AuthenticateView):
    """Ask for a code or a passkey, after the right password."""

    template_name = "accounts/two_step.html"
    form_class = CodeForm
    webauthn_form_class = PasskeyStepForm
    # True if the page responds to a request that was posted to the sign-in page.
    is_first_page = False

    @property
    def person(self) -> User:
        user: User = self.stage.login.user
        return user

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.page(None, status=200)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.is_first_page:
            self.webauthn_form = PasskeyStepForm(user=self.person)  # type: ignore[call-arg]
            return self.page(None, status=200)
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response

    def get_limits(self) -> list[Limit]:
        """Return no limits for passkeys, which cannot be guessed."""
        return code_limits(self.request, self.person.email) if "code" in self.request.POST else []

    def form_valid(self, form: Any) -> HttpResponse:
        give_back(self.limits)
        return carry_values(self.request, super().form_valid(form))

    def log_refused(self, form: Any) -> None:
        way = "code" if isinstance(form, CodeForm) else "passkey"
        record(Verb.SIGN_IN_REFUSED, by=None, actor_email=self.person.email, reason=way)

    def log_slowed(self, seconds: int) -> None:
        record_slowed(self.request, seconds, email=self.person.email, reason="code")

    def unbound_form(self) -> Any:
        self.auth_form = self.get_form_class()(user=self.person)
        return self.auth_form

    def page(self, form: Any, *, status: int, **context: Any) -> HttpResponse:
        """Render both forms of allauth, which holds the posted one itself."""
        context = self.get_context_data() | sign_in_context(self.request) | {"person": self.person} | context
        return self.render_to_response(context, status=status)


class PasskeySignIn(LoginWebAuthnView):
    """Sign in with a passkey. The page's script gets a challenge with GET, and posts what the passkey signed."""

    form_class = PasskeySignInForm

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Return a challenge. Each is stored in a session, so they are throttled."""
        if wait := admit(address_limits(request, "passkey")):
            return HttpResponse(status=429, headers={"Retry-After": str(wait)})
        response: HttpResponse = super().get(request, *args, **kwargs)
        return response

    def form_valid(self, form: PasskeySignInForm) -> HttpResponse:
        give_back(address_limits(self.request, "passkey"))
        user = form.cleaned_data["credential"].user
        if not may_sign_in_without_idp(user.role):
            return refuse(
                self.request,
                f"Only administrators sign in with a passkey. Sign in with {idp_name()} instead.",
                email=user.email,
            )
        return carry_values(self.request, super().form_valid(form))

    def form_invalid(self, form: PasskeySignInForm) -> HttpResponse:
        return refuse(self.request, " ".join(map(str, form.errors.get("credential", []))), status=422)


def carry_values(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return `response`, or a page that carries the typed values on if the sign-in form has any."""
    pairs = carried_values(request)
    if not pairs or not isinstance(response, HttpResponseRedirect):
        return response
    if request.user.is_authenticated:
        return offer_to_continue(request, response.url, pairs)
    if response.url == reverse("mfa_authenticate"):
        page: HttpResponse = TwoStep.as_view(is_first_page=True)(request)
        return page
    return response


@require_POST
def idp_sign_in(request: HttpRequest) -> HttpResponse:
    """Redirect to the provider, which must ask somebody who is signed in for a new sign-in, and say when it did."""
    _require_idp()
    is_confirming = request.user.is_authenticated
    ask = {"prompt": "login", "max_age": "0"} if is_confirming else {}
    provider = get_adapter().get_provider(request, provider_id())
    try:
        response: HttpResponse = provider.redirect(
            request,
            AuthProcess.LOGIN,
            next_url=get_next_redirect_url(request),
            data={"is_confirming": True} if is_confirming else None,
            auth_params=ask,
        )
    except IDP_ERRORS as error:
        return sign_in_failed(request, error)
    return response


@require_safe
def idp_callback(request: HttpRequest) -> HttpResponse:
    _require_idp()
    try:
        response: HttpResponse = OAuth2CallbackView.adapter_view(IdpClient(request, provider_id()))(request)
    # Two requests created the same account, or the identity provider sent a value that the database refuses.
    except (*IDP_ERRORS, IntegrityError, DataError) as error:
        return sign_in_failed(request, error)
    return response


def _require_idp() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


class SignOut(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with transaction.atomic():
            if isinstance(request.user, User):
                record(Verb.SIGNED_OUT, by=request.user, target=request.user)
            response = super().post(request, *args, **kwargs)
        messages.success(request, "You’re signed out.")
        return response
