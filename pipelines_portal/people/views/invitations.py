"""The pages of invitations: inviting, renewing, withdrawing, and the page that an invitation's link opens."""

from typing import Any

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from pipelines_portal.accounts.confirmation import ask_to_confirm
from pipelines_portal.accounts.models import Role, Team, User
from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.accounts.sign_in import idp_name, may_sign_in_without_idp, sign_in
from pipelines_portal.people import texts
from pipelines_portal.people.forms import AcceptForm, InviteForm
from pipelines_portal.people.invitations import link_path, queue_mails, read_link
from pipelines_portal.people.models import VALID_DAYS, Invitation, InvitationRefused
from pipelines_portal.people.permissions import may_grant, may_invite
from pipelines_portal.people.views.results import show_result
from pipelines_portal.web.exceptions import NotAllowed
from pipelines_portal.web.mail import absolute_url, mail_is_on
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def person_invite(request: SignedInRequest) -> HttpResponse:
    if not may_invite(request.user):
        raise NotAllowed("Only administrators and team leads can invite people.")
    if request.method != "POST":
        shows_administrators = _new_invitations(request).filter(role=Role.ADMINISTRATOR).exists()
        if shows_administrators and (confirmation := ask_to_confirm(request)):
            return confirmation
        initial = {"emails": request.GET.get("email", ""), "teams": request.GET.getlist("team") or _own_team(request)}
        return _page(request, InviteForm(request.user, initial=initial))
    form = InviteForm(request.user, request.POST)
    invites_administrators = form.is_valid() and form.cleaned_data["role"] == Role.ADMINISTRATOR
    if invites_administrators and (confirmation := ask_to_confirm(request)):
        return confirmation
    invited = _invite(request, form) if form.is_valid() else []
    return _redirect_to_links(request, invited) if invited else _page(request, form)


def _own_team(request: SignedInRequest) -> list[str]:
    """Return the team of a lead who leads exactly one. Administrators, who may invite to all teams, choose."""
    if request.user.is_administrator:
        return []
    teams = Team.objects.led_by(request.user).filter(memberships__user=request.user).values_list("pk", flat=True)
    own = [str(pk) for pk in teams[:2]]
    return own if len(own) == 1 else []


def _invite(request: SignedInRequest, form: InviteForm) -> list[Invitation]:
    """Return the invitations, or none with an error in the form if somebody else invited one of the people."""
    values = form.cleaned_data
    try:
        with transaction.atomic():
            invited = Invitation.objects.invite(
                values["emails"], Role(values["role"]), values["teams"], by=request.user
            )
            queue_mails(invited)
    except IntegrityError:
        form.add_error("emails", "Someone else just invited one of these people. Send the form again.")
        return []
    return invited


def _redirect_to_links(request: SignedInRequest, invitations: list[Invitation]) -> HttpResponse:
    """Redirect to the form, which shows the link of each invitation."""
    made = ",".join(str(each.pk) for each in invitations)
    return redirect(f"{reverse('people:invite')}?made={made}")


def _page(request: SignedInRequest, form: InviteForm) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "made": _new_links(request), "valid_days": VALID_DAYS}
    context["mail_is_on"] = mail_is_on()
    if form.is_bound:
        context["known"] = form.known_with_teams()
    return render_page(request, "people/invite.html", context, status=422 if form.is_bound else 200)


def _new_links(request: SignedInRequest) -> list[dict[str, Any]]:
    """Return the links that the person has just made. Nobody else may see them."""
    invitations = _new_invitations(request).order_by("email")
    return [{"invitation": each, "link": absolute_url(link_path(each), request)} for each in invitations]


def _new_invitations(request: SignedInRequest) -> QuerySet[Invitation]:
    numbers = [number for text in request.GET.get("made", "").split(",") if (number := number_in(text))]
    return Invitation.objects.pending().filter(invited_by=request.user, pk__in=numbers)


@require_POST
@signed_in
def invitation_renew(request: SignedInRequest, invitation_id: int) -> HttpResponse:
    """Replace the link by a new one, which the person who renews vouches for."""
    invitation = _changeable_invitation(request, invitation_id)
    if invitation.role == Role.ADMINISTRATOR and (confirmation := ask_to_confirm(request)):
        return confirmation
    with transaction.atomic():
        is_renewed = invitation.renew(by=request.user)
        if is_renewed:
            queue_mails([invitation])
    if is_renewed:
        return _redirect_to_links(request, [invitation])
    messages.success(request, texts.UNCHANGED)
    return redirect("people:list")


@require_POST
@signed_in
def invitation_withdraw(request: SignedInRequest, invitation_id: int) -> HttpResponse:
    invitation = _changeable_invitation(request, invitation_id)
    is_withdrawn = invitation.withdraw(by=request.user)
    show_result(request, is_withdrawn, "Invitation revoked")
    team = invitation.teams.first()
    if team and not request.user.is_administrator:
        return redirect("people:team_detail", team.pk)
    return redirect("people:list")


def _changeable_invitation(request: SignedInRequest, invitation_id: int) -> Invitation:
    """Return an invitation that the person could make. Raises Http404 for all others."""
    invitation = get_object_or_404(Invitation, pk=invitation_id)
    if not may_grant(request.user, invitation.role, invitation.teams.values_list("pk", flat=True)):
        raise Http404
    return invitation


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    try:
        return _accept(request, read_link(token))
    except InvitationRefused as rejection:
        context = {"title": rejection.title, "sentence": str(rejection), "has_accounts": True}
        return render_page(request, "people/link_refused.html", context, status=410)


def _accept(request: HttpRequest, invitation: Invitation) -> HttpResponse:
    if request.user.is_authenticated or User.objects.filter(email=invitation.email).exists():
        return render_page(request, "people/invitation_known.html", {"invitation": invitation})
    if not may_sign_in_without_idp(invitation.role):
        context = {"invitation": invitation, "idp": idp_name()}
        return render_page(request, "people/invitation_by_idp.html", context)
    form = AcceptForm(invitation, request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _create_account(request, invitation, form)
    context = {"invitation": invitation, "form": form, "teams": invitation.teams.all(), "idp": idp_name()}
    return render_page(request, "people/invitation_accept.html", context, status=422 if form.is_bound else 200)


def _create_account(request: HttpRequest, invitation: Invitation, form: AcceptForm) -> HttpResponse:
    try:
        person = invitation.create_account(form.cleaned_data["name"], form.cleaned_data["password"])
    except IntegrityError:
        return render_page(request, "people/invitation_known.html", {"invitation": invitation})
    return sign_in(request, person, how="invitation")
