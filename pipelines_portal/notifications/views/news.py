from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.core.rendering import render_page
from pipelines_portal.notifications.models import Notification
from pipelines_portal.notifications.telling import read, read_all

SHOWN = 100


@require_safe
@signed_in
def notification_list(request: SignedInRequest) -> HttpResponse:
    """What one was told of, newest first."""
    news = list(Notification.objects.filter(person=request.user, is_listed=True)[:SHOWN])
    context = {"news": news, "has_unread": any(one.read_at is None for one in news)}
    return render_page(request, "notifications/list.html", context)


@require_safe
@signed_in
def notification_open(request: SignedInRequest, number: int) -> HttpResponse:
    """To what it tells of; it is read then."""
    found = read(request.user, number)
    if found is None:
        raise Http404
    return redirect(found.address)


@require_POST
@signed_in
def notification_read_all(request: SignedInRequest) -> HttpResponse:
    read_all(request.user)
    return redirect("notifications:list")
