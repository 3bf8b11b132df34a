"""The System page and the recovery file, for administrators."""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from pipelines_portal.accounts.confirmation import ask_to_confirm
from pipelines_portal.accounts.permissions import SignedInRequest, administrators_only, signed_in
from pipelines_portal.system import texts
from pipelines_portal.system.external_api import external_api_section
from pipelines_portal.system.mail_check import send_test_mail
from pipelines_portal.system.proxy import proxy_section
from pipelines_portal.system.reads import read_sections
from pipelines_portal.system.recovery import mark_saved, saved_file, write_recovery_file
from pipelines_portal.system.settings_list import list_settings
from pipelines_portal.system.support_report import build_report
from pipelines_portal.web.mail import mail_is_on
from pipelines_portal.web.rendering import render_page

EXTERNAL_API_PART = "external-api"


@require_safe
@signed_in
@administrators_only
def system_page(request: SignedInRequest) -> HttpResponse:
    """Show the state of the installation. The External API is asked by a part of the page that loads later."""
    sections = [*read_sections(), proxy_section(request)]
    context = {
        "sections": sections,
        "problems": [section for section in sections if section.has_problem],
        "settings_groups": list_settings(),
        "is_mail_on": mail_is_on(),
        "is_generated": settings.SECRETS_ARE_GENERATED,
    }
    return render_page(request, "system/page.html", context)


@require_safe
@signed_in
@administrators_only
def external_api(request: SignedInRequest) -> HttpResponse:
    """Ask the External API for its state. Without JavaScript, this is a page of its own."""
    context = {"section": external_api_section()}
    return render_page(request, "system/external_api.html", context, partials=(EXTERNAL_API_PART,))


@require_safe
@never_cache
@signed_in
@administrators_only
def support_report(request: SignedInRequest) -> HttpResponse:
    """Show a text to send to somebody who helps."""
    return render_page(request, "system/support_report.html", {"report": build_report()})


@require_POST
@signed_in
@administrators_only
def test_mail(request: SignedInRequest) -> HttpResponse:
    """Send a mail to the administrator, and show what the mail server answered."""
    if not mail_is_on():
        messages.error(request, f"Mail is off. {texts.NO_MAIL}")
    elif reason := send_test_mail(request.user.email):
        messages.error(
            request, f"Test mail not sent. The mail server’s answer: {reason}. Check EMAIL_URL and MAIL_FROM."
        )
    else:
        messages.success(request, f"The mail server accepted a test mail to {request.user.email}")
    return redirect("system:page")


@require_safe
@signed_in
@administrators_only
def recovery_file(request: SignedInRequest) -> HttpResponse:
    """Explain the recovery file, and show who saved it."""
    context = {
        "is_generated": settings.SECRETS_ARE_GENERATED,
        "saved": saved_file() if settings.SECRETS_ARE_GENERATED else None,
        "folder": settings.DATA_DIR,
    }
    return render_page(request, "system/recovery_file.html", context)


@require_POST
@signed_in
@administrators_only
def recovery_download(request: SignedInRequest) -> HttpResponse:
    """Answer the file, unless somebody has saved it: afterwards a stolen session cannot read the secrets."""
    _require_generated_secrets()
    if confirmation := ask_to_confirm(request):
        return confirmation
    if saved_file():
        messages.error(request, "The recovery file is saved already.")
        return redirect("system:recovery_file")
    address = settings.PORTAL_URL or request.build_absolute_uri(reverse("overview:home"))
    response = HttpResponse(write_recovery_file(request.user, address), content_type="text/plain; charset=utf-8")
    name = f"pipelines-portal-recovery-{timezone.now():%Y-%m-%d}.txt"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@signed_in
@administrators_only
def recovery_saved(request: SignedInRequest) -> HttpResponse:
    _require_generated_secrets()
    if mark_saved(request.user):
        messages.success(request, "Recovery file saved")
    return redirect("system:recovery_file")


def _require_generated_secrets() -> None:
    if not settings.SECRETS_ARE_GENERATED:
        raise Http404
