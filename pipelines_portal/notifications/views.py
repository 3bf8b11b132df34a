"""The pages of notifications: the list, and the preferences of a person."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from pipelines_portal.accounts.models import User
from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.keys.permissions import visible_key
from pipelines_portal.notifications import texts
from pipelines_portal.notifications.forms import PreferencesForm
from pipelines_portal.notifications.models import Notification, Preferences
from pipelines_portal.web.mail import mail_is_on
from pipelines_portal.web.rendering import render_page

PAGE_SIZE = 100


@require_safe
@signed_in
def notification_list(request: SignedInRequest) -> HttpResponse:
    """List the newest notifications."""
    notifications = list(Notification.objects.filter(person=request.user, is_listed=True)[:PAGE_SIZE])
    context = {"notifications": notifications, "has_unread": any(one.read_at is None for one in notifications)}
    return render_page(request, "notifications/list.html", context)


@require_safe
@signed_in
def notification_open(request: SignedInRequest, number: int) -> HttpResponse:
    """Mark a notification as read and redirect to its subject, or to the keys if its key was removed or unshared."""
    notification = Notification.objects.mark_read(request.user, number)
    if notification is None:
        raise Http404
    if not _is_reachable(notification, request.user):
        messages.info(request, texts.KEY_GONE)
        return redirect("keys:list")
    return redirect(notification.address)


def _is_reachable(notification: Notification, person: User) -> bool:
    """Return False if the page belongs to a key that the person can no longer open."""
    try:
        key_id = resolve(urlsplit(notification.address).path).kwargs.get("key_id")
        return key_id is None or visible_key(person, key_id) is not None
    except Resolver404:
        return True
    except Http404:
        return False


@require_POST
@signed_in
def notification_read_all(request: SignedInRequest) -> HttpResponse:
    Notification.objects.mark_all_read(request.user)
    return redirect("notifications:list")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def notification_preferences(request: SignedInRequest) -> HttpResponse:
    """Show and store the kinds of notifications that the person wants, and how often mails come."""
    if request.method != "POST":
        return _preferences_page(request, PreferencesForm.showing(Preferences.objects.for_person(request.user)))
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return _preferences_page(request, form, status=422)
    Preferences.objects.update_or_create(person=request.user, defaults=form.cleaned_data)
    messages.success(request, texts.SAVED)
    return redirect("notifications:preferences")


def _preferences_page(request: SignedInRequest, form: PreferencesForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "lines": form.lines(), "mail_is_on": mail_is_on()}
    return render_page(request, "notifications/preferences.html", context, status=status)
