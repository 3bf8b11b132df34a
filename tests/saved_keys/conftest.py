from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pipelines_portal.api_client import PipelinesClient, RetryPolicy
from tests.faulty_api import FaultyApi, answer, faulty_api

AT_ONCE = RetryPolicy(longest_wait=0, budget=0)
EMPTY = answer(200, {"tasks": [], "next_cursor": None, "has_more": False})


@pytest.fixture
def told(settings: Any) -> Iterator[FaultyApi]:
    """What answers in the API's place: as its `script` and `routes` say."""
    with faulty_api(EMPTY) as running:
        settings.PIPELINES_API_URL = running.url
        yield running


@pytest.fixture
def client_of(saved_key: Any, person: Any, told: FaultyApi) -> Callable[..., PipelinesClient]:
    """A client as a new request makes it: by what stands in the key's row."""
    from pipelines_portal.saved_keys.access import client_for, usable_key

    return lambda: client_for(usable_key(person, saved_key.pk), AT_ONCE)


@pytest.fixture
def as_who(client: Any, person: Any, stranger: Any, colleague: Any, saved_key: Any, static_root: None) -> Callable:
    """`as_who("shared")`: a client signed in as someone who stands so to `saved_key`, which `person` owns."""
    from pipelines_portal.accounts.models import Role, User
    from pipelines_portal.saved_keys.models import KeyShare
    from pipelines_portal.teams.models import Team

    def sign_in(who: str) -> Any:
        people = {"owner": person, "stranger": stranger}
        user = people.get(who, colleague)
        if who in ("shared", "viewer"):
            KeyShare.objects.create(key=saved_key, user=user)
        if who == "team":
            team = Team.objects.create(name="Intake")
            team.memberships.create(user=user)
            KeyShare.objects.create(key=saved_key, team=team)
        role = {"viewer": Role.VIEWER, "administrator": Role.ADMINISTRATOR}.get(who, Role.OPERATOR)
        User.objects.filter(pk=user.pk).update(role=role)
        user.refresh_from_db()
        if who == "anonymous":
            client.logout()
        else:
            client.force_login(user)
        return client

    return sign_in
