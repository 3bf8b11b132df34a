"""The sidebar is cached in the process, and read again after a change."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from pipelines_portal.accounts.models import Team, User
from pipelines_portal.accounts.sidebar import outdate_sidebars
from pipelines_portal.entry.models import Sheet, TypedDraft
from pipelines_portal.overview.reads import read_sidebar_counts
from pipelines_portal.task_index.counts import open_counts
from pipelines_portal.workflows.marks import mark
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.opening import forget_workflow, open_workflow, refresh
from tests.conftest import EVERY_TYPE, TRANSLATIONS
from tests.factories import Desk, browser_of, make_index, make_person, make_team, save_key, share_key
from tests.pages import text_of

OTHER_KEY = "pk_live_" + "b" * 40


class Office:
    """Maria owns the key; Ben uses it through a team, and Lea directly."""

    def __init__(self, desk: Desk) -> None:
        self.maria, self.key, self.workflow, self.client = desk.person, desk.key, desk.workflow, desk.client
        self.ben, self.lea = make_person("ben@acme.example"), make_person("lea@acme.example")
        self.team = make_team(self.ben)
        self.share = share_key(self.key, self.team)
        share_key(self.key, self.lea)

    def versions(self) -> list[int]:
        people = (User.objects.get(pk=person.pk) for person in (self.maria, self.ben, self.lea))
        return [person.sidebar_version for person in people]


@pytest.fixture
def office(desk: Desk) -> Office:
    return Office(desk)


def sidebar(browser: Client) -> Any:
    return browser.get("/submissions/").context["rail"]()


CHANGES: dict[str, tuple[Callable[[Office], Any], str]] = {
    "a workflow is opened": (lambda office: open_workflow(office.key, office.client, EVERY_TYPE, office.maria), "MBL"),
    "a workflow is taken off": (lambda office: forget_workflow(office.workflow, office.maria), "MBL"),
    "a workflow is pinned": (lambda office: mark(office.workflow, office.ben, "pin"), "B"),
    "the key is renamed": (lambda office: office.key.rename("New name", office.maria), "MBL"),
    "the key is removed": (lambda office: office.key.remove(office.maria), "MBL"),
    "the key is handed over": (lambda office: office.key.transfer(office.lea, office.maria), "ML"),
    "the key is replaced": (
        lambda office: office.key.replace_with(OTHER_KEY, "", office.maria),
        "MBL",
    ),
    "the key is shared": (lambda office: office.key.share_with(make_person("x@acme.example"), office.maria), ""),
    "a team loses the key": (lambda office: office.key.stop_sharing(office.share, office.maria), "B"),
    "somebody leaves the team": (lambda office: office.team.remove_member(office.ben, by=office.maria), "B"),
    "somebody joins the team": (lambda office: office.team.add_member(office.lea, by=office.maria), "L"),
    "the team is removed": (lambda office: office.team.remove(by=office.maria), "B"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_invalidates_the_sidebars_of_people_who_see_it(office: Office, name: str) -> None:
    change, people = CHANGES[name]
    before = office.versions()
    change(office)
    raised = [after > one for after, one in zip(office.versions(), before, strict=True)]
    assert raised == [letter in people for letter in "MBL"]


def test_only_a_changed_name_invalidates_sidebars(office: Office) -> None:
    refresh(office.workflow, office.client)
    before = office.versions()
    refresh(office.workflow, office.client)
    assert office.versions() == before
    OpenedWorkflow.objects.update(name="Old name")
    refresh(OpenedWorkflow.objects.get(), office.client)
    assert all(after > one for after, one in zip(office.versions(), before, strict=True))


def test_a_new_key_is_in_the_sidebar_of_its_owner_at_once(page: Client, org_key: str) -> None:
    assert sidebar(page).key is None
    page.post("/keys/", {"name": "Mine", "key": org_key})
    assert sidebar(page).key.name == "Mine"


def test_the_sidebar_is_read_once_until_something_changes(office: Office) -> None:
    browser = browser_of(office.lea)
    sidebar(browser)
    with CaptureQueriesContext(connection) as captured:
        assert [one.workflow_id for one in sidebar(browser).others] == [TRANSLATIONS]
    assert not any("workflows_openedworkflow" in one["sql"] and "marks" in one["sql"] for one in captured)
    open_workflow(office.key, office.client, EVERY_TYPE, office.maria)
    assert {one.workflow_id for one in sidebar(browser).others} == {TRANSLATIONS, EVERY_TYPE}


def test_a_page_that_opened_some_of_several_workflows_shows_them(desk: Desk) -> None:
    sidebar(desk.browser)
    refused = desk.browser.post(f"/keys/{desk.key.pk}/workflows/", {"workflow": f"{EVERY_TYPE}, 999999"})
    assert refused.status_code == 422
    assert EVERY_TYPE in {one.workflow_id for one in refused.context["rail"]().others}


def test_each_key_has_a_cached_list(desk: Desk) -> None:
    second = save_key(desk.person, OTHER_KEY, "Second")
    assert sidebar(desk.browser).key.pk == desk.key.pk
    shown = desk.browser.get(f"/keys/{second.pk}/workflows/").context["rail"]()
    assert (shown.key.pk, shown.others) == (second.pk, ())


@pytest.mark.django_db(transaction=True)
def test_the_version_is_raised_only_after_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines_portal.accounts.sidebar.on_commit", transaction.on_commit)
    person = make_person()
    with transaction.atomic():
        outdate_sidebars([person.pk])
        assert User.objects.get().sidebar_version == 0
    assert User.objects.get().sidebar_version == 1
    with pytest.raises(ValueError, match="rolled back"), transaction.atomic():
        outdate_sidebars([person.pk])
        raise ValueError("rolled back")
    assert User.objects.get().sidebar_version == 1


def test_teams_without_members_invalidate_nothing(db: None) -> None:
    Team.objects.create(name="Empty").remove(by=make_person())
    assert User.objects.get().sidebar_version == 0


def test_its_counts_are_those_of_the_querysets(desk: Desk) -> None:
    """One query counts tasks that need attention, drafts of forms and of imports, and unread notifications."""
    second = save_key(desk.person, OTHER_KEY, "Second")
    other = OpenedWorkflow.objects.create(key=second, workflow_id=7, name="Other", status="ACTIVE")
    for workflow in (desk.workflow, other):
        index = make_index(workflow, [])
        for status, listed in (("failed", 3), ("escalated", 2), ("pending", 9)):
            index.status_counts.update_or_create(
                status=status, defaults={"listed": listed, "listed_at": timezone.now(), "muted": 1, "mistakes": 1}
            )
    TypedDraft.objects.create(owner=desk.person, key=second, workflow_id=7, token=uuid4())
    for status in Sheet.Status.values:
        Sheet.objects.create(
            owner=desk.person, key=desk.key, workflow_id=desk.workflow.workflow_id, workflow_name="A",
            file_name="rows.csv", size_bytes=1, status=status,
        )  # fmt: skip
    counts = read_sidebar_counts(desk.person.pk, desk.key.pk)
    of_workflow = open_counts(desk.workflow)
    assert of_workflow and counts.attention == {desk.workflow.workflow_id: of_workflow.attention}
    drafts = Sheet.objects.drafts_of(desk.person)
    assert counts.draft_count == drafts.count() + 1 > 1
    assert counts.drafts == set(drafts.values_list("workflow_id", flat=True))
    assert counts.news == 0 and not counts.is_lead


def test_help_is_the_page_of_the_guide_for_the_person(db: None) -> None:
    """Operators get their pages, leads and administrators theirs."""
    member, lead = make_person("member@acme.example"), make_person("lead@acme.example")
    administrator = make_person("admin@acme.example", role="administrator")
    make_team(member, lead=lead)
    for person, home, people in (
        (member, "/help/", "/help/"),
        (lead, "/help/leads/monday/", "/help/leads/team/"),
        (administrator, "/help/leads/monday/", "/help/administrators/people/"),
    ):
        browser = browser_of(person)
        assert f'href="{home}"' in text_of(browser.get("/"))
        assert f'href="{people}"' in text_of(browser.get("/people/", follow=True))
        palette = browser.get("/palette/", {"q": "help"}, headers={"HX-Current-URL": "http://testserver/"})
        assert f'href="{home}"' in text_of(palette)
