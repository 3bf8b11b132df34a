"""Links from the portal's pages to the guide."""

from django import template
from django.urls import reverse

register = template.Library()

# The page of the guide that helps on a page of the portal, by the name of its URL or of its namespace. Leads and
# administrators have pages of their own; administrators have those of leads too.
HELP = {
    "tasks": "operators/find",
    "attention": "operators/groups",
    "new_task": "operators/first-task",
    "imports": "operators/import",
    "uploads": "operators/files",
    "submissions": "operators/find",
    "submissions:detail": "operators/unconfirmed",
    "search": "operators/find",
    "keys": "operators/sign-in",
    "workflows": "operators/first-task",
    "new_task:preset_rename": "operators/first-task",
    "accounts": "operators/sign-in",
}
LEADS_HELP = HELP | {"overview": "leads/monday", "notifications": "leads/attention", "people": "leads/team"}
ADMINISTRATORS_HELP = LEADS_HELP | {
    "people": "administrators/people",
    "people:team_list": "leads/team",
    "people:team_detail": "leads/team",
    "system": "administrators/monitor",
}


@register.simple_tag
def help_address(view_name: str | None = "", *, is_lead: bool = False, is_administrator: bool = False) -> str:
    """Return the URL of the guide's page about this page for this person, or of the guide's first page."""
    name, pages = view_name or "", ADMINISTRATORS_HELP if is_administrator else LEADS_HELP if is_lead else HELP
    page = pages.get(name) or pages.get(name.partition(":")[0])
    return reverse("guide:page", args=[page]) if page else reverse("guide:contents")
