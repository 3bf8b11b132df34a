"""The units of deploy/systemd, as systemd itself reads them."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.deploy.names import known
from tests.external_api.server import PROJECT

UNITS = PROJECT / "deploy" / "systemd"
SERVICES = sorted(file.name for file in UNITS.glob("*.service"))
# systemd's figure is 10 for what may do anything, 9.6 for a service that says nothing.
MOST_EXPOSED = 2.5


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """As they are, but for the folder that the programs are in."""
    units = Path(shutil.copytree(UNITS, tmp_path / "units"))
    for file in units.glob("*.service"):
        file.write_text(file.read_text().replace("/opt/pipelines-portal", str(PROJECT)))
    return units


def analyze(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def complaints(folder: Path) -> str:
    """It ends well whatever it found, and says it here."""
    units = [f"./{file.name}" for file in sorted(folder.glob("*.*")) if file.suffix in (".service", ".target")]
    return analyze(folder, "verify", *units).stderr


def test_systemd_has_nothing_to_say_about_them(installed: Path) -> None:
    assert complaints(installed) == ""


@pytest.mark.parametrize(
    ("right", "wrong"), [("Restart=always", "Restart=often"), ("[Install]", "Restarts=always\n[Install]")]
)
def test_and_would_say_so(installed: Path, right: str, wrong: str) -> None:
    file = installed / "pipelines-portal-worker.service"
    file.write_text(file.read_text().replace(right, wrong))
    assert wrong.partition("=")[0] in complaints(installed)


def test_what_they_start_must_be_there(installed: Path) -> None:
    file = installed / "pipelines-portal-worker.service"
    file.write_text(file.read_text().replace(str(PROJECT), "/nowhere"))
    assert "/nowhere/deploy/start is not executable" in complaints(installed)


@pytest.mark.parametrize("service", SERVICES)
def test_each_may_do_little(installed: Path, service: str) -> None:
    """By the settings that all have from pipelines-.service.d."""
    told = analyze(installed, "security", "--offline=true", "--no-pager", f"./{service}").stdout
    exposure = re.search(r"Overall exposure level for \S+: ([\d.]+)", told)
    assert exposure and float(exposure[1]) <= MOST_EXPOSED, told


def test_every_variable_in_them_is_one_that_exists() -> None:
    texts = [(UNITS / name).read_text() for name in SERVICES] + [(UNITS / "env").read_text()]
    given = [name for text in texts for name in re.findall(r"(?:^|env )([A-Z][A-Z_]+)=", text, re.MULTILINE)]
    assert {"PORT", "API_PORT", "SECRET_KEY", "DATA_DIR"} <= {*given} <= known()


def test_all_four_programs_have_one_and_wait_for_what_prepares_them() -> None:
    programs = [name for name in SERVICES if name != "pipelines-prepare.service"]
    assert len(programs) == 4
    for name in programs:
        text = (UNITS / name).read_text()
        assert "Requires=pipelines-prepare.service" in text and "After=network-online.target pipelines-prepare" in text
