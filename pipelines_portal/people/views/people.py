"""The pages of people, for administrators: the list, one person, and help for those who cannot sign in."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.confirmation import ask_to_confirm, confirmed
from pipelines_portal.accounts.identity_provider import is_linked
from pipelines_portal.accounts.models import Role, User
from pipelines_portal.accounts.passwords import LINK_MINUTES
from pipelines_portal.accounts.permissions import SignedInRequest, administrators_only, signed_in
from pipelines_portal.accounts.sign_in import idp_name, may_sign_in_without_idp
from pipelines_portal.accounts.two_step import two_step_methods_of
from pipelines_portal.audit.models import Event
from pipelines_portal.audit.verbs import Verb
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.people import texts
from pipelines_portal.people.administration import (
    LastAdministrator,
    NoNewOwner,
    change_role,
    deactivate,
    make_reset_link,
    reactivate,
    remove_two_step_methods,
    require_another_administrator,
    unlink_from_idp,
)
from pipelines_portal.people.forms import DeactivateForm, RoleForm
from pipelines_portal.people.lists import (
    KINDS_OF_PEOPLE,
    MAX_START,
    page_of_people,
    pending_invitations,
    people_found,
)
from pipelines_portal.people.views.results import show_result
from pipelines_portal.web.mail import mail_is_on
from pipelines_portal.web.parameters import number_in
from pipelines_portal.web.rendering import render_page


@require_safe
@signed_in
def person_list(request: SignedInRequest) -> HttpResponse:
    """List people for an administrator. Everybody else is redirected to the teams."""
    if not request.user.is_administrator:
        return redirect("people:team_list")
    query = request.GET.get("q", "").strip()
    kind = request.GET.get("role", "")
    page = page_of_people(people_found(query, kind), request.GET.get("page", ""))
    kinds = {"": "All roles"} | KINDS_OF_PEOPLE
    context: dict[str, Any] = {"query": query, "page": page, "kind": kind if kind in kinds else "", "kinds": kinds}
    context["kind_label"] = kinds[context["kind"]]
    context |= pending_invitations(request.user, number_in(request.GET.get("invited", ""), MAX_START) or 0)
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
    if role == Role.ADMINISTRATOR and (confirmation := ask_to_confirm(request)):
        return confirmation
    try:
        is_changed = change_role(person, role, by=request.user)
    except LastAdministrator as rejection:
        form.add_error("role", str(rejection))
        return _page(request, person, role_form=form)
    sentence = texts.role_changed(is_own=person == request.user) if is_changed else "Role not changed."
    messages.success(request, sentence)
    return redirect("people:detail", person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@administrators_only
def person_deactivate(request: SignedInRequest, person_id: int) -> HttpResponse:
    """Ask for new owners of the person's keys, then end their access."""
    person = get_object_or_404(User, pk=person_id, is_active=True)
    if confirmation := ask_to_confirm(request):
        return confirmation
    try:
        require_another_administrator(person, by=request.user)
    except LastAdministrator as rejection:
        context: dict[str, Any] = {"person": person, "rejection": str(rejection)}
        return render_page(request, "people/deactivate.html", context, status=422 if request.method == "POST" else 200)
    keys = list(SavedKey.objects.filter(owner=person).defer("encrypted_key"))
    form = DeactivateForm(person, keys, request.POST if request.method == "POST" else None)
    if form.is_valid() and _deactivate(request, person, form):
        return redirect("people:list") if person == request.user else redirect("people:detail", person.pk)
    context = {"person": person, "form": form, "keys": keys}
    return render_page(request, "people/deactivate.html", context, status=422 if form.is_bound else 200)


def _deactivate(request: SignedInRequest, person: User, form: DeactivateForm) -> bool:
    """Return False, with an error in the form, if the person cannot be deactivated."""
    try:
        is_deactivated = deactivate(person, form.new_owner, by=request.user)
    except (LastAdministrator, NoNewOwner) as rejection:
        form.add_error(
            "owner" if isinstance(rejection, NoNewOwner) and "owner" in form.fields else None, str(rejection)
        )
        return False
    show_result(request, is_deactivated, texts.deactivated(is_own=person == request.user))
    return True


@require_POST
@signed_in
@administrators_only
def person_reactivate(request: SignedInRequest, person_id: int) -> HttpResponse:
    person = get_object_or_404(User, pk=person_id)
    if person.is_administrator and (confirmation := ask_to_confirm(request)):
        return confirmation
    is_active = reactivate(person, by=request.user)
    show_result(request, is_active, "Reactivated")
    return redirect("people:detail", person.pk)


def _page(request: SignedInRequest, person: User, *, role_form: RoleForm | None = None) -> HttpResponse:
    context = {
        "person": person,
        "memberships": person.memberships.select_related("team"),
        "keys": SavedKey.objects.filter(owner=person).defer("encrypted_key"),
        "has_two_step": two_step_methods_of(person).exists(),
        "idp": settings.OIDC_NAME if is_linked(person) else "",
        "has_transferred_keys": not person.is_active and _has_transferred_keys(person),
        "role_form": role_form or RoleForm(initial={"role": person.role}),
    }
    return render_page(request, "people/detail.html", context, status=422 if role_form else 200)


def _has_transferred_keys(person: User) -> bool:
    return Event.objects.filter(verb=Verb.KEY_TRANSFERRED, detail__former_owner=person.email).exists()


# --- help for people who cannot sign in -------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@administrators_only
@confirmed
def person_reset_link(request: SignedInRequest, person_id: int) -> HttpResponse:
    """Make a link that sets the person's password. Only this response shows it."""
    person = get_object_or_404(User, pk=person_id, is_active=True)
    context: dict[str, Any] = {"person": person, "may_sign_in_without_idp": may_sign_in_without_idp(person.role)}
    context |= {"idp": idp_name(), "mail_is_on": mail_is_on(), "minutes": LINK_MINUTES}
    context["has_two_step"] = two_step_methods_of(person).exists()
    if request.method == "POST" and context["may_sign_in_without_idp"]:
        context["link"] = make_reset_link(person, request, by=request.user)
    return render_page(request, "people/reset_link.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@administrators_only
@confirmed
def person_two_step(request: SignedInRequest, person_id: int) -> HttpResponse:
    """Ask, then remove the person's two-step verification."""
    person = get_object_or_404(User, pk=person_id, is_active=True)
    if request.method != "POST":
        return render_page(request, "people/two_step.html", {"person": person})
    is_removed = remove_two_step_methods(person, by=request.user)
    show_result(request, is_removed, texts.two_step_reset(is_own=person == request.user))
    return redirect("people:detail", person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@administrators_only
@confirmed
def person_unlink(request: SignedInRequest, person_id: int) -> HttpResponse:
    """Ask, then unlink the person from the provider. People who left too, whose email may belong to a newcomer."""
    person = get_object_or_404(User, pk=person_id)
    if request.method != "POST":
        return render_page(request, "people/unlink.html", {"person": person, "idp": settings.OIDC_NAME})
    is_unlinked = unlink_from_idp(person, by=request.user)
    show_result(request, is_unlinked, texts.unlinked(is_own=person == request.user))
    return redirect("people:detail", person.pk)
