"""Tests a table of cases with one set-up: people, keys and rows take longer to create than most cases take to run."""

import inspect
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from copy import copy, deepcopy
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client

from tests.fake_api import FakeApi

# The values of the fake API that cases change in place.
DEEP = ("tasks", "uploads", "workflows")
# Fixtures that hold a browser or the fake API. Their changes are undone even if the test does not name them.
SHARED = ("api", "client", "page")


def each_case(names: str | Iterable[str], cases: Iterable[Any]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Call a test with each case, as `pytest.mark.parametrize` does, but with the same fixtures. Each is a subtest.

    What a case changes in the database, the fake API, browsers and patches is undone before the next one. Settings
    stay changed: each case sets those that it needs.
    """
    names = [name.strip() for name in names.split(",")] if isinstance(names, str) else list(names)
    cases = list(cases)
    assert cases, "A table without a case tests nothing."

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        parameters = inspect.signature(test).parameters
        fixtures = [parameter for name, parameter in parameters.items() if name not in names]
        requests = inspect.Parameter("request", inspect.Parameter.KEYWORD_ONLY)

        def run(request: pytest.FixtureRequest, **given: Any) -> None:
            if "request" in parameters:
                given["request"] = request
            shared = [request.getfixturevalue(name) for name in SHARED if name in request.fixturenames]
            subtests = request.getfixturevalue("subtests")
            for case in cases:
                values = dict(zip(names, case if len(names) > 1 else [case], strict=True))
                with subtests.test(repr(values)), undone(given, [*shared, *given.values()]) as fresh:
                    test(**given | fresh | values)
                request.getfixturevalue("forget")()

        vars(run).update(vars(test))
        run.__name__, run.__doc__, run.__module__ = test.__name__, test.__doc__, test.__module__
        kept = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in fixtures if each.name != "request"]
        run.__signature__ = inspect.Signature([*kept, requests])  # type: ignore[attr-defined]
        return run

    return decorate


@contextmanager
def undone(given: dict[str, Any], shared: list[Any]) -> Iterator[dict[str, Any]]:
    """Undo the changes of a block. Yield the fixtures that are replaced in it."""
    with ExitStack() as stack, rolled_back():
        for thing in shared:
            for one in (thing, *getattr(thing, "__dict__", {}).values()):
                if isinstance(one, Client):
                    stack.callback(one.cookies.update, copy(one.cookies))
                    stack.callback(one.cookies.clear)
                elif isinstance(one, FakeApi):
                    stack.callback(vars(one).update, _state(one))
        fresh = {}
        if "monkeypatch" in given:
            fresh["monkeypatch"] = stack.enter_context(pytest.MonkeyPatch.context())
        yield fresh
    if hasattr(mail, "outbox"):
        mail.outbox.clear()
    if "caplog" in given:
        given["caplog"].clear()


@contextmanager
def rolled_back() -> Iterator[None]:
    """Undo what the block writes. Outside a transaction, do nothing: a new one would block other programs."""
    if not connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _state(api: FakeApi) -> dict[str, Any]:
    return {name: deepcopy(value) if name in DEEP else copy(value) for name, value in vars(api).items()}
