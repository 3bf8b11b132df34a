"""Only its admins may see the pages of an organization."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from pipelines_portal.external_api.models import Membership, Organization, OrganizationKey, Person, Workflow

View = Callable[..., HttpResponseBase]


class AdminRequest(HttpRequest):
    """The request of a page for admins. For type checking only."""

    user: Person


class NotAdminError(Exception):
    """The person is a member of the organization but not an admin."""


def organization_for(person: Person, organization_id: int) -> Organization:
    """Return the organization. Raise Http404 for strangers and NotAdminError for members who are not admins."""
    membership = Membership.objects.filter(person=person, organization_id=organization_id).select_related(
        "organization"
    )
    found = membership.first()
    if found is None:
        raise Http404
    if found.role != Membership.Role.ADMIN:
        raise NotAdminError
    return found.organization


def key_of(organization: Organization, key_id: int) -> OrganizationKey:
    key = OrganizationKey.objects.filter(pk=key_id, organization=organization).first()
    if key is None:
        raise Http404
    return key


def workflow_of(organization: Organization, workflow_id: int) -> Workflow:
    workflow = Workflow.objects.filter(pk=workflow_id, organization=organization).first()
    if workflow is None:
        raise Http404
    return workflow


def membership_of(organization: Organization, person_id: int) -> Membership:
    membership = Membership.objects.filter(person_id=person_id, organization=organization).select_related("person")
    found = membership.first()
    if found is None:
        raise Http404
    return found


def for_admins(view: View) -> View:
    """Require a sign-in, show refusals as pages, and forbid caching."""

    @never_cache
    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except NotAdminError:
            return render(request, "external_api/not_admin.html", status=403)
        except Http404:
            return render(request, "external_api/not_found.html", status=404)

    return guarded
