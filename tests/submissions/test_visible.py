"""Who sees what: the sender, the key's owner, and leads of a team through which it was sent.

Held against a plain model of the rule, for any people, teams, shares and submissions, and any changes after sending.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from hypothesis import given
from hypothesis import strategies as st

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.keys.models import KeyShare, SavedKey
from pipelines_portal.submissions.filters import SentFilterForm, newest
from pipelines_portal.submissions.models import Submission
from pipelines_portal.workflows.models import OpenedWorkflow
from tests.conftest import TRANSLATIONS
from tests.factories import make_person, make_stranger, make_submission, make_team, open_workflow, share_key
from tests.pages import text_of

PEOPLE, TEAMS, KEYS = 4, 2, 3
person, team, key = st.integers(0, PEOPLE - 1), st.integers(0, TEAMS - 1), st.integers(0, KEYS - 1)


Members = dict[tuple[int, int], bool]


@dataclass(frozen=True)
class World:
    """Everything by number: owners of keys, (team, person) to whether they lead, shares, (sender, key or None).

    Members and shares are those at the time of sending; `members_now` and `lent_to_teams_now` those of the readers.
    """

    owners: list[int]
    members: Members
    members_now: Members
    lent_to_people: set[tuple[int, int]]
    lent_to_teams: set[tuple[int, int]]
    lent_to_teams_now: set[tuple[int, int]]
    sent: list[tuple[int, int | None]] = field(default_factory=list)

    def may_use(self, reader: int, of: int) -> bool:
        in_team = any((one, reader) in self.members_now and (of, one) in self.lent_to_teams_now for one in range(TEAMS))
        return self.owners[of] == reader or (of, reader) in self.lent_to_people or in_team

    def sent_through(self, sender: int, of: int | None) -> set[int]:
        return {one for one in range(TEAMS) if (one, sender) in self.members and (of, one) in self.lent_to_teams}

    def leads(self, reader: int) -> set[int]:
        return {one for one in range(TEAMS) if self.members_now.get((one, reader))}

    def may_see(self, reader: int, sender: int, of: int | None) -> bool:
        if sender == reader:
            return True
        is_owner = of is not None and self.owners[of] == reader
        return is_owner or bool(self.sent_through(sender, of) & self.leads(reader))


members = st.dictionaries(st.tuples(team, person), st.booleans())
lent_to_teams = st.sets(st.tuples(key, team))
worlds = st.builds(
    World,
    owners=st.lists(person, min_size=KEYS, max_size=KEYS),
    members=members,
    members_now=members,
    lent_to_people=st.sets(st.tuples(key, person)),
    lent_to_teams=lent_to_teams,
    lent_to_teams_now=lent_to_teams,
    sent=st.lists(st.tuples(person, st.none() | key), max_size=8),
)


@dataclass
class Made:
    people: list[User]
    keys: list[SavedKey]
    sent: list[Submission]


def make(world: World) -> Made:
    for model in (Submission, SavedKey, Team, User):
        model.objects.all().delete()
    people = [User.objects.create(email=f"{number}@acme.example") for number in range(PEOPLE)]
    teams = [Team.objects.create(name=f"Team {number}") for number in range(TEAMS)]
    keys = [SavedKey.objects.create(owner=people[owner], name="Key") for owner in world.owners]
    for of, to in world.lent_to_people:
        KeyShare.objects.create(key=keys[of], user=people[to])
    _arrange(people, teams, keys, world.members, world.lent_to_teams)
    sent = [
        make_submission(people[by], None if of is None else keys[of], workflow_id=1, status="created")
        for by, of in world.sent
    ]
    _arrange(people, teams, keys, world.members_now, world.lent_to_teams_now)
    return Made(people, keys, sent)


def _arrange(
    people: list[User], teams: list[Team], keys: list[SavedKey], members: Members, lent: set[tuple[int, int]]
) -> None:
    Membership.objects.all().delete()
    KeyShare.objects.exclude(team=None).delete()
    for (one, member), is_lead in members.items():
        Membership.objects.create(team=teams[one], user=people[member], is_lead=is_lead)
    for of, to in lent:
        KeyShare.objects.create(key=keys[of], team=teams[to])


@given(world=worlds)
def test_everyone_sees_and_uses_what_the_rule_says(db: None, world: World) -> None:
    made = make(world)
    for number, reader in enumerate(made.people):
        may = {one.pk for one, (by, of) in zip(made.sent, world.sent, strict=True) if world.may_see(number, by, of)}
        seen = list(Submission.objects.visible_to(reader).values_list("pk", flat=True))
        assert (sorted(seen), len(seen)) == (sorted(may), len(may))
        usable = list(SavedKey.objects.usable_by(reader))
        assert usable == [each for of, each in enumerate(made.keys) if world.may_use(number, of)]


@given(world=worlds, count=st.integers(1, 4))
def test_the_teams_list_pages_through_all_of_it(db: None, world: World, count: int) -> None:
    """The list has all that a person may see, and what they sent with keys of other people."""
    made = make(world)
    for number, reader in enumerate(made.people[:2]):
        wanted = {one.pk for one, (by, of) in zip(made.sent, world.sent, strict=True) if world.may_see(number, by, of)}
        listed = pages(reader, count)
        assert [one.pk for one in listed] == [one.pk for one in Submission.objects.filter(pk__in=wanted)]


def pages(reader: User, count: int) -> list[Submission]:
    form = SentFilterForm(reader, {})
    assert form.is_valid()
    # Also where it is not offered, since nobody shares anything with them.
    form.cleaned_data["who"] = "team"
    listed: list[Submission] = []
    while page := newest(form, listed[-1] if listed else None, count):
        listed += page
    return listed


def submission_of(sender: User, key: SavedKey, **values: Any) -> Submission:
    OpenedWorkflow.objects.get_or_create(key=key, workflow_id=TRANSLATIONS, defaults={"status": "ACTIVE"})
    return make_submission(sender, key, workflow_name="French", token=uuid4(), row_count=1, **values)


def test_a_lead_finds_what_the_team_sent_by_person(
    client: Any, person: User, saved_key: SavedKey, static_root: None
) -> None:
    stranger = make_stranger()
    lead = make_person("lead@acme.example", name="Lena Lead")
    share_key(saved_key, make_team(stranger, lead=lead))
    sent = submission_of(stranger, saved_key, status="created")
    client.force_login(lead)
    assert str(sent.pk) not in client.get("/submissions/").content.decode()
    assert str(sent.pk) in client.get("/submissions/?who=team").content.decode()
    assert str(sent.pk) in client.get(f"/submissions/?who={stranger.pk}").content.decode()
    assert str(sent.pk) not in client.get(f"/submissions/?who={lead.pk}").content.decode()


def test_a_colleague_whose_tasks_a_lead_may_not_see_has_not_sent_nothing(
    client: Any, person: User, saved_key: SavedKey, static_root: None
) -> None:
    """They sent with a key that the team does not share."""
    stranger = make_stranger()
    lead = make_person("lead@acme.example", name="Lena Lead")
    make_team(stranger, lead=lead)
    submission_of(stranger, saved_key, status="created")
    client.force_login(lead)
    words = text_of(client.get(f"/submissions/?who={stranger.pk}"))
    assert "Nothing sent yet" not in words and "No results" in words
    assert "You see what others sent with your API keys or in teams you lead." in words
    assert 'href="?">Clear filters' in words
    client.force_login(stranger)
    assert 'name="who"' not in client.get("/submissions/").content.decode()


def test_a_lead_decides_and_does_not_send(client: Any, saved_key: SavedKey, static_root: None) -> None:
    stranger = make_stranger()
    lead = make_person("lead@acme.example")
    share_key(saved_key, make_team(stranger, lead=lead))
    unknown = submission_of(stranger, saved_key, status="unconfirmed", kind="form")
    client.force_login(lead)
    assert "Nothing was created" in client.get(f"/submissions/{unknown.pk}/").content.decode()
    client.post(f"/submissions/{unknown.pk}/not-created/")
    unknown.refresh_from_db()
    assert unknown.status == "draft"
    assert client.post(f"/submissions/{unknown.pk}/send/").status_code == 404
    assert "can send this." in client.get(f"/submissions/{unknown.pk}/").content.decode()


def test_a_key_taken_back_sends_nothing_more(client: Any, person: User, saved_key: SavedKey, static_root: None) -> None:
    stranger = make_stranger()
    share = share_key(saved_key, stranger)
    draft = submission_of(stranger, saved_key, kind="form")
    client.force_login(stranger)
    assert "Send 1 row" in client.get(f"/submissions/{draft.pk}/").content.decode()
    share.delete()
    answer = client.post(f"/submissions/{draft.pk}/send/", follow=True).content.decode()
    assert "no longer shared with you" in answer
    assert "maria@acme.example" in answer
    draft.refresh_from_db()
    assert draft.status == "draft"


def test_everybody_with_the_key_reads_who_sent_a_task_and_not_what(page: Any, client: Any, saved_key: SavedKey) -> None:
    stranger = make_stranger()
    workflow = open_workflow(saved_key, TRANSLATIONS)
    form = {"field-input_text": "Only mine to read", "field-target_language": "French", "token": uuid4()}
    page.post(f"/keys/{saved_key.pk}/workflows/{TRANSLATIONS}/tasks/new/", form)
    task_id = Submission.objects.get().rows.get().task_id
    share_key(saved_key, stranger)
    client.force_login(stranger)
    html = client.get(f"/keys/{workflow.key_id}/workflows/{TRANSLATIONS}/tasks/{task_id}/").content.decode()
    assert "Only mine to read" not in html
    assert "</bdi> created it" in " ".join(html.split())
