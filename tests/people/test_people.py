"""The people page and a person's page, for administrators alone."""

from typing import Any

import pytest
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.people import administration
from pipelines_portal.people import forms as people_forms
from tests.factories import make_person, save_key, share_key
from tests.people.cast import Cast, events

KEY = "pk_live_" + "0123456789" * 4


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_has_people_with_role_and_teams(cast: Cast) -> None:
    html = " ".join(text(cast.client("administrator"), "/people/").split())
    row = html[html.index("Ben Okafor") :][:900]
    for words in ("lead@acme.example", "Operator", "Intake", "(lead)"):
        assert words in row


@pytest.mark.parametrize("query", ["okafor", "LEAD@", "Ben"])
def test_people_are_found_by_name_and_email(cast: Cast, query: str) -> None:
    html = text(cast.client("administrator"), f"/people/?q={query}")
    assert "Ben Okafor" in html
    assert "Ana Costa" not in html


def test_people_are_filtered_by_role(cast: Cast) -> None:
    html = text(cast.client("administrator"), "/people/?role=viewer")
    assert "Priya Nair" in html and "Ana Costa" not in html


def test_deactivated_people_have_a_filter_and_are_found_by_name(cast: Cast) -> None:
    User.objects.filter(pk=cast.member.pk).update(is_active=False)
    client = cast.client("administrator")
    assert "Ana Costa" not in text(client, "/people/")
    for query in ("role=deactivated", "q=costa", "q=costa&role=deactivated"):
        html = text(client, f"/people/?{query}")
        assert "Ana Costa" in html and "Ben Okafor" not in html
    assert "Ana Costa" not in text(client, "/people/?q=costa&role=operator")


def test_a_role_is_changed_and_ends_the_sessions(cast: Cast) -> None:
    theirs = cast.client("member")
    path = f"/people/{cast.member.pk}/role/"
    html = cast.client("administrator").post(path, {"role": "viewer"}, follow=True).content.decode()
    assert "Role changed · They’ve been signed out" in html
    assert theirs.get("/people/teams/").status_code == 302
    assert events() == [("admin@acme.example", "role-changed", "Ana Costa")]


def test_an_invalid_role_is_an_error_of_the_field(cast: Cast) -> None:
    answer = cast.client("administrator").post(f"/people/{cast.member.pk}/role/", {"role": "king"})
    assert answer.status_code == 422
    assert "king is not one of the available choices" in answer.content.decode()


def test_the_same_role_again_changes_nothing(cast: Cast) -> None:
    path = f"/people/{cast.member.pk}/role/"
    answer = cast.client("administrator").post(path, {"role": "operator"}, follow=True)
    assert "Role not changed." in answer.content.decode()
    assert events() == []


def test_the_last_administrator_cannot_be_demoted_or_deactivated(cast: Cast) -> None:
    client, address = cast.confirmed("administrator"), f"/people/{cast.administrator.pk}/"
    for answer in (client.post(f"{address}role/", {"role": "viewer"}), client.post(f"{address}deactivate/")):
        assert answer.status_code == 422
        assert "You’re the only administrator." in answer.content.decode()
    page = client.get(f"{address}deactivate/").content.decode()
    assert "You’re the only administrator." in page and "New owner" not in page
    cast.administrator.refresh_from_db()
    assert cast.administrator.is_administrator
    assert cast.administrator.is_active


def test_an_administrator_who_is_not_the_last_may_leave(cast: Cast) -> None:
    User.objects.filter(pk=cast.lead.pk).update(role="administrator")
    assert "Deactivated · You’ve been signed out" in deactivate(cast, cast.administrator).content.decode()


def test_an_account_of_the_demo_is_no_administrator_where_it_is_refused(cast: Cast, settings: Any) -> None:
    make_person("demo@example.com", role="administrator", is_demo=True)
    settings.DEMO_IS_ON = False
    step_down = f"/people/{cast.administrator.pk}/role/"
    assert cast.confirmed("administrator").post(step_down, {"role": "operator"}).status_code == 422
    cast.administrator.refresh_from_db()
    assert cast.administrator.is_administrator


def test_an_administrator_who_is_not_the_last_may_step_down(cast: Cast) -> None:
    client = cast.confirmed("administrator")
    client.post(f"/people/{cast.lead.pk}/role/", {"role": "administrator"})
    left = client.post(f"/people/{cast.administrator.pk}/role/", {"role": "operator"}, follow=True)
    assert "Role changed · You’ve been signed out" in left.content.decode()
    assert client.get("/people/").status_code == 302, "signed out"


def deactivate(cast: Cast, person: User, **form: Any) -> Any:
    return cast.confirmed("administrator").post(f"/people/{person.pk}/deactivate/", form, follow=True)


def test_deactivating_ends_access_within_one_request(cast: Cast) -> None:
    theirs = cast.client("member")
    assert theirs.get("/people/teams/").status_code == 200
    assert "Deactivated · They’ve been signed out" in deactivate(cast, cast.member).content.decode()
    assert theirs.get("/people/teams/").status_code == 302
    assert events() == [("admin@acme.example", "person-deactivated", "Ana Costa")]


def test_a_deactivation_needs_a_new_owner_of_the_key(cast: Cast) -> None:
    save_key(cast.lead, KEY)
    answer = deactivate(cast, cast.lead)
    assert answer.status_code == 422
    assert "Choose a new owner, or Remove key." in answer.content.decode()
    cast.lead.refresh_from_db()
    assert cast.lead.is_active


def test_the_key_goes_to_its_new_owner_and_stays_shared(cast: Cast) -> None:
    key = save_key(cast.lead, KEY)
    share_key(key, cast.team)
    share_key(key, cast.stranger)
    deactivate(cast, cast.lead, owner=cast.stranger.pk)
    key.refresh_from_db()
    assert key.owner == cast.stranger
    assert [share.team for share in key.shares.all()] == [cast.team]
    assert [verb for _, verb, _ in events()] == ["person-deactivated", "key-handed-over"]


def test_each_key_may_get_another_owner(cast: Cast) -> None:
    kept, given, removed = (save_key(cast.lead, KEY[:-1] + str(n), f"Key {n}") for n in range(3))
    form = {"owner": cast.member.pk, f"owner_{given.pk}": cast.stranger.pk, f"owner_{removed.pk}": "remove"}
    deactivate(cast, cast.lead, **form)
    owners = dict(SavedKey.objects.values_list("name", "owner__email"))
    assert owners == {kept.name: "member@acme.example", given.name: "stranger@acme.example"}


def test_viewers_and_those_who_left_are_no_new_owners(cast: Cast) -> None:
    save_key(cast.lead, KEY)
    User.objects.filter(pk=cast.stranger.pk).update(is_active=False)
    for owner in (cast.viewer, cast.stranger, cast.lead):
        assert deactivate(cast, cast.lead, owner=owner.pk).status_code == 422
    cast.lead.refresh_from_db()
    assert cast.lead.is_active


def test_the_list_of_owners_shows_team_members_and_accepts_emails(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(people_forms, "MAX_OWNERS_SHOWN", 1)
    key = save_key(cast.lead, KEY)
    html = cast.confirmed("administrator").get(f"/people/{cast.lead.pk}/deactivate/").content.decode()
    assert (f'value="{cast.member.pk}"' in html, f'value="{cast.stranger.pk}"' in html) == (True, False)
    for form in ({}, {"other": cast.viewer.email}, {"other": cast.stranger.email, "owner": "remove"}):
        assert deactivate(cast, cast.lead, **form).status_code == 422
        key.refresh_from_db()
        assert key.owner == cast.lead
    deactivate(cast, cast.lead, other=cast.stranger.email.upper())
    key.refresh_from_db()
    assert key.owner == cast.stranger


def test_an_owner_who_was_listed_is_still_accepted(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(people_forms, "MAX_OWNERS_SHOWN", 1)
    key = save_key(cast.lead, KEY)
    deactivate(cast, cast.lead, owner=cast.stranger.pk)
    key.refresh_from_db()
    assert key.owner == cast.stranger


def test_a_key_saved_since_stops_the_deactivation(cast: Cast, monkeypatch: Any) -> None:
    """Between reading the keys for the form and handing them over."""
    lock_administrators = administration._lock_administrators

    def save_meanwhile(by: User) -> set[int]:
        save_key(cast.lead, KEY, "Late")
        return lock_administrators(by)

    monkeypatch.setattr(administration, "_lock_administrators", save_meanwhile)
    answer = deactivate(cast, cast.lead)
    assert answer.status_code == 422
    assert "Choose its new owner too." in answer.content.decode()
    cast.lead.refresh_from_db()
    assert cast.lead.is_active


def test_a_person_is_reactivated(cast: Cast) -> None:
    deactivate(cast, cast.member)
    path = f"/people/{cast.member.pk}/"
    client = cast.confirmed("administrator")
    assert client.get(f"{path}deactivate/").status_code == 404, "they left already"
    assert "Reactivated" in client.post(f"{path}let-in-again/", follow=True).content.decode()
    cast.member.refresh_from_db()
    assert cast.member.is_active
    assert "Already up to date" in client.post(f"{path}let-in-again/", follow=True).content.decode()
