"""What holds for every test: it reaches this machine only, and its templates know their names."""

import socket

import pytest
from django.template import engines

from tests.loopback import NoNetwork
from tests.template_names import UnknownNames


@pytest.mark.parametrize("host", ["192.0.2.1", "portal.example", "2001:db8::1"])
def test_other_machines_cannot_be_reached(host: str) -> None:
    with pytest.raises(NoNetwork):
        socket.create_connection((host, 80), timeout=0.01)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()


@pytest.mark.parametrize("source", ["{{ nothing }}", "{{ known.nothing }}", "{{ nothing|default:1 }}"])
def test_a_name_that_a_template_does_not_know_is_noticed(source: str, templates_know_their_names: UnknownNames) -> None:
    engines["django"].from_string(source).render({"known": {}})
    assert len(templates_know_their_names.found) == 1
    templates_know_their_names.found.clear()


def test_a_condition_may_ask_for_what_is_missing() -> None:
    assert (
        engines["django"].from_string("{% if nothing %}a{% endif %}{% for a in nothing %}a{% endfor %}").render() == ""
    )
