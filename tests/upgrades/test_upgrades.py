"""What each release saved is restored, migrated by this program, and opened: everything is readable."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.live import api_worker, wait_until
from tests.shared.backup.places import databases, run, stored
from tests.shared.backup.test_whole import INSIDE, TASKS, WHO, programs, stands

RELEASES = sorted(Path(__file__).parent.glob("*.tar.gz"))


@pytest.fixture(params=RELEASES, ids=lambda file: file.name.removesuffix(".tar.gz"))
def release(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """Restored into an empty place, with its secrets."""
    file: Path = request.param
    known = json.loads(file.with_name(file.name.replace(".tar.gz", ".json")).read_text())
    for name, secret in known["secrets"].items():
        (tmp_path / name).write_text(secret)
    done = run(tmp_path, "restore", str(file))
    assert done.returncode == 0, done.stderr
    return tmp_path, known


def test_there_is_the_data_of_a_release() -> None:
    assert [file.name for file in RELEASES][:1] == ["0.1.0.tar.gz"]


def test_what_a_release_saved_is_readable(release: tuple[Path, dict[str, Any]]) -> None:
    folder, known = release
    files = stored(folder)
    with programs(folder, **databases(folder)) as (api, running):
        assert running.run("ledger", of=INSIDE) == known["ledger"]
        assert api.run("task_ids", workflow_id=42) == known["tasks"]
        session = running.sign_in(**WHO)
        for page in ("/", TASKS, "/submissions/", "/account/"):
            answer = session.get(f"{running.url}{page}", timeout=60)
            assert answer.status_code == 200, page
        assert str(known["tasks"][-1]) in session.get(f"{running.url}{TASKS}", timeout=60).text, "by the saved key"
        assert stored(folder) == files and files
        with api_worker(api):
            ended = ("completed", "failed")
            wait_until(lambda: stands(api, known["key"], known["waiting"])["status"] in ended, "the archive's end")
        assert stands(api, known["key"], known["waiting"])["success_count"] == 3
