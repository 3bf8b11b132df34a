"""Links from the portal's pages to the guide."""

from django import template
from django.urls import reverse

register = template.Library()

# The page of the guide that helps on a page of the portal, by the name of its URL or of its namespace.
HELP = {
    "overview": "leads/monday",
    "tasks": "operators/find",
    "new_task": "operators/first-task",
    "imports": "operators/import",
    "uploads": "operators/files",
    "submissions": "operators/find",
    "submissions:detail": "operators/unconfirmed",
    "search": "operators/find",
    "keys": "operators/sign-in",
    "workflows": "operators/first-task",
    "new_task:preset_rename": "operators/first-task",
    "notifications": "leads/attention",
    "accounts": "operators/sign-in",
    "people": "administrators/people",
    "people:team_list": "leads/team",
    "people:team_detail": "leads/team",
}


@register.simple_tag
def help_address(view_name: str | None = "") -> str:
    """Return the URL of the guide's page about this page, or of the guide's contents."""
    name = view_name or ""
    page = HELP.get(name) or HELP.get(name.partition(":")[0])
    return reverse("guide:page", args=[page]) if page else reverse("guide:contents")
