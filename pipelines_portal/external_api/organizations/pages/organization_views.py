"""Pages to choose, add and rename organizations."""

from django.contrib import messages
from django.db import IntegrityError, transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from pipelines_portal.core.http.audit_log import note
from pipelines_portal.external_api.models import Membership
from pipelines_portal.external_api.organizations import texts
from pipelines_portal.external_api.organizations.pages.forms import OrganizationForm
from pipelines_portal.external_api.organizations.pages.permissions import AdminRequest, for_admins, organization_for


@require_safe
@for_admins
def organizations(request: AdminRequest) -> HttpResponse:
    memberships = Membership.objects.filter(person=request.user).select_related("organization")
    managed = memberships.filter(role=Membership.Role.ADMIN).order_by("organization__name")
    may_add = request.user.may_add_organizations
    if len(managed) == 1 and not may_add:
        return redirect("organization_keys:list", managed[0].organization_id)
    status = 200 if managed or may_add else 403
    return render(request, "external_api/organizations.html", {"memberships": managed}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def organization_add(request: AdminRequest) -> HttpResponse:
    """Add an organization. The person who adds it becomes its admin."""
    if not request.user.may_add_organizations:
        raise Http404
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and _save(form, request):
        note(request, "organization-added", organization=form.instance.pk, name=form.instance.name)
        messages.success(request, texts.added(form.instance.name))
        return redirect("organization_keys:workflows", form.instance.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "external_api/organization_add.html", {"form": form}, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def organization_rename(request: AdminRequest, organization_id: int) -> HttpResponse:
    organization = organization_for(request.user, organization_id)
    before = organization.name
    form = OrganizationForm(request.POST or None, instance=organization)
    if request.method == "POST" and _save(form):
        note(request, "organization-renamed", organization=organization.pk, before=before, name=organization.name)
        messages.success(request, texts.saved(organization.name))
        return redirect("organization_keys:list", organization.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "organization": organization, "before": before}
    return render(request, "external_api/organization_rename.html", context, status=status)


def _save(form: OrganizationForm, by: AdminRequest | None = None) -> bool:
    """Save the organization, and make the sender of the request its admin. Return whether the form was valid."""
    if not form.is_valid():
        return False
    try:
        with transaction.atomic():
            organization = form.save()
            if by is not None:
                Membership.objects.create(organization=organization, person=by.user, role=Membership.Role.ADMIN)
    except IntegrityError:
        # Somebody else has just taken the name.
        form.add_error("name", texts.NAME_TAKEN)
        return False
    return True
