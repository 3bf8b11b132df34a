"""Pages of an organization's workflows."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from pipelines_portal.core.http.audit_log import note
from pipelines_portal.external_api.models import Workflow
from pipelines_portal.external_api.organizations import texts
from pipelines_portal.external_api.organizations.pages.permissions import (
    AdminRequest,
    for_admins,
    organization_for,
    workflow_of,
)
from pipelines_portal.external_api.organizations.pages.workflow_forms import ADD_ROWS, WorkflowForms
from pipelines_portal.external_api.workflows.editing import StaleWorkflowError, save_changes, version_of


@require_safe
@for_admins
def workflow_list(request: AdminRequest, organization_id: int) -> HttpResponse:
    organization = organization_for(request.user, organization_id)
    context = {"organization": organization, "workflows": organization.workflows.order_by("name", "pk")}
    return render(request, "external_api/workflow_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def workflow_add(request: AdminRequest, organization_id: int) -> HttpResponse:
    organization = organization_for(request.user, organization_id)
    workflow = Workflow(organization=organization)
    forms = WorkflowForms(workflow, request.POST if request.method == "POST" else None)
    if _may_save(request) and forms.is_valid():
        forms.content.write_to(workflow)
        workflow.save()
        note(request, "workflow-added", workflow=workflow.pk, organization=organization.pk)
        messages.success(request, texts.added(workflow.name))
        return redirect("organization_keys:workflows", organization.pk)
    context = {"organization": organization, "forms": forms}
    return render(request, "external_api/workflow_add.html", context, status=422 if _may_save(request) else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@for_admins
def workflow_edit(request: AdminRequest, organization_id: int, workflow_id: int) -> HttpResponse:
    """Edit a workflow. If another admin has changed it since, the form says so first, and can then be saved again."""
    organization = organization_for(request.user, organization_id)
    workflow = workflow_of(organization, workflow_id)
    forms = WorkflowForms(workflow, request.POST if request.method == "POST" else None)
    # The version that the form was made from: more rows do not make it a newer one.
    version = request.POST.get("version") or version_of(workflow)
    is_stale, status = False, 200
    if _may_save(request):
        status = 422
        if forms.is_valid():
            try:
                save_changes(workflow, version, forms.content)
            except StaleWorkflowError:
                is_stale, status, version = True, 409, version_of(workflow)
            else:
                note(request, "workflow-changed", workflow=workflow.pk, organization=organization.pk)
                messages.success(request, texts.saved(forms.content.name))
                return redirect("organization_keys:workflows", organization.pk)
    context = {"organization": organization, "workflow": workflow, "forms": forms}
    context |= {"version": version, "is_stale": is_stale}
    return render(request, "external_api/workflow_edit.html", context, status=status)


def _may_save(request: AdminRequest) -> bool:
    """Return whether the form was sent to be saved, not to get more rows."""
    return request.method == "POST" and ADD_ROWS not in request.POST
