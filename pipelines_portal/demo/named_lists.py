"""The named views of the demo: two of an operator, and one of the team."""

from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import teams_through
from pipelines_portal.tasks.arrangement import stored_query
from pipelines_portal.tasks.conditions import Conditions
from pipelines_portal.tasks.models import SavedView

ORDERS = 40


def name_lists(key: SavedKey, operator: User, lead: User) -> None:
    """Save the views, once."""
    team = teams_through(lead, key).first()
    views = (
        ("Phone orders that failed", "status:failed channel:phone", {"person": operator}),
        ("My tasks today", "sent:me created:today", {"person": operator}),
        ("Large orders", "gross:>5000", {"team": team}),
    )
    for name, typed, owner in views:
        query = stored_query(Conditions.from_query(QueryDict(urlencode({"q": typed}))))
        made_by = lead if "team" in owner else operator
        place: dict[str, Any] = {"key": key, "workflow_id": ORDERS, "name": name, **owner}
        SavedView.objects.get_or_create(**place, defaults={"query": query, "made_by": made_by})
