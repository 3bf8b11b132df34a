"""Teams: everybody sees their own; leads look after their people, administrators after all of it."""

from copy import copy

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.access import ADMINISTRATORS, SignedInRequest, signed_in
from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.accounts.teams.access import leads, led_team, seen_team, teams_seen_by
from pipelines_portal.accounts.teams.transitions import (
    add_member,
    create_team,
    remove_team,
    rename_team,
    set_lead,
    take_out,
)
from pipelines_portal.core.not_allowed import NotAllowed
from pipelines_portal.core.parameters import number_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.people.forms import TeamForm, taken
from pipelines_portal.people.listing import (
    KEYS_ON_PAGE,
    MOST_INVITED,
    page_of_members,
    page_of_teams,
    pending_invitations,
    people_to_add,
)
from pipelines_portal.people.views.told import tell


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def team_list(request: SignedInRequest) -> HttpResponse:
    if request.method == "POST" and not request.user.is_administrator:
        raise NotAllowed(ADMINISTRATORS)
    form = TeamForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        team = _created(request, form)
        if team:
            messages.success(request, f"The team “{team}” is there. Add its people, and say who leads it.")
            return redirect("people:team_detail", team.pk)
    context = {"page": page_of_teams(teams_seen_by(request.user), request.GET.get("page", "")), "form": form}
    return render_page(request, "people/teams.html", context, status=422 if form.is_bound else 200)


def _created(request: SignedInRequest, form: TeamForm) -> Team | None:
    """None where somebody was faster with the same name."""
    try:
        return create_team(form.cleaned_data["name"], by=request.user)
    except IntegrityError:
        form.add_error("name", taken(form.cleaned_data["name"]))
        return None


@require_safe
@signed_in
def team_detail(request: SignedInRequest, team_id: int) -> HttpResponse:
    return _page(request, seen_team(request.user, team_id))


def _page(request: SignedInRequest, team: Team, *, form: TeamForm | None = None) -> HttpResponse:
    may_lead = leads(request.user, team)
    shares = list(
        team.key_shares.select_related("key__owner", "shared_by").defer("key__encrypted_key")[: KEYS_ON_PAGE + 1]
    )
    query, start = request.GET.get("add", ""), number_in(request.GET.get("invited", ""), MOST_INVITED) or 0
    context = {
        "team": team,
        "page": page_of_members(team, request.GET.get("page", "")),
        "has_lead": team.leads_here > 0,  # type: ignore[attr-defined]
        "may_lead": may_lead,
        "shares": shares[:KEYS_ON_PAGE],
        "more_shares": len(shares) > KEYS_ON_PAGE,
        **(pending_invitations(request.user, start, team) if may_lead else {}),
        "query": query,
        "found": people_to_add(team, query) if may_lead else [],
        "form": form or TeamForm(instance=team),
    }
    return render_page(request, "people/team.html", context, status=422 if form else 200)


@require_POST
@signed_in
def team_rename(request: SignedInRequest, team_id: int) -> HttpResponse:
    team = _to_change(request, team_id)
    # A copy: the form writes into it, and the team's page shows the name it has.
    form = TeamForm(request.POST, instance=copy(team))
    if not form.is_valid() or not _renamed(request, team, form):
        return _page(request, team, form=form)
    return redirect("people:team_detail", team.pk)


def _renamed(request: SignedInRequest, team: Team, form: TeamForm) -> bool:
    name = form.cleaned_data["name"]
    try:
        done = rename_team(team, name, by=request.user)
    except IntegrityError:
        form.add_error("name", taken(name))
        return False
    tell(request, done, f"The team is called “{name}” now.")
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def team_remove(request: SignedInRequest, team_id: int) -> HttpResponse:
    """Says first which keys its people lose."""
    team = _to_change(request, team_id)
    if request.method != "POST":
        shares = team.key_shares.select_related("key").defer("key__encrypted_key")
        context = {"team": team, "shares": shares, "people_count": team.memberships.count()}
        return render_page(request, "people/team_remove.html", context)
    done = remove_team(team, by=request.user)
    tell(request, done, f"The team “{team}” is removed. Its people are still here.")
    return redirect("people:team_list")


@require_POST
@signed_in
def team_add(request: SignedInRequest, team_id: int) -> HttpResponse:
    team = led_team(request.user, team_id)
    person = get_object_or_404(User, pk=_person_id(request), is_active=True)
    done = add_member(team, person, by=request.user)
    tell(request, done, f"{person} is in “{team}” now, and may use the keys shared with it.")
    return redirect("people:team_detail", team.pk)


@require_POST
@signed_in
def team_take_out(request: SignedInRequest, team_id: int) -> HttpResponse:
    """Leads take out members; other leads are for administrators."""
    team = led_team(request.user, team_id)
    membership = _membership(request, team)
    if membership.is_lead and not request.user.is_administrator:
        raise NotAllowed("Only administrators take a lead out of a team. Nothing was changed.")
    done = take_out(team, membership.user, by=request.user)
    words = f"{membership.user} is not in “{team}” any more, and no longer uses the keys shared with it."
    tell(request, done, words)
    return redirect("people:team_detail", team.pk)


@require_POST
@signed_in
def team_lead(request: SignedInRequest, team_id: int) -> HttpResponse:
    """`lead` is 1 to make someone a lead, anything else to make them a member."""
    team = _to_change(request, team_id)
    membership = _membership(request, team)
    is_lead = request.POST.get("lead") == "1"
    done = set_lead(team, membership.user, is_lead, by=request.user)
    word = "leads" if is_lead else "no longer leads"
    tell(request, done, f"{membership.user} {word} “{team}”.")
    return redirect("people:team_detail", team.pk)


def _to_change(request: SignedInRequest, team_id: int) -> Team:
    """For administrators: its name, its leads, its end. Strangers get the same 404 as on its page."""
    team = seen_team(request.user, team_id)
    if not request.user.is_administrator:
        raise NotAllowed(ADMINISTRATORS)
    return team


def _membership(request: SignedInRequest, team: Team) -> Membership:
    return get_object_or_404(Membership.objects.select_related("user"), team=team, user_id=_person_id(request))


def _person_id(request: SignedInRequest) -> int:
    """The person that the form names; of no number, nobody."""
    return number_in(request.POST.get("person", "")) or 0
