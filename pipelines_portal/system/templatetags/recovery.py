"""The notice that the recovery file is not saved yet, on Home and on the System page."""

from typing import Any

from django import template

from pipelines_portal.accounts.models import User
from pipelines_portal.system.recovery import is_missing

register = template.Library()


@register.inclusion_tag("system/_recovery_notice.html")
def recovery_notice(user: User) -> dict[str, Any]:
    return {"is_missing": is_missing(user)}
