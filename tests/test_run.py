"""What `bin/run` does with the demo, without starting the programs."""

import runpy
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.external_api.server import PROJECT


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, Any]:
    """Return the names of bin/run."""
    for name, value in {"DATA_DIR": tmp_path, "LOG_DIR": tmp_path, "PORT": 8000, "API_PORT": 8001}.items():
        monkeypatch.setenv(name, str(value))
    names: dict[str, Any] = runpy.run_path(str(PROJECT / "bin/run"))["main"].__globals__
    return names


def test_every_start_without_the_demo_looks_for_demo_accounts(
    run: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only `prepare` says that there are any. Where the demo is on, it is skipped if nothing has changed."""
    prepared: list[list[str]] = []

    def start(command: list[str]) -> Ended:
        prepared.append(command)
        return Ended()

    run.update(is_prepared=lambda *arguments: True, mark_prepared=lambda *arguments: None, stop=lambda processes: None)
    monkeypatch.setattr(subprocess, "Popen", start)
    for name in run["DATABASES"]:
        monkeypatch.delenv(name, raising=False)
    run["prepare"](with_api=True, may_skip=True)
    assert prepared == []
    run["prepare"](with_api=True, may_skip=False)
    assert [command[1:3] for command in prepared] == [["manage.py", "prepare"]] * 2


class Ended:
    """A process that ended well."""

    def wait(self) -> int:
        return 0
