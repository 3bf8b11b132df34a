"""Pages to sign in and to manage an organization's keys."""

from typing import Any
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LogoutView
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from pipelines_portal.core.http.audit_log import note
from pipelines_portal.core.sign_in_throttle.throttle import give_back
from pipelines_portal.core.sign_in_throttle.views import ThrottledLoginView
from pipelines_portal.external_api.models import Membership, Organization, OrganizationKey
from pipelines_portal.external_api.organizations import keys, texts, two_step
from pipelines_portal.external_api.organizations.pages.forms import ExpiryForm, NewKeyForm, SignInForm
from pipelines_portal.external_api.organizations.pages.permissions import (
    AdminRequest,
    for_admins,
    key_of,
    organization_for,
)
from pipelines_portal.external_api.organizations.pages.two_step_views import ask_for_code


@require_safe
@for_admins
def key_list(request: AdminRequest, organization_id: int) -> HttpResponse:
    organization = organization_for(request.user, organization_id)
    context = {"organization": organization, "keys": _sorted_keys(organization), "now": timezone.now()}
    return render(request, "external_api/key_list.html", context | {"members": _member_ids(organization)})


def _sorted_keys(organization: Organization) -> QuerySet[OrganizationKey]:
    """Return the keys: newest first, revoked keys last."""
    ordered = OrganizationKey.objects.alias(is_revoked=Q(revoked_at__isnull=False))
    return ordered.filter(organization=organization).order_by("is_revoked", "-created_at", "-pk")


def _member_ids(organization: Organization) -> set[int]:
    members = Membership.objects.filter(organization=organization, person__is_active=True)
    return set(members.values_list("person_id", flat=True))


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def key_create(request: AdminRequest, organization_id: int) -> HttpResponse:
    """Create a key. Only the response to the POST contains it: no session, redirect or cache does."""
    organization = organization_for(request.user, organization_id)
    form = NewKeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            key, plaintext = _create_key(request, organization, form)
        except keys.AlreadyCreatedError as error:
            made = {"organization": organization, "key": error.key}
            return render(request, "external_api/key_made_already.html", made, status=409)
        note(request, "organization-key-made", key=key.pk, last4=key.last4, organization=organization.pk)
        context = {"organization": organization, "key": key, "plaintext": plaintext}
        return render(request, "external_api/key_created.html", context)
    status = 422 if request.method == "POST" else 200
    return render(request, "external_api/key_create.html", {"organization": organization, "form": form}, status=status)


def _create_key(request: AdminRequest, organization: Organization, form: NewKeyForm) -> tuple[OrganizationKey, str]:
    asked = form.cleaned_data
    token = asked["token"] or uuid4()
    return keys.create_key_once(organization, asked["name"], asked["expires"], request.user, token)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def key_expiry(request: AdminRequest, organization_id: int, key_id: int) -> HttpResponse:
    organization = organization_for(request.user, organization_id)
    key = key_of(organization, key_id)
    form = ExpiryForm(request.POST or None)
    status = 422 if request.method == "POST" else 200
    if key.revoked_at:
        status = 400
    elif request.method == "POST" and form.is_valid():
        return _save_expiry(request, key, form.cleaned_data["expires"])
    context = {"organization": organization, "key": key, "form": form, "refusal": texts.REVOKED_STAYS}
    return render(request, "external_api/key_expiry.html", context, status=status)


def _save_expiry(request: AdminRequest, key: OrganizationKey, choice: str) -> HttpResponse:
    try:
        keys.update_expiry(key, choice)
    except keys.RevokedKeyError:
        # Another admin has just revoked it: the page says so.
        return redirect("organization_keys:expiry", key.organization_id, key.pk)
    note(request, "organization-key-expiry-changed", key=key.pk, last4=key.last4, expires=choice)
    messages.success(request, texts.expires_on(key.name, key.expires_at))
    return redirect("organization_keys:list", key.organization_id)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def key_revoke(request: AdminRequest, organization_id: int, key_id: int) -> HttpResponse:
    organization = organization_for(request.user, organization_id)
    key = key_of(organization, key_id)
    if request.method != "POST":
        return render(request, "external_api/key_revoke.html", {"organization": organization, "key": key})
    keys.revoke(key)
    note(request, "organization-key-revoked", key=key.pk, last4=key.last4, organization=organization.pk)
    messages.success(request, texts.revoked(key.name))
    return redirect("organization_keys:list", organization.pk)


class SignInView(ThrottledLoginView):
    """The sign-in. Its tries are counted apart from wrong keys, which programs send."""

    template_name = "external_api/sign_in.html"
    authentication_form = SignInForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        person = form.get_user()
        if not two_step.is_on(person):
            return super().form_valid(form)
        give_back(self.limits)
        return ask_for_code(self.request, person, self.get_success_url())


class SignOutView(LogoutView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            note(request, "signed-out")
        return super().post(request, *args, **kwargs)
