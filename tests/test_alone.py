"""What holds for every test: it reaches this machine only, and its templates know their names."""

import socket
from typing import Any

import pytest
from django.template import engines

from tests.loopback import NoNetwork
from tests.template_names import UNKNOWN_NAMES


@pytest.mark.parametrize("host", ["192.0.2.1", "portal.example", "2001:db8::1"])
def test_other_machines_cannot_be_reached(host: str) -> None:
    with pytest.raises(NoNetwork):
        socket.create_connection((host, 80), timeout=0.01)


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(("localhost", server.getsockname()[1])).close()


@pytest.mark.parametrize("source", ["{{ nothing }}", "{{ known.nothing }}", "{{ nothing|default:1 }}"])
def test_a_name_that_a_template_does_not_know_is_noticed(source: str) -> None:
    values: dict[str, Any] = {"known": {}}
    assert engines["django"].from_string(source).render(values) == ""
    assert len(UNKNOWN_NAMES.found) == 1
    UNKNOWN_NAMES.found.clear()
