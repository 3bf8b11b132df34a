"""The pages of teams. People see their own teams, leads manage members, and administrators manage everything."""

from copy import copy

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.accounts.permissions import (
    SignedInRequest,
    led_team,
    signed_in,
    visible_team,
)
from pipelines_portal.accounts.texts import ADMINISTRATORS_ONLY
from pipelines_portal.people import texts
from pipelines_portal.people.forms import TeamForm
from pipelines_portal.people.lists import (
    KEYS_ON_PAGE,
    MAX_START,
    members_found,
    page_of_members,
    page_of_teams,
    pending_invitations,
    people_to_add,
)
from pipelines_portal.people.views.results import show_result
from pipelines_portal.web.exceptions import NotAllowed
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def team_list(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST" and not request.user.is_administrator:
        raise NotAllowed(ADMINISTRATORS_ONLY)
    form = TeamForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        team = _create_team(request, form)
        if team:
            messages.success(request, "Team created · Add members")
            return redirect("people:team_detail", team.pk)
    context = {"page": page_of_teams(Team.objects.visible_to(request.user), request.GET.get("page", "")), "form": form}
    return render_page(request, "people/teams.html", context, status=422 if form.is_bound else 200)


def _create_team(request: SignedInRequest, form: TeamForm) -> Team | None:
    """Return the team, or None with an error in the form if somebody else took the name."""
    try:
        return Team.objects.create_team(form.cleaned_data["name"], by=request.user)
    except IntegrityError:
        form.add_error("name", texts.team_name_taken(form.cleaned_data["name"]))
        return None


@require_safe
@signed_in
def team_detail(request: SignedInRequest, team_id: int) -> HttpResponse:
    return _page(request, visible_team(request.user, team_id))


def _page(request: SignedInRequest, team: Team, *, form: TeamForm | None = None) -> HttpResponse:
    may_lead = team.is_led_by(request.user)
    shares = list(
        team.key_shares.select_related("key__owner", "shared_by").defer("key__encrypted_key")[: KEYS_ON_PAGE + 1]
    )
    query, start = request.GET.get("add", ""), number_in(request.GET.get("invited", ""), MAX_START) or 0
    context = {
        "team": team,
        "page": page_of_members(team, request.GET.get("page", "")),
        "has_lead": team.leads_here > 0,  # type: ignore[attr-defined]
        "may_lead": may_lead,
        "shares": shares[:KEYS_ON_PAGE],
        "more_shares": len(shares) > KEYS_ON_PAGE,
        **(pending_invitations(request.user, start, team) if may_lead else {}),
        "query": query,
        "already": members_found(team, query) if may_lead else [],
        "found": people_to_add(team, query) if may_lead else [],
        "form": form or TeamForm(instance=team),
    }
    return render_page(request, "people/team.html", context, status=422 if form else 200)


@require_POST
@signed_in
def team_rename(request: SignedInRequest, team_id: int) -> HttpResponse:
    team = _changeable_team(request, team_id)
    # The form writes into its instance, but the page must show the name that is stored.
    form = TeamForm(request.POST, instance=copy(team))
    if not form.is_valid() or not _rename(request, team, form):
        return _page(request, team, form=form)
    return redirect("people:team_detail", team.pk)


def _rename(request: SignedInRequest, team: Team, form: TeamForm) -> bool:
    """Return False, with an error in the form, if somebody else took the name."""
    name = form.cleaned_data["name"]
    try:
        is_renamed = team.rename(name, by=request.user)
    except IntegrityError:
        form.add_error("name", texts.team_name_taken(name))
        return False
    show_result(request, is_renamed, "Team renamed")
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def team_remove(request: SignedInRequest, team_id: int) -> HttpResponse:
    """Show which keys the members lose, then remove the team."""
    team = _changeable_team(request, team_id)
    if request.method != "POST":
        shares = team.key_shares.select_related("key").defer("key__encrypted_key")
        context = {"team": team, "shares": shares, "people_count": team.memberships.count()}
        return render_page(request, "people/team_remove.html", context)
    is_removed = team.remove(by=request.user)
    show_result(request, is_removed, "Team deleted")
    return redirect("people:team_list")


@require_POST
@signed_in
def team_add(request: SignedInRequest, team_id: int) -> HttpResponse:
    team = led_team(request.user, team_id)
    person = get_object_or_404(User, pk=_person_id(request), is_active=True)
    is_added = team.add_member(person, by=request.user)
    show_result(request, is_added, f"{person} added to {team}")
    return redirect("people:team_detail", team.pk)


@require_POST
@signed_in
def team_take_out(request: SignedInRequest, team_id: int) -> HttpResponse:
    """Remove a member. Only administrators may remove a lead."""
    team = led_team(request.user, team_id)
    membership = _membership(request, team)
    if membership.is_lead and not request.user.is_administrator:
        raise NotAllowed("Only administrators can remove a lead from a team.")
    is_removed = team.remove_member(membership.user, by=request.user)
    show_result(request, is_removed, f"{str(membership.user)} removed from {team}")
    return redirect("people:team_detail", team.pk)


@require_POST
@signed_in
def team_lead(request: SignedInRequest, team_id: int) -> HttpResponse:
    """Make a member a lead if `lead` is 1, or a lead a mere member otherwise."""
    team = _changeable_team(request, team_id)
    membership = _membership(request, team)
    is_lead = request.POST.get("lead") == "1"
    is_changed = team.set_lead(membership.user, is_lead, by=request.user)
    sentence = texts.lead_made if is_lead else texts.lead_unmade
    show_result(request, is_changed, sentence(str(membership.user), str(team)))
    return redirect("people:team_detail", team.pk)


def _changeable_team(request: SignedInRequest, team_id: int) -> Team:
    """Return a team whose name and leads the person may change. Raises NotAllowed, or Http404 for strangers."""
    team = visible_team(request.user, team_id)
    if not request.user.is_administrator:
        raise NotAllowed(ADMINISTRATORS_ONLY)
    return team


def _membership(request: SignedInRequest, team: Team) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user"), team=team, user_id=_person_id(request))


def _person_id(request: SignedInRequest) -> int:
    """Return the id of the person that the form names, or 0, which is nobody's."""
    return number_in(request.POST.get("person", "")) or 0
