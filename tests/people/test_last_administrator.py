"""Two administrators at the same moment, each against the other: one stays. In threads, each with a connection."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from pipelines_portal.accounts.models import Role, User
from pipelines_portal.people.administration import LastAdministrator, change_role, deactivate
from pipelines_portal.web.exceptions import NotAllowed

ROUNDS = 3


def demote(person: User, by: User) -> None:
    change_role(person, Role.OPERATOR, by=by)


def end(person: User, by: User) -> None:
    deactivate(person, lambda key: None, by=by)


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """Return the result of each act: the name of its exception, or "done"."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> str:
        try:
            barrier.wait(timeout=10)
            call()
        except (LastAdministrator, NotAllowed) as refusal:
            return type(refusal).__name__
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(len(calls)) as pool:
        return sorted(pool.map(run, calls))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("first", "second"), [(demote, demote), (end, end), (demote, end)])
def test_each_against_the_other(first: Any, second: Any) -> None:
    for number in range(ROUNDS):
        User.objects.all().delete()
        one, other = (User.objects.create_superuser(f"{n}-{number}@acme.example") for n in "ab")
        came = at_once(partial(first, other, one), partial(second, one, other))
        assert came == ["NotAllowed", "done"]
        assert User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("act", [demote, end])
def test_each_against_themselves(act: Any) -> None:
    for number in range(ROUNDS):
        User.objects.all().delete()
        one, other = (User.objects.create_superuser(f"{n}-{number}@acme.example") for n in "ab")
        came = at_once(partial(act, one, one), partial(act, other, other))
        assert came == ["LastAdministrator", "done"]
        assert User.objects.filter(role=Role.ADMINISTRATOR, is_active=True).count() == 1
