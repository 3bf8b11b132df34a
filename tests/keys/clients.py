"""Users of a saved key: the API client of a request, and the browsers of people with different rights."""

from django.test import Client

from pipelines_portal.accounts.models import Role
from pipelines_portal.api_client import PipelinesClient, RetryPolicy
from pipelines_portal.keys.clients import client_for
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.keys.permissions import usable_key
from tests.factories import browser_of, confirm_in, make_person, make_stranger, make_team, share_key

AT_ONCE = RetryPolicy(longest_wait=0, budget=0)
ROLES = {"viewer": Role.VIEWER, "administrator": Role.ADMINISTRATOR}


def client_of(key: SavedKey) -> PipelinesClient:
    """Return a client of a new request of the owner, which has read the key's row just now."""
    return client_for(usable_key(key.owner, key.pk), AT_ONCE)


def browser_as(who: str, key: SavedKey) -> Client:
    """Return the browser of the key's owner, of someone with whom it is shared, and so on. There is also a stranger.

    All of them have confirmed just now.
    """
    stranger = make_stranger()
    if who == "anonymous":
        return Client()
    if who in ("owner", "stranger"):
        owner_or_stranger = key.owner if who == "owner" else stranger
        return confirm_in(browser_of(owner_or_stranger), owner_or_stranger)
    person = make_person("ben@acme.example", name="Ben Okafor", role=ROLES.get(who, Role.OPERATOR))
    if who in ("shared", "viewer"):
        share_key(key, person)
    if who == "team":
        share_key(key, make_team(person))
    return confirm_in(browser_of(person), person)
