"""Inviting, by administrators and by leads into their teams: links to copy, renewed and taken back."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from pipelines_portal.accounts.access import SignedInRequest, signed_in
from pipelines_portal.accounts.confirming import ask_to_confirm
from pipelines_portal.accounts.models import Role
from pipelines_portal.core.mail import absolute_url, mail_is_on
from pipelines_portal.core.not_allowed import NotAllowed
from pipelines_portal.core.parameters import number_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.people.giving import may_give, may_invite
from pipelines_portal.people.invitation_links import link_path
from pipelines_portal.people.invitations import invite, open_invitations, renew, withdraw
from pipelines_portal.people.invite_form import InviteForm
from pipelines_portal.people.jobs import mail_invitations
from pipelines_portal.people.models import Invitation, Mail
from pipelines_portal.people.views.told import WAS_SO, tell

LEADS_INVITE = "Only administrators, and leads into their teams, invite people. Nobody was invited."
INVITED_MEANWHILE = "One of these was invited by somebody else just now. Nobody was invited yet. Send the form again."


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def person_invite(request: SignedInRequest) -> HttpResponse:
    if not may_invite(request.user):
        raise NotAllowed(LEADS_INVITE)
    if request.method != "POST":
        made = _just_made(request)
        if made.filter(role=Role.ADMINISTRATOR).exists() and (asked := ask_to_confirm(request)):
            return asked
        initial = {"emails": request.GET.get("email", ""), "teams": request.GET.getlist("team")}
        return _page(request, InviteForm(request.user, initial=initial))
    form = InviteForm(request.user, request.POST)
    if form.is_valid() and form.cleaned_data["role"] == Role.ADMINISTRATOR and (asked := ask_to_confirm(request)):
        return asked
    invited = _invited(request, form) if form.is_valid() else []
    return _with_links(request, invited) if invited else _page(request, form)


def _invited(request: SignedInRequest, form: InviteForm) -> list[Invitation]:
    """None where somebody was faster with one of the addresses."""
    values = form.cleaned_data
    try:
        with transaction.atomic():
            invited = invite(values["emails"], Role(values["role"]), values["teams"], by=request.user)
            _mail(request, invited)
    except IntegrityError:
        form.add_error("emails", INVITED_MEANWHILE)
        return []
    return invited


def _mail(request: SignedInRequest, invitations: list[Invitation]) -> None:
    """By the worker: no page waits for a mail server."""
    ids = [each.pk for each in invitations]
    if mail_is_on():
        Invitation.objects.filter(pk__in=ids).update(mail=Mail.WAITING)
        mail_invitations.enqueue(ids)


def _with_links(request: SignedInRequest, invitations: list[Invitation]) -> HttpResponse:
    """Back to the form, with a link for each above it."""
    them = "it" if len(invitations) == 1 else "them"
    mails = f"The portal mails {them} as well." if mail_is_on() else "This portal sends no mail."
    messages.info(request, f"Pass {'the link' if them == 'it' else 'the links'} on. {mails}")
    made = ",".join(str(each.pk) for each in invitations)
    return redirect(f"{reverse('people:invite')}?made={made}")


def _page(request: SignedInRequest, form: InviteForm) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "made": _made(request)}
    if form.is_bound:
        context |= {"known": [person for person in form.known if person.is_active], "chosen": form.chosen_teams}
    return render_page(request, "people/invite.html", context, status=422 if form.is_bound else 200)


def _made(request: SignedInRequest) -> list[dict[str, Any]]:
    """The links that this person made just now; nobody else is shown them."""
    made = _just_made(request).order_by("email")
    return [{"invitation": each, "link": absolute_url(link_path(each), request)} for each in made]


def _just_made(request: SignedInRequest) -> QuerySet[Invitation]:
    numbers = [number for text in request.GET.get("made", "").split(",") if (number := number_in(text))]
    return open_invitations().filter(invited_by=request.user, pk__in=numbers)


@require_POST
@signed_in
def invitation_renew(request: SignedInRequest, invitation_id: int) -> HttpResponse:
    """A new link, from whoever asks for it; the old one is dead."""
    invitation = _to_change(request, invitation_id)
    if invitation.role == Role.ADMINISTRATOR and (asked := ask_to_confirm(request)):
        return asked
    with transaction.atomic():
        renewed = renew(invitation, by=request.user)
        if renewed:
            _mail(request, [invitation])
    if renewed:
        return _with_links(request, [invitation])
    messages.info(request, WAS_SO)
    return redirect("people:list")


@require_POST
@signed_in
def invitation_withdraw(request: SignedInRequest, invitation_id: int) -> HttpResponse:
    invitation = _to_change(request, invitation_id)
    done = withdraw(invitation, by=request.user)
    tell(request, done, f"The invitation of {invitation} is withdrawn. Its link opens nothing any more.")
    team = invitation.teams.first()
    if team and not request.user.is_administrator:
        return redirect("people:team_detail", team.pk)
    return redirect("people:list")


def _to_change(request: SignedInRequest, invitation_id: int) -> Invitation:
    """One that this person could make themself; 404 for all others."""
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    if not may_give(request.user, invitation.role, invitation.teams.values_list("pk", flat=True)):
        raise Http404
    return invitation
