"""Links with which a person chooses a password. Each works once, for PASSWORD_RESET_TIMEOUT seconds."""

from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from pipelines_portal.external_api.models import Person
from pipelines_portal.external_api.organizations.people import people_to_help


class _TokensOfMaker(PasswordResetTokenGenerator):
    """Tokens for the links of one admin. They end when the person gets more rights: the admin could use the link."""

    key_salt = "pipelines_portal.external_api.organizations.password_links"

    def __init__(self, maker_id: str) -> None:
        super().__init__()
        self.maker_id = maker_id

    def _make_hash_value(self, user: Any, timestamp: int) -> str:
        organizations = user.memberships.order_by("organization_id").values_list("organization_id", flat=True)
        facts = f"{super()._make_hash_value(user, timestamp)}{list(organizations)}{user.may_add_organizations}"
        return f"{self.maker_id} {facts}"


class LinkTokens:
    """Tokens that name the admin who made the link. They work while this admin may help the person."""

    def make_token(self, person: Person, maker: Person) -> str:
        return f"{maker.pk}.{_TokensOfMaker(str(maker.pk)).make_token(person)}"

    def check_token(self, person: Person, token: str | None) -> bool:
        """Return False also if the maker was removed: otherwise they could come back as the person."""
        maker_id, _, rest = (token or "").partition(".")
        if not _TokensOfMaker(maker_id).check_token(person, rest):
            return False
        maker = Person.objects.filter(pk=int(maker_id), is_active=True).first()
        return maker is not None and people_to_help(maker).filter(pk=person.pk).exists()


tokens = LinkTokens()


def password_link(request: HttpRequest, person: Person, *, by: Person) -> str:
    """Return a new link. Its secret is in the query string, which proxies and request logs leave out."""
    query = {"uid": urlsafe_base64_encode(force_bytes(person.pk)), "token": tokens.make_token(person, by)}
    return request.build_absolute_uri(f"{reverse('organization_keys:choose_password')}?{urlencode(query)}")
