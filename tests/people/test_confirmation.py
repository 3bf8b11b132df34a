"""People confirm who they are before they make an administrator, give keys away or deactivate somebody."""

import re
from collections.abc import Callable
from typing import Any

from django.test import Client

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.people.models import Invitation
from tests.accounts.two_step import PASSWORD
from tests.each_case import each_case
from tests.factories import save_key
from tests.pages import text_of

from .cast import Cast, events

Post = tuple[str, dict[str, Any]]


def make_administrator(cast: Cast) -> Post:
    return f"/people/{cast.member.pk}/role/", {"role": "administrator"}


def invite_administrator(cast: Cast) -> Post:
    return "/people/invite/", {"emails": "tom@acme.example", "role": "administrator", "teams": [cast.team.pk]}


def renew_their_invitation(cast: Cast) -> Post:
    [invitation] = Invitation.objects.invite(["tom@acme.example"], Role.ADMINISTRATOR, [], by=cast.administrator)
    return f"/people/invitations/{invitation.pk}/renew/", {}


def let_an_administrator_in_again(cast: Cast) -> Post:
    User.objects.filter(pk=cast.member.pk).update(role="administrator", is_active=False)
    return f"/people/{cast.member.pk}/let-in-again/", {}


def deactivate(cast: Cast) -> Post:
    save_key(cast.member, "pk_live_" + "a" * 40)
    return f"/people/{cast.member.pk}/deactivate/", {"owner": str(cast.lead.pk)}


def transfer(cast: Cast) -> Post:
    key = save_key(cast.member, "pk_live_" + "a" * 40)
    return f"/keys/{key.pk}/hand-over/", {"owner": "lead@acme.example"}


WEIGHTY: list[tuple[Callable[[Cast], Post], str]] = [
    (make_administrator, "role-changed"),
    (invite_administrator, "invited"),
    (renew_their_invitation, "invitation-renewed"),
    (let_an_administrator_in_again, "person-activated"),
    (deactivate, "person-deactivated"),
    (transfer, "key-handed-over"),
]


def hidden_fields(answer: Any) -> list[tuple[str, str]]:
    """Return the hidden fields of the page's last form."""
    form = text_of(answer).rpartition("<form")[2].partition("</form>")[0]
    return re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form)


def values_of(answer: Any) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for name, value in hidden_fields(answer):
        fields.setdefault(name, []).append(value)
    return fields


def press(client: Client, answer: Any, **typed: str) -> Any:
    """Post the page's last form."""
    form = text_of(answer).rpartition("<form")[2]
    return client.post(re.search(r'action="([^"]+)"', form)[1], values_of(answer) | typed)


@each_case(("prepare", "event"), WEIGHTY)
def test_the_form_waits_for_the_confirmation_with_its_values(
    cast: Cast, prepare: Callable[[Cast], Post], event: str
) -> None:
    address, values = prepare(cast)
    cast.administrator.set_password(PASSWORD)
    cast.administrator.save()
    client, count = cast.client("administrator"), len(events(event))
    asked = client.post(address, values)
    assert asked.status_code == 401
    assert "Confirm it’s you" in text_of(asked)
    refused = press(client, asked, password="a guess")
    assert refused.status_code == 422
    assert len(events(event)) == count
    confirmed = press(client, refused, password=PASSWORD)
    assert "Confirmed" in text_of(confirmed)
    assert len(events(event)) == count, "one more press"
    done = press(client, confirmed)
    assert done.status_code == 302
    assert len(events(event)) == count + 1
    again = client.post(f"/people/{cast.stranger.pk}/role/", {"role": "administrator"})
    assert again.status_code == 302, "not asked twice within ten minutes"


def test_acts_that_grant_no_rights_need_no_confirmation(cast: Cast) -> None:
    client = cast.client("administrator")
    assert client.post(f"/people/{cast.member.pk}/role/", {"role": "viewer"}).status_code == 302
    assert client.post("/people/invite/", {"emails": "tom@acme.example", "role": "operator"}).status_code == 302
    assert client.get(f"/people/invite/?made={Invitation.objects.get().pk}").status_code == 200


def test_the_link_of_an_administrator_needs_a_confirmation(cast: Cast) -> None:
    [invitation] = Invitation.objects.invite(["tom@acme.example"], Role.ADMINISTRATOR, [], by=cast.administrator)
    address = f"/people/invite/?made={invitation.pk}"
    assert cast.client("administrator").get(address)["Location"].startswith("/account/confirm/")
    assert "/invitation/" in text_of(cast.confirmed("administrator").get(address))


def test_a_confirmation_never_redirects_to_another_site(cast: Cast) -> None:
    cast.administrator.set_password(PASSWORD)
    cast.administrator.save()
    client = cast.client("administrator")
    answer = client.post("/account/confirm/", {"password": PASSWORD, "post_to": "https://evil.example/"})
    assert answer["Location"] == "/account/"


def test_a_confirmation_at_the_idp_returns_to_the_page_of_the_form(cast: Cast, settings: Any) -> None:
    """The values are not sent to the identity provider, and the form's address accepts no GET."""
    settings.OIDC_ISSUER, settings.OIDC_NAME = "https://login.example.com", "Acme SSO"
    page = f"/people/{cast.member.pk}/"
    asked = cast.client("administrator").post(
        f"{page}role/", {"role": "administrator"}, headers={"Referer": f"http://testserver{page}"}
    )
    assert "Sign in with Acme SSO" in text_of(asked)
    assert ("next", page) in hidden_fields(asked)
    assert "Your text can’t be kept while you confirm." in text_of(asked)
