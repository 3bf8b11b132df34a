"""One set of machines for all tests here. Without what bin/test-services installs these are not collected."""

import os
from collections.abc import Iterator

import pytest

from tests.services.deploy import services
from tests.services.deploy.machines import Machines
from tests.services.deploy.machines import machines as all_machines

LEFT_OUT = [] if os.environ.get("TEST_SERVICES_REQUIRED") else services.missing()
collect_ignore_glob = ["test_*.py"] if LEFT_OUT else []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if LEFT_OUT:
        names = ", ".join(LEFT_OUT)
        terminalreporter.write_line(f"Left out: the tests on many machines ({names}). bin/test-services installs them.")


@pytest.fixture(scope="session")
def machines() -> Iterator[Machines]:
    with all_machines() as running:
        yield running
