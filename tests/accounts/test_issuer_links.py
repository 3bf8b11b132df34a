"""An account belongs to one person at the issuer, also when its email is given to somebody else there."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.test import Client

from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from tests.factories import make_person
from tests.pages import text_of
from tests.people.cast import events
from tests.statements import before_statement

from .issuer import is_in, through
from .second_steps import PASSWORD, sign_in

LINKED = "belongs to an account here that is linked to somebody else at Acme SSO. Ask an administrator to unlink it."


def linked() -> list[tuple[str, str]]:
    return list(SocialAccount.objects.values_list("user__email", "uid").order_by("uid"))


def test_who_got_the_email_of_somebody_linked_is_refused(client: Client, oidc: Any, maria: User) -> None:
    through(client, "maria")
    before = list(User.objects.values())
    other = Client()
    refused = through(other, "recycled")
    assert refused.status_code == 403
    assert LINKED in text_of(refused)
    assert not is_in(other)
    assert is_in(client)
    assert list(User.objects.values()) == before
    assert linked() == [("maria@acme.example", "maria")]
    event = Event.objects.first()
    assert event is not None
    assert (event.verb, event.actor_email) == ("sign-in-refused", "maria@acme.example")
    assert through(Client(), "maria").status_code == 302, "the one it belongs to comes in as before"


def test_of_two_at_once_one_is_linked(client: Client, oidc: Any, maria: User) -> None:
    """The other one is linked after the first look for a link and before the second, which is made under a lock."""

    def link_other() -> None:
        SocialAccount.objects.create(user=maria, provider="oidc", uid="recycled")

    with before_statement("SELECT socialaccount_socialaccount.id", link_other, nth=2):
        assert LINKED in text_of(through(client, "maria"))
    assert linked() == [("maria@acme.example", "recycled")]


def test_people_are_known_again_when_the_portal_moved_to_another_issuer(client: Client, oidc: Any, maria: User) -> None:
    left_behind = {"id_token": {"iss": "https://issuer-before.example"}}
    SocialAccount.objects.create(user=maria, provider="oidc", uid="her-mark-there", extra_data=left_behind)
    assert through(client, "maria").status_code == 302
    assert is_in(client)


def test_an_administrator_unlinks(client: Client, oidc: Any, maria: User) -> None:
    through(client, "maria")
    make_person("boss@acme.example", PASSWORD, role="administrator")
    boss = Client()
    sign_in(boss, "boss@acme.example")
    page, address = f"/people/{maria.pk}/", f"/people/{maria.pk}/unlink/"
    assert "Unlink from Acme SSO" in text_of(boss.get(page))
    assert "Unlink" in text_of(boss.get(address))
    assert is_in(client), "asked first"
    assert "is not linked to anybody at Acme SSO any more" in text_of(boss.post(address, follow=True))
    assert not is_in(client), "signed out"
    assert "Unlink from" not in text_of(boss.get(page))
    assert "Nothing was changed" in text_of(boss.post(address, follow=True))
    assert events("issuer-unlinked") == [("boss@acme.example", "issuer-unlinked", "maria@acme.example")]
    assert through(Client(), "recycled").status_code == 302
    assert linked() == [("maria@acme.example", "recycled")]
