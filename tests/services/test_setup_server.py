"""What bin/setup-server does in which order, with a systemctl that answers as the real one."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.services.setup_server import Machine, why_not

WHY_NOT = why_not()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=WHY_NOT)

NAMES = ("portal.example.com", "api.example.com")
ALL = {
    "pipelines.target", "pipelines-backup.timer",
    "pipelines-portal@8000.service", "pipelines-portal-worker.service",
    "pipelines-external-api@8001.service", "pipelines-external-api-worker.service",
}  # fmt: skip


@pytest.fixture
def machine() -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="pipelines-setup-"))
    folder.chmod(0o755)
    (folder / "elsewhere").mkdir()
    try:
        yield Machine(folder / "root", folder / "elsewhere")
    finally:
        shutil.rmtree(folder)


def install(machine: Machine, version: str = "0.1.0") -> str:
    """Install it with a database, and return its setup-server."""
    setup = f"{machine.unpack(version)}/bin/setup-server"
    machine.run(setup, *NAMES)
    (machine.root / "var/lib/pipelines-portal/portal.sqlite3").touch()
    return setup


def set_up(machine: Machine, line: str) -> None:
    with (machine.root / "etc/pipelines-portal/env").open("a") as file:
        file.write(f"{line}\n")


def test_the_first_installation_starts_everything(machine: Machine) -> None:
    """Before it, systemd knows none of the units."""
    said = machine.run(f"{machine.unpack('0.1.0')}/bin/setup-server", *NAMES)
    assert "pipelines-portal-0.1.0 is running." in said
    assert machine.active() == ALL


def test_what_failed_the_first_time_can_be_run_again(machine: Machine) -> None:
    setup = f"{machine.unpack('0.1.0')}/bin/setup-server"
    (machine.root / "run/prepare-fails").touch()
    assert "WEB_THREADS must be a whole number." in machine.run(setup, *NAMES, code=1)
    (machine.root / "run/prepare-fails").unlink()
    machine.run(setup)
    assert machine.active() == ALL


def test_a_setting_that_cannot_be_used_stops_nothing(machine: Machine) -> None:
    setup = install(machine)
    set_up(machine, "WEB_THREADS=lots")
    newer = machine.unpack("0.2.0")
    for script in (setup, f"{newer}/bin/setup-server"):
        said = machine.run(script, code=1)
        assert "WEB_THREADS must be a whole number." in said and "Nothing was changed" in said
    assert machine.active() == ALL
    assert (machine.root / "opt/pipelines-portal").readlink().name == "pipelines-portal-0.1.0"
    assert "WEB_THREADS must be a whole number." in machine.run("pipelines", "check_settings", code=2)


def test_a_backup_is_named_by_the_version_of_its_data(machine: Machine) -> None:
    install(machine)
    machine.run(f"{machine.unpack('0.2.0')}/bin/setup-server")
    assert machine.backups() == {"0.1.0-before-0.2.0": 'of "0.1.0"'}


def test_the_same_version_needs_no_backup(machine: Machine) -> None:
    """As after a change of a host name."""
    machine.run(install(machine))
    assert machine.backups() == {}


def test_only_the_last_three_backups_before_an_upgrade_are_kept(machine: Machine) -> None:
    install(machine)
    others = {"portal-2026-11-26-021500.tar", "the-move-before-2026.tar"}
    for name in others:
        (machine.root / "var/lib/pipelines-backups" / name).write_text("")
    for minor in range(2, 7):
        machine.run(f"{machine.unpack(f'0.{minor}.0')}/bin/setup-server")
    kept = {file.name for file in (machine.root / "var/lib/pipelines-backups").iterdir()}
    assert others < kept
    assert {name[:-22] for name in kept - others} == {f"0.{minor}.0-before-0.{minor + 1}.0" for minor in (3, 4, 5)}


def test_an_older_version_does_not_start_on_newer_databases(machine: Machine) -> None:
    setup = install(machine)
    machine.run(f"{machine.unpack('0.10.0')}/bin/setup-server")
    assert "0.10.0 is installed, which is newer. To go back:" in machine.run(setup, code=1)
    assert machine.active() == ALL


def test_going_back_as_the_guide_says_starts_the_old_version_only_at_its_end(machine: Machine) -> None:
    setup = install(machine)
    machine.run(f"{machine.unpack('0.2.0')}/bin/setup-server")
    machine.run("systemctl", "stop", "pipelines.target")
    machine.run("ln", "-sfn", "/opt/pipelines-portal-0.1.0", "/opt/pipelines-portal")
    assert machine.active() == set()
    machine.run(setup)
    assert machine.active() == ALL
    assert machine.backups() == {"0.1.0-before-0.2.0": 'of "0.1.0"'}


def test_nothing_is_loaded_from_the_folder_in_which_it_is_called(machine: Machine) -> None:
    """Any user can leave a module in a folder such as /tmp."""
    for name in ("venv", "ensurepip", "urllib", "compileall"):
        (machine.elsewhere / f"{name}.py").write_text(f"open({str(machine.elsewhere / 'loaded')!r}, 'w')\n")
    install(machine)
    assert not (machine.elsewhere / "loaded").exists()
    assert [call for call in machine.calls() if not call[0].startswith("/opt/") and not call[1].startswith("-I ")] == []
