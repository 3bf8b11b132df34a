"""Template tags for the pages of a workflow."""

from django import template
from django.utils.safestring import SafeString

from pipelines_portal.core.rendering import fragment
from pipelines_portal.workflows.models import OpenedWorkflow

register = template.Library()


@register.simple_tag
def workflow_tabs(workflow: OpenedWorkflow, tab: str, *, may_send: bool) -> SafeString:
    """Render the tabs of a workflow. `tab` is the current one."""
    place = {"key_id": workflow.key_id, "workflow_id": workflow.workflow_id}
    takes_files, may_create = workflow.has_file_fields, may_send and workflow.accepts_tasks
    return fragment("workflows/_tabs.html", **place, has_file_fields=takes_files, may_create=may_create, tab=tab)
