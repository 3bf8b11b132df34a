"""Teams: creation, names, removal, members and leads."""

import re
from typing import Any

from pipelines_portal.accounts.models import Membership, Team, User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.people.lists import PAGE_SIZE
from tests.each_case import each_case
from tests.factories import make_person, make_team, save_key, share_key
from tests.people.cast import Cast, events
from tests.statements import before_statement

KEY = "pk_live_" + "0123456789" * 4


def page(cast: Cast, name: str, path: str = "") -> str:
    answer = cast.client(name).get(path or f"/people/teams/{cast.team.pk}/")
    assert answer.status_code == 200
    return answer.content.decode()


def post(cast: Cast, who: str, what: str, **form: Any) -> Any:
    return cast.client(who).post(f"/people/teams/{cast.team.pk}/{what}/", form, follow=True)


def test_an_administrator_creates_a_team_that_has_no_lead_yet(cast: Cast) -> None:
    answer = cast.client("administrator").post("/people/teams/", {"name": " Photos "}, follow=True)
    assert "This team has no lead" in answer.content.decode()
    assert "then make them the lead" in answer.content.decode()
    assert events() == [("admin@acme.example", "team-created", "Photos")]
    assert "No lead" in page(cast, "administrator", "/people/teams/")


@each_case("name", ["intake", "INTAKE", " Intake "])
def test_a_name_is_used_once_whatever_its_case(cast: Cast, name: str) -> None:
    make_team(name="Photos")
    photos = Team.objects.get(name="Photos")
    client = cast.client("administrator")
    for path in ("/people/teams/", f"/people/teams/{photos.pk}/rename/"):
        answer = client.post(path, {"name": name})
        assert answer.status_code == 422
        assert "A team is already called “Intake”." in answer.content.decode()
    assert Team.objects.count() == 2


def test_the_second_team_with_a_name_is_refused(cast: Cast) -> None:
    with before_statement("INSERT INTO accounts_team", lambda: make_team(name="Photos")):
        answer = cast.client("administrator").post("/people/teams/", {"name": "photos"})
    assert answer.status_code == 422
    assert "A team is already called “photos”." in answer.content.decode()


def test_a_team_is_renamed(cast: Cast) -> None:
    assert "Team renamed" in post(cast, "administrator", "rename", name="Inbox").content.decode()
    assert "Already up to date" in post(cast, "administrator", "rename", name="Inbox").content.decode()
    assert post(cast, "administrator", "rename", name="inbox").status_code == 200, "its own name, in another case"
    assert [label for *_, label in events()] == ["Inbox", "inbox"]


def test_removing_a_team_says_which_keys_it_takes_along(cast: Cast) -> None:
    key = save_key(cast.administrator, KEY, "Nordwind")
    share_key(key, cast.team)
    assert "Nordwind" in page(cast, "administrator", f"/people/teams/{cast.team.pk}/remove/")
    assert "Team deleted" in post(cast, "administrator", "remove").content.decode()
    assert not SavedKey.objects.usable_by(cast.member).exists()
    assert User.objects.filter(is_active=True).count() == 5
    assert events() == [("admin@acme.example", "team-removed", "Intake")]


def test_the_page_says_who_is_in_who_leads_and_which_keys(cast: Cast) -> None:
    key = save_key(cast.lead, KEY, "Nordwind")
    share_key(key, cast.team)
    html = page(cast, "member")
    for words in ("Ben Okafor", "Lead", "Ana Costa", "Priya Nair", "Nordwind", "…6789"):
        assert words in html
    assert KEY not in html
    assert ">Remove<" not in html
    assert "Rename" not in html


def test_a_lead_who_left_is_not_shown_as_lead(cast: Cast) -> None:
    User.objects.filter(pk=cast.lead.pk).update(is_active=False)
    html = page(cast, "member")
    assert "This team has no lead" in html and "Until it has one, only administrators" in html
    assert "Choose one of the members as lead." in page(cast, "administrator")
    assert "Ben Okafor" not in html


def test_people_see_only_their_teams(cast: Cast) -> None:
    make_team(name="Photos")
    for name in ("lead", "member", "viewer"):
        html = page(cast, name, "/people/teams/")
        assert "Intake" in html
        assert "Photos" not in html
        assert "Create team" not in html
    assert "You’re not on a team yet." in page(cast, "stranger", "/people/teams/")
    assert "Photos" in page(cast, "administrator", "/people/teams/")


def test_a_removed_member_loses_the_keys_at_once(cast: Cast) -> None:
    key = save_key(cast.administrator, KEY)
    share_key(key, cast.team)
    theirs = cast.client("member")
    assert theirs.get(f"/keys/{key.pk}/workflows/").status_code == 200
    post(cast, "lead", "take-out", person=cast.member.pk)
    assert theirs.get(f"/keys/{key.pk}/workflows/").status_code == 404
    assert events() == [("lead@acme.example", "member-removed", "Intake")]


def test_a_lead_cannot_remove_a_lead(cast: Cast) -> None:
    answer = post(cast, "lead", "take-out", person=cast.lead.pk)
    assert answer.status_code == 403
    assert "Only administrators can remove a lead" in answer.content.decode()
    assert post(cast, "administrator", "take-out", person=cast.lead.pk).status_code == 200
    assert not Membership.objects.filter(user=cast.lead).exists()


def test_a_lead_is_set_and_unset_once(cast: Cast) -> None:
    for said in ("Ana Costa now leads Intake", "Already up to date"):
        assert said in post(cast, "administrator", "lead", person=cast.member.pk, lead="1").content.decode()
    assert "no longer leads" in post(cast, "administrator", "lead", person=cast.member.pk, lead="0").content.decode()
    assert len(events()) == 2


def test_people_to_add_are_found_by_name_and_email(cast: Cast) -> None:
    make_person("gone@acme.example", name="Gone Acme", is_active=False)
    html = page(cast, "lead", f"/people/teams/{cast.team.pk}/?add=acme")
    assert "to Intake" in html
    assert html.count("</span></button>") - html.count("from Intake</span></button>") == 2, (
        "the stranger and the administrator"
    )
    assert "Gone Acme" not in html
    assert "No people match “zzz”." in page(cast, "lead", f"/people/teams/{cast.team.pk}/?add=zzz")
    assert "to Intake" not in page(cast, "member", f"/people/teams/{cast.team.pk}/?add=acme"), "only for leads"


@each_case("person", ["", "x", "0", "99999999999999999999", "²"])
def test_an_empty_search_finds_nobody(cast: Cast, person: str) -> None:
    assert post(cast, "lead", "add", person=person).status_code == 404


def test_a_member_is_not_added_twice(cast: Cast) -> None:
    assert "Already up to date" in post(cast, "lead", "add", person=cast.member.pk).content.decode()
    assert events() == []


def test_a_removed_team_accepts_no_members(cast: Cast) -> None:
    seen = Team.objects.get(pk=cast.team.pk)
    cast.team.remove(by=cast.administrator)
    assert not seen.add_member(cast.stranger, by=cast.administrator)


def test_the_pages_of_teams_follow_the_alphabet(cast: Cast) -> None:
    names = [f"{word} {number:02}" for number in range(PAGE_SIZE) for word in ("zeta", "Alpha")]
    Team.objects.bulk_create(Team(name=name) for name in names)
    pages = [cast.client("administrator").get(f"/people/teams/?page={number}").content.decode() for number in (1, 2)]
    named = [re.findall(r"(?:zeta|Alpha) \d\d", page) for page in pages]
    assert list(dict.fromkeys(named[0])) == sorted(name for name in names if name[0] == "A")
    assert not set(named[0]) & set(named[1])
