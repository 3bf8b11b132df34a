"""A new password, a lost second step, a link at the issuer: asked first, and who asks shows who they are."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.access import SignedInRequest, administrators_only, signed_in
from pipelines_portal.accounts.confirming import confirmed
from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.signing_in import by_issuer, may_enter_without_issuer
from pipelines_portal.core.mail import mail_is_on
from pipelines_portal.core.rendering import render_page
from pipelines_portal.people.helping import make_reset_link, take_second_step_away, unlink_from_issuer
from pipelines_portal.people.views.told import tell


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@administrators_only
@confirmed
def person_reset_link(request: SignedInRequest, person_id: int) -> HttpResponse:
    """The answer holds the link, once."""
    person = get_object_or_404(User, pk=person_id, is_active=True)
    context: dict[str, Any] = {"person": person, "may_enter_without_issuer": may_enter_without_issuer(person.role)}
    context |= {"issuer": by_issuer(), "mail_is_on": mail_is_on()}
    if request.method == "POST" and context["may_enter_without_issuer"]:
        context["link"] = make_reset_link(person, request, by=request.user)
    return render_page(request, "people/reset_link.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@administrators_only
@confirmed
def person_second_step(request: SignedInRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id, is_active=True)
    if request.method != "POST":
        return render_page(request, "people/second_step.html", {"person": person})
    done = take_second_step_away(person, by=request.user)
    tell(request, done, f"{person} has no second step any more, and is signed out. They sign in with the password.")
    return redirect("people:detail", person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@administrators_only
@confirmed
def person_unlink(request: SignedInRequest, person_id: int) -> HttpResponse:
    """Also of somebody who left: their address may be a newcomer's."""
    person = get_object_or_404(User, pk=person_id)
    if request.method != "POST":
        return render_page(request, "people/unlink.html", {"person": person, "issuer": settings.OIDC_NAME})
    done = unlink_from_issuer(person, by=request.user)
    tell(request, done, f"{person} is not linked to anybody at {settings.OIDC_NAME} any more, and is signed out.")
    return redirect("people:detail", person.pk)
