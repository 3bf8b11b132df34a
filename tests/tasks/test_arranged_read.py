"""The hot read of views and layout returns what the querysets do."""

from pipelines_portal.accounts.models import Team
from pipelines_portal.tasks.arrangement import read_arrangement
from pipelines_portal.tasks.models import ListLayout, SavedView
from tests.factories import Desk, make_colleague, make_team, share_key


def test_a_person_sees_the_views_of_the_queryset(desk: Desk) -> None:
    colleague, workflow = make_colleague(), desk.workflow
    with_key, without_key = make_team(colleague, lead=desk.person), Team.objects.create(name="Others")
    share_key(desk.key, with_key)
    place = {"key": desk.key, "workflow_id": workflow.workflow_id, "query": "status=failed"}
    for name, owner in (
        ("Mine", {"person": desk.person}),
        ("Theirs", {"person": colleague}),
        ("The team's", {"team": with_key}),
        ("Another team's", {"team": without_key}),
    ):
        SavedView.objects.create(name=name, **place, **owner)
    SavedView.objects.create(name="Elsewhere", **place | {"workflow_id": 1}, person=desk.person)
    ListLayout.store(desk.person, workflow, columns=["due"])
    for person in (desk.person, colleague):
        read, views = read_arrangement(person, workflow), SavedView.objects
        assert {view.pk for view in read.views} == set(views.visible_to(person, workflow).values_list("pk", flat=True))
        changeable = views.changeable_by(person, workflow).values_list("pk", flat=True)
        assert {view.pk for view in read.views if view.is_changeable} == set(changeable)
    assert read_arrangement(desk.person, workflow).columns == ("due",)
    assert read_arrangement(colleague, workflow).columns == ()
