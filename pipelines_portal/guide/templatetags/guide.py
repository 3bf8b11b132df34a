"""Links into the guide."""

from django import template

from pipelines_portal.guide import help_links

register = template.Library()


@register.simple_tag
def help_address(view_name: str | None = "") -> str:
    """Of the page of the guide that is about this page."""
    return help_links.help_address(view_name or "")
