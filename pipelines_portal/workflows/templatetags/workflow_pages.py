"""Template tags for the pages of a workflow."""

import re

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from pipelines_portal.api_client import Schema
from pipelines_portal.web.rendering import fragment
from pipelines_portal.workflows import texts
from pipelines_portal.workflows.models import OpenedWorkflow

register = template.Library()

_ADDRESS = re.compile(r"(https?://\w[^\s<>\"“”]*)", re.IGNORECASE)
# Signs that end a sentence, not an address.
_ENDS = ".,;:!?'’)]}…"


@register.simple_tag
def workflow_tabs(workflow: OpenedWorkflow, tab: str, *, may_send: bool) -> SafeString:
    """Render the tabs of a workflow. `tab` is the current one."""
    place = {"key_id": workflow.key_id, "workflow_id": workflow.workflow_id}
    takes_files, may_create = workflow.has_file_fields, may_send and workflow.accepts_tasks
    return fragment("workflows/_tabs.html", **place, has_file_fields=takes_files, may_create=may_create, tab=tab)


@register.simple_tag
def ways_to_create(workflow: OpenedWorkflow) -> str:
    """Return how tasks of the workflow are created: "Form, import", "Files", or "Closed"."""
    if not workflow.accepts_tasks:
        return texts.CLOSED
    return texts.FILES if workflow.has_file_fields else texts.FORM_AND_IMPORT


@register.filter
def linked(text: str) -> SafeString:
    """Render a plain text with its web addresses as links. They open in a new tab: the page may hold a form."""
    # The pattern is a group, so every second part is an address.
    parts = _ADDRESS.split(text)
    return format_html_join("", "{}", ((_link(part) if at % 2 else part,) for at, part in enumerate(parts)))


@register.filter
def label_in(name: str, schema: Schema) -> str:
    """Return the label of a field. A field that the schema no longer has keeps its name."""
    return next((field.label for field in schema.fields if field.name == name), name)


def _link(address: str) -> SafeString:
    url = address.rstrip(_ENDS)
    link = format_html('<a href="{}" target="_blank" rel="noopener noreferrer">{}</a>', url, url)
    return format_html("{}{}", link, address[len(url) :])
