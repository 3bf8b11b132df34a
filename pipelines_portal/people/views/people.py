"""People, for administrators: who is here, and one person's page."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.access import SignedInRequest, administrators_only, signed_in
from pipelines_portal.accounts.confirming import ask_to_confirm
from pipelines_portal.accounts.issuer import is_linked
from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.second_step import steps_of
from pipelines_portal.core.parameters import number_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.people.forms import LeavingForm, RoleForm
from pipelines_portal.people.leaving import NoHeir, deactivate, let_in_again
from pipelines_portal.people.listing import (
    MOST_INVITED,
    MOST_LEFT_SHOWN,
    counts_of_people,
    page_of_people,
    pending_invitations,
    people_who_left,
)
from pipelines_portal.people.roles import LastAdministrator, change_role
from pipelines_portal.people.views.told import tell


@require_safe
@signed_in
def person_list(request: SignedInRequest) -> HttpResponse:
    """Everybody else has teams to look at, and no list of people."""
    if not request.user.is_administrator:
        return redirect("people:team_list")
    query = request.GET.get("q", "").strip()
    counts = counts_of_people(query)
    page = page_of_people(query, request.GET.get("page", ""), counts["here"])
    left = people_who_left(query)[:MOST_LEFT_SHOWN] if counts["left"] else []
    context: dict[str, Any] = {"query": query, "page": page, "left": left}
    context |= {"left_count": counts["left"], "most_left": MOST_LEFT_SHOWN}
    context |= pending_invitations(request.user, number_in(request.GET.get("invited", ""), MOST_INVITED) or 0)
    return render_page(request, "people/list.html", context)


@require_safe
@signed_in
@administrators_only
def person_detail(request: SignedInRequest, person_id: int) -> HttpResponse:
    return _page(request, get_object_or_404(User, pk=person_id))


@require_POST
@signed_in
@administrators_only
def person_role(request: SignedInRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, person, role_form=form)
    role = Role(form.cleaned_data["role"])
    if role == Role.ADMINISTRATOR and (asked := ask_to_confirm(request)):
        return asked
    try:
        changed = change_role(person, role, by=request.user)
    except LastAdministrator as refusal:
        form.add_error("role", str(refusal))
        return _page(request, person, role_form=form)
    tell(request, changed, f"{person} is {role.label.lower()} now, and signs in again.")
    return redirect("people:detail", person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@administrators_only
def person_deactivate(request: SignedInRequest, person_id: int) -> HttpResponse:
    """Asks who gets their keys before anything happens."""
    person = get_object_or_404(User, pk=person_id, is_active=True)
    if asked := ask_to_confirm(request):
        return asked
    keys = list(SavedKey.objects.filter(owner=person).defer("encrypted_key"))
    form = LeavingForm(person, keys, request.POST if request.method == "POST" else None)
    if form.is_valid() and _left(request, person, form):
        return redirect("people:list") if person == request.user else redirect("people:detail", person.pk)
    context = {"person": person, "form": form, "keys": keys}
    return render_page(request, "people/deactivate.html", context, status=422 if form.is_bound else 200)


def _left(request: SignedInRequest, person: User, form: LeavingForm) -> bool:
    """What stands against it is said in the form."""
    try:
        done = deactivate(person, form.heir_of, by=request.user)
    except (LastAdministrator, NoHeir) as refusal:
        form.add_error("heir" if isinstance(refusal, NoHeir) and "heir" in form.fields else None, str(refusal))
        return False
    tell(request, done, f"{person} has no access any more. What they sent stays under their name.")
    return True


@require_POST
@signed_in
@administrators_only
def person_let_in_again(request: SignedInRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    if person.is_administrator and (asked := ask_to_confirm(request)):
        return asked
    done = let_in_again(person, by=request.user)
    tell(request, done, f"{person} can sign in again, with the password and in the teams they had.")
    return redirect("people:detail", person.pk)


def _page(request: SignedInRequest, person: User, *, role_form: RoleForm | None = None) -> HttpResponse:
    context = {
        "person": person,
        "memberships": person.memberships.select_related("team"),
        "keys": SavedKey.objects.filter(owner=person).defer("encrypted_key"),
        "has_second_step": steps_of(person).exists(),
        "issuer": settings.OIDC_NAME if is_linked(person) else "",
        "role_form": role_form or RoleForm(initial={"role": person.role}),
    }
    return render_page(request, "people/detail.html", context, status=422 if role_form else 200)
