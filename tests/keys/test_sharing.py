"""A key shared for use, and taken back at once."""

from typing import Any

from django.utils import timezone

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.audit.models import Event
from pipelines_portal.keys.models import KeyShare, SavedKey
from tests.each_case import each_case
from tests.factories import browser_of, confirm_in, make_colleague, make_person, make_stranger, make_team, share_key
from tests.pages import text_of


def verbs() -> list[str]:
    return list(Event.objects.filter(target_type="savedkey").order_by("at").values_list("verb", flat=True))


def test_shared_with_a_team_and_people_and_taken_back_by_the_owner(
    page: Any, client: Any, person: Any, saved_key: Any
) -> None:
    stranger = make_stranger()
    colleague = make_colleague()
    intake = make_team(colleague, lead=person)
    address = f"/keys/{saved_key.pk}/"
    answer = page.post(f"{address}share/", {"team": intake.pk, "people": "STRANGER@else.example"}, follow=True)
    html = answer.content.decode()
    assert "Key shared with stranger@else.example and team Intake" in html
    assert "Team · 2 people" in html and "Ben Okafor" in html and "stranger@else.example" in html
    for user in (colleague, stranger):
        assert list(SavedKey.objects.usable_by(user)) == [saved_key]
    for line in KeyShare.objects.all():
        page.post(f"{address}take-back/{line.pk}/")
    client.force_login(colleague)
    assert client.get(address).status_code == 404
    assert verbs() == ["key-shared", "key-shared", "key-taken-back", "key-taken-back"]


@each_case(
    ("form", "sentence"),
    [
        ({"people": "nobody@else.example"}, "No one here has the email nobody@else.example"),
        ({"people": "a@else.example, b@else.example"}, "No one here has the email a@else.example, b@else.example."),
        ({"people": "maria@acme.example"}, "You already own this key"),
        ({}, "Choose a team, or enter a colleague’s email"),
        ({"team": "4711"}, "Select a valid choice"),
    ],
)
def test_a_share_that_cannot_be(page: Any, saved_key: Any, form: Any, sentence: str) -> None:
    refused = page.post(f"/keys/{saved_key.pk}/share/", form)
    assert refused.status_code == 422
    assert sentence in refused.content.decode()
    assert not KeyShare.objects.exists() and verbs() == []


def test_teams_of_others_are_for_administrators_to_choose(page: Any, person: Any, saved_key: Any) -> None:
    theirs = make_team(name="Elsewhere")
    form = {"team": theirs.pk}
    assert page.post(f"/keys/{saved_key.pk}/share/", form).status_code == 422
    User.objects.filter(pk=person.pk).update(role=Role.ADMINISTRATOR)
    page.force_login(User.objects.get(pk=person.pk))
    assert page.post(f"/keys/{saved_key.pk}/share/", form).status_code == 302
    assert KeyShare.objects.get().team == theirs


def test_shared_twice_is_shared_once(person: Any, saved_key: Any) -> None:
    colleague = make_colleague()
    assert saved_key.share_with(colleague, person)
    assert not saved_key.share_with(colleague, person)
    assert verbs() == ["key-shared"]


def test_a_former_owner_cannot_share_the_key(person: Any, saved_key: Any) -> None:
    """The page was open while the key got another owner."""
    stranger = make_stranger()
    colleague = make_colleague()
    saved_key.share_with(stranger, person)
    line = KeyShare.objects.get()
    SavedKey.objects.get(pk=saved_key.pk).transfer(colleague, person)
    assert not saved_key.share_with(person, person)
    assert not saved_key.stop_sharing(line, person)
    assert list(KeyShare.objects.all()) == [line]


def test_a_key_named_like_markup_stays_text(page: Any, saved_key: Any) -> None:
    page.post(f"/keys/{saved_key.pk}/rename/", {"name": "<b>Acme</b>"})
    html = page.get(f"/keys/{saved_key.pk}/").content.decode()
    assert "<b>Acme" not in html and "&lt;b&gt;Acme" in html
    assert verbs() == ["key-renamed"]


def test_transferred_by_its_owner(page: Any, client: Any, saved_key: Any) -> None:
    colleague = make_colleague()
    address = f"/keys/{saved_key.pk}/"
    assert page.post(f"{address}hand-over/", {"owner": "nobody@acme.example"}).status_code == 422
    confirm_in(page, saved_key.owner)
    html = page.post(f"{address}hand-over/", {"owner": colleague.email}, follow=True).content.decode()
    assert "now belongs to Ben Okafor" in html
    assert page.get(address).status_code == 404
    client.force_login(colleague)
    assert "Rename" in client.get(address).content.decode()


def test_an_owner_who_became_a_viewer_takes_back_what_they_shared(page: Any, saved_key: Any, person: Any) -> None:
    colleague = make_colleague()
    share = share_key(saved_key, colleague)
    type(person).objects.filter(pk=person.pk).update(role="viewer")
    person.refresh_from_db()
    page.force_login(person)
    address = f"/keys/{saved_key.pk}/take-back/{share.pk}/"
    assert address in page.get(f"/keys/{saved_key.pk}/").content.decode()
    page.post(address)
    assert not saved_key.shares.exists()


def test_an_administrator_disposes_of_a_key_that_is_shared_with_them_too(page: Any, saved_key: Any) -> None:
    colleague = make_colleague()
    share_key(saved_key, colleague)
    type(colleague).objects.filter(pk=colleague.pk).update(role="administrator")
    colleague.refresh_from_db()
    page.force_login(colleague)
    html = page.get(f"/keys/{saved_key.pk}/").content.decode()
    assert f"/keys/{saved_key.pk}/hand-over/" in html and "You can use this key" in html
    refused = page.post(f"/keys/{saved_key.pk}/hand-over/", {"owner": "nobody@else.example"})
    assert "No one here has the email" in refused.content.decode()


def test_the_page_that_removes_a_key_names_who_loses_access(page: Any, saved_key: Any) -> None:
    address = f"/keys/{saved_key.pk}/remove/"
    share_key(saved_key, make_colleague())
    html = text_of(page.get(address))
    assert "1 other person loses access." in html and "stays valid in Pipelines" in html
    administrator = browser_of(make_person("admin@acme.example", role="administrator"))
    assert f"{saved_key.owner} and 1 other person lose access." in text_of(administrator.get(address))
    share_key(saved_key, make_stranger())
    assert "2 other people lose access." in text_of(page.get(address))
    saved_key.shares.all().delete()
    assert f"{saved_key.owner} loses access." in text_of(administrator.get(address))
    SavedKey.objects.update(rejected_at=timezone.now())
    html = text_of(page.get(address))
    assert "stays valid" not in html and "loses access" not in html and "lose access" not in html


def test_an_unknown_expiry_is_called_not_known(page: Any, saved_key: Any) -> None:
    """“Not set” reads like a key without an expiry."""
    for address in ("/keys/", f"/keys/{saved_key.pk}/"):
        assert "Not known" in text_of(page.get(address)).replace("Not known (no reminder)", "")
        assert "Not set" not in text_of(page.get(address))
