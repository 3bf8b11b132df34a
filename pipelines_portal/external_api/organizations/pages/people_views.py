"""Pages of the people of an organization."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from pipelines_portal.core.http.audit_log import note
from pipelines_portal.external_api.models import Membership, Organization, Person, WaitingMembership
from pipelines_portal.external_api.organizations import texts
from pipelines_portal.external_api.organizations.pages.forms import PersonForm, RoleForm
from pipelines_portal.external_api.organizations.pages.permissions import (
    AdminRequest,
    for_admins,
    membership_of,
    organization_for,
)
from pipelines_portal.external_api.organizations.password_links import password_link
from pipelines_portal.external_api.organizations.people import (
    AlreadyMemberError,
    LastAdminError,
    add_person,
    change_role,
    people_to_help,
    remove_person,
)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def people(request: AdminRequest, organization_id: int) -> HttpResponse:
    """Show the people, and add one. Only the response to the POST contains the link for a password."""
    organization = organization_for(request.user, organization_id)
    form = PersonForm(request.POST or None)
    if request.method != "POST":
        return _page(request, organization, form=form)
    if not form.is_valid():
        return _page(request, organization, 422, form=form)
    try:
        added = add_person(organization, form.cleaned_data["email"], form.cleaned_data["role"])
    except AlreadyMemberError:
        form.add_error("email", texts.ALREADY_MEMBER)
        return _page(request, organization, 422, form=form)
    facts, waits = _facts(organization, added.person), isinstance(added, WaitingMembership)
    note(request, "person-added", **facts, role=added.role, waits=waits)
    link = "" if waits else password_link(request, added.person, by=request.user)
    if link:
        note(request, "password-link-made", **facts)
    return _page(request, organization, form=PersonForm(), added=added.person, link=link)


def _facts(organization: Organization, person: Person) -> dict[str, Any]:
    return {"person": person.pk, "person_email": person.email, "organization": organization.pk}


def _page(request: AdminRequest, organization: Organization, status: int = 200, **context: Any) -> HttpResponse:
    keys = Count("person__keys", filter=Q(person__keys__organization=organization, person__keys__revoked_at=None))
    memberships = Membership.objects.filter(organization=organization).select_related("person")
    context |= {
        "organization": organization,
        "memberships": memberships.annotate(number_of_keys=keys).order_by("person__email"),
        "waiting": organization.waiting_memberships.select_related("person").order_by("person__email"),
        "may_help": set(people_to_help(request.user).filter(organizations=organization).values_list("pk", flat=True)),
        "form": context.get("form") or PersonForm(),
    }
    return render(request, "external_api/people.html", context, status=status)


@require_POST
@for_admins
def role(request: AdminRequest, organization_id: int, person_id: int) -> HttpResponse:
    organization = organization_for(request.user, organization_id)
    membership = membership_of(organization, person_id)
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _page(request, organization, 422)
    wanted = form.cleaned_data["role"]
    try:
        change_role(membership, wanted)
    except LastAdminError:
        return _page(request, organization, 422, refusal=texts.LAST_ADMIN)
    note(request, "person-role-changed", **_facts(organization, membership.person), role=wanted)
    messages.success(request, texts.role_changed(membership.person, wanted))
    return _back(request, organization)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def remove(request: AdminRequest, organization_id: int, person_id: int) -> HttpResponse:
    organization = organization_for(request.user, organization_id)
    waiting = organization.waiting_memberships.filter(person_id=person_id).select_related("person").first()
    person = (waiting or membership_of(organization, person_id)).person
    if request.method != "POST":
        context = {"organization": organization, "person": person, "waiting": waiting}
        return render(request, "external_api/person_remove.html", context)
    try:
        remove_person(organization, person)
    except LastAdminError:
        return _page(request, organization, 422, refusal=texts.LAST_ADMIN)
    note(request, "person-removed", **_facts(organization, person))
    messages.success(request, texts.removed(person))
    return _back(request, organization)


def _back(request: AdminRequest, organization: Organization) -> HttpResponse:
    """Redirect to the people, or away from them for an admin who has just given up the role."""
    is_admin = Membership.objects.filter(organization=organization, person=request.user, role=Membership.Role.ADMIN)
    if is_admin.exists():
        return redirect("organization_keys:people", organization.pk)
    return redirect("organization_keys:organizations")


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def new_password_link(request: AdminRequest, organization_id: int, person_id: int) -> HttpResponse:
    """Make a link for choosing a password. Only the response to the POST contains it."""
    organization = organization_for(request.user, organization_id)
    person = membership_of(organization, person_id).person
    if not people_to_help(request.user).filter(pk=person.pk).exists():
        raise Http404
    context: dict[str, Any] = {"organization": organization, "person": person}
    if request.method == "POST":
        context["link"] = password_link(request, person, by=request.user)
        note(request, "password-link-made", **_facts(organization, person))
    return render(request, "external_api/password_link.html", context)
