"""An account belongs to one person at the identity provider, also when its email is given to somebody else there."""

from typing import Any

from allauth.socialaccount.models import SocialAccount
from django.test import Client
from oidc_provider_mock import User as Claims
from oidc_provider_mock import run_server_in_thread

from pipelines_portal.accounts.identity_provider import provider_id
from pipelines_portal.accounts.models import User
from pipelines_portal.audit.models import Event
from tests.factories import make_person
from tests.pages import text_of
from tests.people.cast import events
from tests.statements import before_statement

from .identity_provider import is_in, through
from .two_step import PASSWORD, sign_in

LINKED = "This account is linked to someone else at Acme SSO. Ask your administrator to unlink it."


def linked() -> list[tuple[str, str]]:
    return list(SocialAccount.objects.values_list("user__email", "uid").order_by("uid", "user__email"))


def test_the_new_owner_of_a_linked_email_is_refused(client: Client, oidc: Any, maria: User) -> None:
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


def test_one_of_two_concurrent_sign_ins_is_linked(client: Client, oidc: Any, maria: User) -> None:
    """The other account is linked between the first check and the second one, which holds a lock."""

    def link_other() -> None:
        SocialAccount.objects.create(user=maria, provider=provider_id(), uid="recycled")

    with before_statement("SELECT %s AS a FROM socialaccount_socialaccount", link_other):
        assert LINKED in text_of(through(client, "maria"))
    assert linked() == [("maria@acme.example", "recycled")]


def test_people_are_known_again_when_the_portal_moved_to_another_idp(client: Client, oidc: Any, maria: User) -> None:
    oidc.OIDC_ISSUER, moved_to = "https://issuer-before.example", oidc.OIDC_ISSUER
    SocialAccount.objects.create(user=maria, provider=provider_id(), uid="her-mark-there")
    oidc.OIDC_ISSUER = moved_to
    assert through(client, "maria").status_code == 302
    assert is_in(client)


def test_a_link_to_one_idp_does_not_count_for_another(client: Client, oidc: Any, maria: User) -> None:
    """Identity providers number their people each for itself: 1, 2, 3."""
    User.objects.update(role="administrator")
    through(client, "maria")
    stranger = Claims(sub="maria", claims={"email": "eve@else.example", "email_verified": True})
    with run_server_in_thread(user_claims=[stranger]) as server:
        oidc.OIDC_ISSUER = f"http://localhost:{server.server_port}"
        other = Client()
        refused = through(other, "maria")
        assert refused.status_code == 403
        assert "No account for eve@else.example." in text_of(refused)
        assert not is_in(other)
        oidc.OIDC_DOMAINS = ["else.example"]
        assert through(other, "maria").status_code == 302
        assert "eve@else.example" in text_of(other.get("/account/")), "in an account of their own"
    assert linked() == [("eve@else.example", "maria"), ("maria@acme.example", "maria")]


def test_an_administrator_unlinks(client: Client, oidc: Any, maria: User) -> None:
    through(client, "maria")
    make_person("boss@acme.example", PASSWORD, role="administrator")
    boss = Client()
    sign_in(boss, "boss@acme.example")
    page, address = f"/people/{maria.pk}/", f"/people/{maria.pk}/unlink/"
    assert "Unlink…" in text_of(boss.get(page))
    assert "Unlink" in text_of(boss.get(address))
    assert is_in(client), "asked first"
    assert "Unlinked · They’ve been signed out" in text_of(boss.post(address, follow=True))
    assert not is_in(client), "signed out"
    assert "Unlink…" not in text_of(boss.get(page))
    assert "Already up to date" in text_of(boss.post(address, follow=True))
    assert events("issuer-unlinked") == [("boss@acme.example", "issuer-unlinked", "maria@acme.example")]
    assert through(Client(), "recycled").status_code == 302
    assert linked() == [("maria@acme.example", "recycled")]
