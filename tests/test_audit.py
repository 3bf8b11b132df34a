"""bin/audit fails on known vulnerabilities, and on nothing else that comes from outside."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.external_api.server import PROJECT

PROBE = {
    "name": "httplib2",
    "version": "0.9",
    "vulns": [{"id": "PYSEC-1", "fix_versions": ["1.0"], "description": "A"}],
}
GOOD = {"name": "django", "version": "5.2.19", "vulns": []}
FOUND = {"id": "PYSEC-2", "fix_versions": ["5.2.20"], "description": "Lets others in."}
BAD = GOOD | {"vulns": [FOUND]}
# In the place of pip-audit. `unread` is what it says of files that it cannot read, `said` its result.
FAKE = """#!{python}
import sys
if "--dry-run" in sys.argv:
    sys.exit({unread!r})
print({said!r})
sys.exit({code})
"""
NOTHING = "Nothing was checked: no list of known vulnerabilities is within reach.\n"


def audit(folder: Path, *packages: Any, said: str = "", unread: str = "") -> tuple[int, str]:
    """Return how bin/audit ends and what it prints, if pip-audit reports these packages."""
    said = said or json.dumps({"dependencies": packages, "fixes": []})
    fake = folder / "pip-audit"
    fake.write_text(FAKE.format(python=sys.executable, unread=unread or None, said=said, code=int(bool(packages))))
    fake.chmod(0o700)
    done = subprocess.run(
        [sys.executable, "bin/audit"], cwd=PROJECT, env=os.environ | {"PIP_AUDIT": str(fake)}, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_a_known_vulnerability_fails_and_is_printed(tmp_path: Path) -> None:
    line = "django 5.2.19: PYSEC-2, mended in 5.2.20. Lets others in.\n"
    assert audit(tmp_path, PROBE, BAD) == (1, line)
    unmended = GOOD | {"vulns": [FOUND | {"fix_versions": []}]}
    assert audit(tmp_path, PROBE, unmended) == (1, line.replace("mended in 5.2.20", "not mended yet"))


def test_packages_without_one_pass(tmp_path: Path) -> None:
    assert audit(tmp_path, PROBE, GOOD) == (0, "Packages without known vulnerabilities: 1.\n")
    code, words = audit(tmp_path, PROBE, GOOD, {"name": "own", "skip_reason": "not found"})
    assert (code, words.splitlines()[-1]) == (0, "Packages without known vulnerabilities: 1.")
    assert "Not in the list of known vulnerabilities: own." in words


@pytest.mark.parametrize("said", ["Traceback: Name or service not known", "[]", "{}"])
def test_a_service_that_does_not_answer_fails_nothing(tmp_path: Path, said: str) -> None:
    assert audit(tmp_path, PROBE, said=said) == (0, NOTHING)


@pytest.mark.parametrize("probe", [{"name": "httplib2", "skip_reason": "not found"}, PROBE | {"vulns": []}])
def test_a_mirror_that_knows_no_vulnerabilities_is_not_believed(tmp_path: Path, probe: dict[str, Any]) -> None:
    assert audit(tmp_path, probe, GOOD) == (0, NOTHING)


def test_a_file_that_cannot_be_read_fails(tmp_path: Path) -> None:
    code, words = audit(tmp_path, PROBE, unread="requirement django does not contain a hash")
    assert (code, words) == (1, "requirements.txt cannot be audited: requirement django does not contain a hash\n")
