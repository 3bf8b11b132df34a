"""How people arranged their lists: named views, columns of values, and the view that opens first."""

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.core.json_text import JSONTextField
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import teams_through
from pipelines_portal.workflows.models import OpenedWorkflow

LONGEST_NAME, LONGEST_QUERY = 60, 1_000
# Of a person, and of a team, for a workflow.
MOST_VIEWS = 50


def teams_led(person: User, key: SavedKey) -> "models.QuerySet[Team]":
    """Return the teams that the person leads and with which the key is shared."""
    leads = Membership.objects.filter(user=person, is_lead=True, team=OuterRef("pk"))
    return teams_through(person, key).filter(Exists(leads))


class SavedViews(models.QuerySet["SavedView"]):
    def visible_to(self, person: User, workflow: OpenedWorkflow) -> Self:
        """Return the person's own views of the workflow, and those of their teams that use the key."""
        of_workflow = self.filter(key=workflow.key_id, workflow_id=workflow.workflow_id)
        teams = teams_through(person, workflow.key).order_by().values("pk")
        return of_workflow.filter(Q(person=person) | Q(team__in=teams))

    def changeable_by(self, person: User, workflow: OpenedWorkflow) -> Self:
        """Return their own views, and those of teams that they lead."""
        teams = teams_led(person, workflow.key).order_by().values("pk")
        return self.visible_to(person, workflow).filter(Q(person=person) | Q(team__in=teams))


class SavedView(models.Model):
    """A list under a name: the query of its URL. It belongs to a person, or to a team whose leads change it."""

    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="saved_views")
    workflow_id = models.PositiveBigIntegerField()
    person = models.ForeignKey(User, models.CASCADE, null=True, related_name="+")
    team = models.ForeignKey(Team, models.CASCADE, null=True, related_name="+")
    name = models.CharField(max_length=LONGEST_NAME)
    query = models.CharField(max_length=LONGEST_QUERY)
    made_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")

    objects = SavedViews.as_manager()

    class Meta:
        ordering: ClassVar = ["team", "name", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(person=None, team__isnull=False) | Q(person__isnull=False, team=None),
                name="a_view_is_of_a_person_or_a_team",
            ),
            models.UniqueConstraint(fields=["person", "key", "workflow_id", "name"], name="a_person_names_a_view_once"),
            models.UniqueConstraint(fields=["team", "key", "workflow_id", "name"], name="a_team_names_a_view_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def replace_query(self, seen: str, query: str) -> bool:
        """Store another query, if the view still has the one that the person saw."""
        return bool(SavedView.objects.filter(pk=self.pk, query=seen).update(query=query))


class ListLayout(models.Model):
    """One person's list of a workflow: the fields that are columns, and the view that opens first."""

    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    key = models.ForeignKey(SavedKey, models.CASCADE, related_name="list_layouts")
    workflow_id = models.PositiveBigIntegerField()
    columns = JSONTextField(default=list)
    first_view = models.ForeignKey(SavedView, models.SET_NULL, null=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["person", "key", "workflow_id"], name="a_person_arranges_a_list_once")
        ]

    def __str__(self) -> str:
        return f"list of {self.workflow_id}"

    @classmethod
    def store(cls, person: User, workflow: OpenedWorkflow, **values: Any) -> None:
        place: dict[str, Any] = {"person": person, "key_id": workflow.key_id, "workflow_id": workflow.workflow_id}
        cls.objects.update_or_create(**place, defaults=values)
