from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.permissions import SignedInRequest, signed_in
from pipelines_portal.core.mail import mail_is_on
from pipelines_portal.core.rendering import render_page
from pipelines_portal.notifications.choices import choices_of, keep
from pipelines_portal.notifications.forms import ChoicesForm


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def notification_choices(request: SignedInRequest) -> HttpResponse:
    """What one is told of, where, and how often by mail."""
    if request.method != "POST":
        return _page(request, ChoicesForm.of(choices_of(request.user)))
    form = ChoicesForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    keep(request.user, form.cleaned_data["listed"], form.cleaned_data["mailed"], form.cleaned_data["mail"])
    messages.success(request, "Saved.")
    return redirect("notifications:choices")


def _page(request: SignedInRequest, form: ChoicesForm, status: int = 200) -> HttpResponse:
    context = {"form": form, "lines": form.lines(), "mail_is_on": mail_is_on()}
    return render_page(request, "notifications/choices.html", context, status=status)
