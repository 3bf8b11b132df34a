"""The memory of a real worker that processes hostile and large archives, on both storages."""

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests import archives, hostile_archives
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.test_archive_hostile import REASONS
from tests.services.external_api.workers import ServedStack, Worker

pytestmark = pytest.mark.full
MIB = 1024 * 1024


@pytest.fixture
def workflow(tenant: Tenant) -> Any:
    return tenant.workflow(fields=[FILE_FIELD])


@pytest.mark.parametrize("name", hostile_archives.HOSTILE)
def test_a_hostile_archive_needs_little_memory(
    stack: ServedStack, worker: Worker, tenant: Tenant, workflow: Any, name: str
) -> None:
    """S165: it is refused before it is unpacked."""
    state = stack.process(tenant, workflow, hostile_archives.HOSTILE[name]())
    assert (state["status"], state["error_message"]) == ("failed", REASONS[name])
    assert worker.peak_memory() < 200 * MIB


def test_a_large_archive_needs_little_memory(
    stack: ServedStack, worker: Worker, tenant: Tenant, workflow: Any, tmp_path: Path
) -> None:
    """S156, S165: 300 MB of files that cannot be compressed."""
    with big_archive(tmp_path).open("rb") as body:
        state = stack.process(tenant, workflow, body)
    assert (state["status"], state["success_count"]) == ("completed", 3)
    assert worker.peak_memory() < 200 * MIB


def big_archive(folder: Path) -> Path:
    path = folder / "big.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as target:
        for number in range(3):
            with target.open(f"{number}.bin", "w", force_zip64=True) as entry:
                for _ in range(100):
                    entry.write(os.urandom(MIB))
    return path


def test_only_the_files_of_tasks_stay_stored(stack: ServedStack, worker: Worker, tenant: Tenant, workflow: Any) -> None:
    """S151: the archive and the rejected file are deleted."""
    state = stack.process(tenant, workflow, archives.one_file_damaged())
    assert stack.objects_in_the_end(state) == {f"files/{state['upload_id']}/0": b"cat" * 50}
