"""The page that the setup link opens, while the portal has no administrator."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pipelines_portal.accounts.sign_in import sign_in
from pipelines_portal.core.first_start import SetupFinished, is_setup_code
from pipelines_portal.people import texts
from pipelines_portal.people.first_start import create_first_administrator, is_finished
from pipelines_portal.people.forms import FirstAdministratorForm
from pipelines_portal.web.rendering import render_page


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def first_administrator(request: HttpRequest) -> HttpResponse:
    if is_finished():
        return _refuse(request, texts.SETUP_FINISHED_TITLE, texts.SETUP_FINISHED, status=410)
    code = (request.POST if request.method == "POST" else request.GET).get("code", "")
    if not is_setup_code(code):
        return _refuse(
            request,
            texts.LINK_INVALID_TITLE,
            "Open the whole setup link. It’s in the log of the portal, and pipelines setup_link prints it.",
            status=404,
        )
    form = FirstAdministratorForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        return _create_account(request, form)
    context = {"form": form, "code": code}
    return render_page(request, "people/first_administrator.html", context, status=422 if form.is_bound else 200)


def _create_account(request: HttpRequest, form: FirstAdministratorForm) -> HttpResponse:
    try:
        person = create_first_administrator(**form.cleaned_data)
    except SetupFinished:
        return _refuse(request, texts.SETUP_FINISHED_TITLE, texts.SETUP_FINISHED, status=410)
    return sign_in(request, person, how="setup-link")


def _refuse(request: HttpRequest, title: str, sentence: str, *, status: int) -> HttpResponse:
    context = {"title": title, "sentence": sentence, "has_accounts": status == 410}
    return render_page(request, "people/link_refused.html", context, status=status)
