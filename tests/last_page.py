"""A test that fails says what the last page of Django's test client told the person: notes, messages and errors."""

from typing import Any

import pytest
from django.test import Client

from tests.htmx_page import Node, parsed

TELLING = {"note", "err", "error", "toast"}
_last: list[Any] = []


@pytest.fixture(scope="session", autouse=True)
def pages_are_remembered() -> Any:
    plain = Client.request

    def request(client: Client, **given: Any) -> Any:
        _last[:] = []
        _last.append(response := plain(client, **given))
        return response

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Client, "request", request)
        yield


def pytest_runtest_setup() -> None:
    _last.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Any:
    report = yield
    if report.failed and _last:
        report.sections.append(("Last page", told_by(_last[0])))
    return report


def told_by(response: Any) -> str:
    where = f"{response.status_code} {response.get('Location', '')} of {response.wsgi_request.get_full_path()}"
    if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
        return where
    told = [node.text for node in parsed(response.content.decode()).walk() if is_telling(node)]
    return "\n".join([where, *dict.fromkeys(told)])


def is_telling(node: Node) -> bool:
    is_shown = not any(each.tag == "template" or "hidden" in each.attributes for each in node.around())
    return is_shown and (bool(TELLING & set(node["class"].split())) or node["role"] == "alert")
