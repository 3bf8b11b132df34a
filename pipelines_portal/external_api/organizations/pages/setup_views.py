"""The page of the setup link: one form for the first person, organization, workflow and key."""

from typing import cast

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from pipelines_portal.core.first_start import SetupFinished, is_setup_code
from pipelines_portal.core.http.audit_log import note
from pipelines_portal.external_api.models import NodeStatus, Person, Workflow
from pipelines_portal.external_api.organizations.first_start import is_set_up, set_up
from pipelines_portal.external_api.organizations.pages.forms import FirstPersonForm, NewKeyForm, OrganizationForm
from pipelines_portal.external_api.organizations.pages.workflow_forms import WorkflowForms

# Good enough to be left as it is.
FIRST_WORKFLOW = {
    "name": "First workflow",
    "nodes": [{"name": "Work", "status": NodeStatus.AVAILABLE}, {"name": "Review", "status": NodeStatus.PENDING}],
    "fields": [{"name": "input_text", "title": "Text", "type": "long_text"}],
}


class SetupForms:
    """The forms of the page, which are sent together."""

    def __init__(self, request: HttpRequest) -> None:
        data = request.POST if request.method == "POST" else None
        self.person = FirstPersonForm(data)
        self.organization = OrganizationForm(data, prefix="organization")
        self.workflow = WorkflowForms(Workflow(**FIRST_WORKFLOW), data)
        self.key = NewKeyForm(data, prefix="key", initial={"name": "Portal"})

    def is_valid(self) -> bool:
        """Check all forms, so that the page shows all mistakes together."""
        valid = [form.is_valid() for form in (self.person, self.organization, self.workflow, self.key)]
        return all(valid)


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Set up the installation. Only the response to the POST contains the key: no session, redirect or cache does."""
    if is_set_up():
        return _finished(request)
    code = (request.POST if request.method == "POST" else request.GET).get("code", "")
    if not is_setup_code(code):
        return render(request, "external_api/setup_refused.html", status=404)
    forms = SetupForms(request)
    if request.method == "POST" and forms.is_valid():
        try:
            return _set_up(request, forms)
        except SetupFinished:
            return _finished(request)
    has_errors = request.method == "POST"
    context = {"forms": forms, "code": code, "has_errors": has_errors}
    return render(request, "external_api/setup.html", context, status=422 if has_errors else 200)


def _finished(request: HttpRequest) -> HttpResponse:
    return render(request, "external_api/setup_refused.html", {"is_finished": True}, status=410)


def _set_up(request: HttpRequest, forms: SetupForms) -> HttpResponse:
    person, asked = forms.person.cleaned_data, forms.key.cleaned_data
    organization_name = forms.organization.cleaned_data["name"]
    key, plaintext = set_up(
        person["email"], person["password"], organization_name, forms.workflow.content, asked["name"], asked["expires"]
    )
    login(request, cast(Person, key.created_by))
    note(request, "set-up", organization=key.organization_id)
    note(request, "organization-key-made", key=key.pk, last4=key.last4, organization=key.organization_id)
    context = {"organization": key.organization, "key": key, "plaintext": plaintext}
    context["workflow"] = key.organization.workflows.get()
    return render(request, "external_api/key_created.html", context)
