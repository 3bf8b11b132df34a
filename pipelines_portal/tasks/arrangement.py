"""What a person arranged for the list of a workflow, read in one statement."""

import json
from dataclasses import dataclass

from django.http import QueryDict

from pipelines_portal.accounts.models import User
from pipelines_portal.tasks.conditions import DEFAULT_SIZE, Conditions
from pipelines_portal.tasks.filter_chips import query_of
from pipelines_portal.tasks.reads import read_arranged
from pipelines_portal.workflows.models import OpenedWorkflow


@dataclass(frozen=True)
class NamedView:
    """A saved view in the menu. `number` is its key while the menu is open, "" from the tenth on."""

    pk: int
    name: str
    query: str
    team: str = ""
    is_changeable: bool = True
    number: str = ""

    @property
    def url(self) -> str:
        return f"?view={self.pk}&{self.query}" if self.query else f"?view={self.pk}"

    @property
    def label(self) -> str:
        return f"{self.team}: {self.name}" if self.team else self.name


@dataclass(frozen=True)
class Arrangement:
    """The views that a person sees, their own first; the names of the fields that are columns; the first view."""

    views: tuple[NamedView, ...] = ()
    columns: tuple[str, ...] = ()
    first_view: int = 0

    def view(self, conditions: Conditions) -> NamedView | None:
        return next((view for view in self.views if str(view.pk) == conditions.view), None)

    @property
    def opens_first(self) -> NamedView | None:
        return next((view for view in self.views if view.pk == self.first_view), None)


NOTHING = Arrangement()


def read_arrangement(reader: User, workflow: OpenedWorkflow) -> Arrangement:
    """Read views and layout together: every list needs both."""
    rows = read_arranged(reader.pk, workflow.key_id, workflow.workflow_id)
    named = sorted((row for row in rows if row[1]), key=lambda row: (row[3] or "", row[1]))
    of_layout = next((row for row in rows if not row[1]), (0, "", "[]"))
    return Arrangement(
        tuple(
            NamedView(pk, name, query, team or "", bool(is_lead or not team), str(number) if number < 10 else "")
            for number, (pk, name, query, team, is_lead) in enumerate(named, 1)
        ),
        tuple(json.loads(of_layout[2])),
        of_layout[0],
    )


# --- the query of a view ----------------------------------------------------------------------------------------------


def conditions_of(query: str) -> Conditions:
    """Return the conditions of a view, on values too, as they are typed."""
    return Conditions.from_query(QueryDict(query))


def stored_query(conditions: Conditions) -> str:
    """Return the query of a view: without the number of rows, and without a view."""
    return query_of(conditions.but(limit=DEFAULT_SIZE, view=""))[1:]
