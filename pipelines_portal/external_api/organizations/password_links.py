"""Links with which a person chooses a password. Each works once, for PASSWORD_RESET_TIMEOUT seconds."""

from typing import Any
from urllib.parse import urlencode

from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from pipelines_portal.core.link_tokens import LinkTokens
from pipelines_portal.external_api.models import Person
from pipelines_portal.external_api.organizations import two_step
from pipelines_portal.external_api.organizations.first_start import own_address
from pipelines_portal.external_api.organizations.people import people_to_help

# Names the server's administrator in a token. Admins are named by their ID.
OPERATOR = "operator"


class PasswordLinkTokens(LinkTokens):
    """Tokens of an admin end when the person gets more rights: the admin could use the link.

    Those of the operator stay valid when the person is added to an organization.
    """

    def __init__(self, maker: str) -> None:
        super().__init__(maker)
        salt = "pipelines_portal.external_api.organizations.password_links"
        self.key_salt = f"{salt}.operator" if maker == OPERATOR else salt

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        facts = super()._make_hash_value(user, timestamp)
        if self.maker == OPERATOR:
            return facts
        organizations = user.memberships.order_by("organization_id").values_list("organization_id", flat=True)
        return f"{self.maker} {facts}{list(organizations)}{user.may_add_organizations}"


def check_token(person: Person, token: str | None) -> bool:
    """Return False also if the maker was removed, or may no longer help the person."""
    maker_id = PasswordLinkTokens.maker_of(person, token)
    if maker_id is None:
        return False
    if maker_id == OPERATOR:
        return person.is_active
    maker = Person.objects.filter(pk=int(maker_id), is_active=True).first()
    return maker is not None and people_to_help(maker).filter(pk=person.pk).exists()


def is_from_operator(token: str) -> bool:
    """Return whether a valid token was made by the server's administrator."""
    return token.startswith(f"{OPERATOR}.")


def password_link(request: HttpRequest, person: Person, *, by: Person) -> str:
    """Return a new link of an admin."""
    return request.build_absolute_uri(_path(person, PasswordLinkTokens(str(by.pk)).make_named_token(person)))


@transaction.atomic
def reset_account(email: str) -> str:
    """End the sessions, the password and all links of an account, and return a link of the server's administrator.

    Two-step verification is removed, too: somebody else may have set it up, or the phone is lost.
    Raise Person.DoesNotExist if there is no active account with this email.
    """
    person = Person.objects.select_for_update().get(email=email.lower(), is_active=True)
    # The unusable password is random. Sessions and links contain a hash of the password.
    person.set_unusable_password()
    person.save(update_fields=["password"])
    two_step.remove(person)
    return own_address() + _path(person, PasswordLinkTokens(OPERATOR).make_named_token(person))


def _path(person: Person, token: str) -> str:
    """Return the path of a link. Its secret is in the query string, which proxies and request logs leave out."""
    query = {"uid": urlsafe_base64_encode(force_bytes(person.pk)), "token": token}
    return f"{reverse('organization_keys:choose_password')}?{urlencode(query)}"
