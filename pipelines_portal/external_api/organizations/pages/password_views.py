"""Pages for a new password: with the old one, or through a link."""

from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.views import (
    INTERNAL_RESET_SESSION_TOKEN,
    PasswordChangeView,
    PasswordResetConfirmView,
)
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator

from pipelines_portal.core.http.audit_log import note
from pipelines_portal.core.sign_in_throttle.throttle import Limit, give_back, person_limits
from pipelines_portal.core.sign_in_throttle.views import ThrottleMixin
from pipelines_portal.external_api.models import Person
from pipelines_portal.external_api.organizations import texts, two_step
from pipelines_portal.external_api.organizations.pages.forms import NewPasswordForm, OwnPasswordForm
from pipelines_portal.external_api.organizations.pages.permissions import for_admins
from pipelines_portal.external_api.organizations.password_links import check_token, is_from_operator
from pipelines_portal.external_api.organizations.people import activate_memberships


@method_decorator(for_admins, name="dispatch")
@method_decorator(transaction.atomic, name="post")
class ChangePasswordView(ThrottleMixin, PasswordChangeView):
    """Change the password, which ends other sessions. The old one is throttled: others may guess at this screen."""

    template_name = "external_api/password_change.html"
    form_class = OwnPasswordForm
    success_url = reverse_lazy("organization_keys:organizations")

    def get_limits(self) -> list[Limit]:
        return person_limits(self.request)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Lock the person: if a link has just replaced the password, the old one is wrong."""
        kwargs = super().get_form_kwargs()
        if self.request.method == "POST":
            kwargs["user"] = Person.objects.select_for_update().get(pk=kwargs["user"].pk)
        return kwargs

    def form_valid(self, form: Any) -> HttpResponse:
        give_back(self.limits)
        response = super().form_valid(form)
        note(self.request, "password-changed")
        messages.success(self.request, texts.PASSWORD_CHANGED)
        return response


@method_decorator(transaction.atomic, name="dispatch")
class ChoosePasswordView(PasswordResetConfirmView):
    """Choose a password through a link, and sign in.

    Django reads the person and the token from the path, which logs contain. Here they are in the query string.
    """

    template_name = "external_api/password_choose.html"
    form_class = NewPasswordForm
    token_generator = SimpleNamespace(check_token=check_token)
    post_reset_login = True
    success_url = reverse_lazy("organization_keys:organizations")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        uid, token = request.GET.get("uid", ""), request.GET.get("token", "")
        response = super().dispatch(request, uidb64=uid, token=token or self.reset_url_token)
        if not self.validlink and isinstance(response, HttpResponseRedirect):
            # Django has moved the token into the session, so that no later request carries it.
            return HttpResponseRedirect(f"{request.path}?{urlencode({'uid': uid})}")
        if not self.validlink:
            response.status_code = 404
        return response

    def get_user(self, uidb64: str) -> Person | None:
        """Return the person, locked while a password is saved: the token is checked after this, so it works once."""
        person = super().get_user(uidb64)
        if person is None or self.request.method != "POST":
            return person
        return Person.objects.select_for_update().filter(pk=person.pk).first()

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def form_valid(self, form: Any) -> HttpResponse:
        """Save the password. Django has stored the token in the session, and removes it here."""
        # With two-step verification, the person signs in with the password and a code.
        self.post_reset_login = not two_step.is_on(form.user)
        proves_person = is_from_operator(self.request.session[INTERNAL_RESET_SESSION_TOKEN])
        response = super().form_valid(form)
        note(self.request, "password-chosen")
        for membership in activate_memberships(form.user) if proves_person else []:
            note(self.request, "membership-activated", organization=membership.organization_id, role=membership.role)
        messages.success(self.request, texts.PASSWORD_SET)
        return response
