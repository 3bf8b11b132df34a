"""What an invitation's link opens, for someone who has no account yet."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.signing_in import by_issuer, may_enter_without_issuer, sign_in
from pipelines_portal.core.names import NameField
from pipelines_portal.core.rendering import render_page
from pipelines_portal.people.invitation_links import read_link
from pipelines_portal.people.invitations import InvitationRefused, join
from pipelines_portal.people.models import Invitation


class AcceptForm(forms.Form):
    name = NameField(
        label="Your name", max_length=100, help_text="As your colleagues see it.",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )  # fmt: skip
    password = forms.CharField(
        label="Password",
        max_length=4096,
        strip=False,
        help_text=" ".join(password_validators_help_texts()),
        # render_value stays off: a refused password is not sent back in the page.
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, invitation: Invitation, data: Any = None) -> None:
        super().__init__(data)
        self.invitation = invitation

    def clean(self) -> None:
        """With the name beside it, which the password must not repeat."""
        person = User(email=self.invitation.email, name=self.cleaned_data.get("name", ""))
        try:
            validate_password(self.cleaned_data.get("password", ""), person)
        except ValidationError as refusal:
            if "password" in self.cleaned_data:
                self.add_error("password", refusal)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    try:
        return _accept(request, read_link(token))
    except InvitationRefused as refusal:
        return render_page(request, "people/invitation_over.html", {"sentence": str(refusal)}, status=410)


def _accept(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if request.user.is_authenticated or User.objects.filter(email=invitation.email).exists():
        return render_page(request, "people/invitation_known.html", {"invitation": invitation})
    if not may_enter_without_issuer(invitation.role):
        context = {"invitation": invitation, "issuer": by_issuer()}
        return render_page(request, "people/invitation_by_issuer.html", context)
    form = AcceptForm(invitation, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _join(request, invitation, form)
    context = {"invitation": invitation, "form": form, "teams": invitation.teams.all(), "issuer": by_issuer()}
    return render_page(request, "people/invitation_accept.html", context, status=422 if form.is_bound else 200)


def _join(request: HttpRequest, invitation: Invitation, form: AcceptForm) -> HttpResponse:
    try:
        person = join(invitation, form.cleaned_data["name"], form.cleaned_data["password"])
    except IntegrityError:
        return render_page(request, "people/invitation_known.html", {"invitation": invitation})
    return sign_in(request, person, how="invitation")
