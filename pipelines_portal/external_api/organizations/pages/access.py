"""Who may see an organization's keys: its Org Admins."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from pipelines_portal.external_api.models import Membership, Organization, OrganizationKey, Person

View = Callable[..., HttpResponse]


class AdminRequest(HttpRequest):
    """What a page `for_admins` is given. For types only."""

    user: Person


class NotAdminError(Exception):
    """A member of the organization, who may not manage its keys."""


def organization_for(person: Person, organization_id: int) -> Organization:
    """The organization whose keys `person` manages; to strangers it looks as if it were not there."""
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


def for_admins(view: View) -> View:
    """Sign-in first; then refusals as pages, for people read them here. Nothing of it is to be cached."""

    @never_cache
    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotAdminError:
            return render(request, "external_api/not_admin.html", status=403)
        except Http404:
            return render(request, "external_api/not_found.html", status=404)

    return guarded
