"""Which page of the guide helps on which page of the portal: by its URL's name, or else by its room's."""

from django.urls import reverse

HELP = {
    "overview": "leads/overview",
    "tasks": "operators/lists",
    "new_task": "operators/first-task",
    "imports": "operators/import",
    "uploads": "operators/zip",
    "submissions": "operators/lists",
    "submissions:detail": "operators/unknown-outcomes",
    "search": "operators/lists",
    "keys": "operators/sign-in",
    "workflows": "operators/first-task",
    "new_task:preset_rename": "operators/faster",
    "notifications": "leads/overview",
    "accounts": "operators/sign-in",
    "people": "administrators/people",
    "people:team_list": "leads/team",
    "people:team_detail": "leads/team",
}


def help_address(view_name: str) -> str:
    """The guide's contents where no page is about it."""
    where = HELP.get(view_name) or HELP.get(view_name.partition(":")[0])
    return reverse("guide:page", args=[where]) if where else reverse("guide:contents")
