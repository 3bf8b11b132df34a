"""Hostile archives, and archives with a bad file: what becomes of their uploads."""

import io
from pathlib import Path

import pytest
from django.conf import settings

from pipelines_portal.external_api.models import Task
from pipelines_portal.external_api.uploads.archives import ArchiveError, open_archive
from pipelines_portal.external_api.uploads.zip_rows import NoRowsError, rows_of_files
from tests import archives, hostile_archives
from tests.each_case import each_case
from tests.external_api.factories import FILE_FIELD, Tenant
from tests.external_api.uploads import BACK_FIELD, FRONT_FIELD, Stack

pytestmark = pytest.mark.usefixtures("worker")
DAMAGED = "The file is not a ZIP archive, or it is damaged."
OVERLAP = "Files in the archive overlap, or lie outside of it"
REASONS = {
    "parent_folder": "The archive holds an unsafe path: ../../escaped.png.",
    "parent_folder_inside": "The archive holds an unsafe path: a/../../escaped.png.",
    "absolute_path": "The archive holds an unsafe path: /tmp/escaped.png.",
    "windows_drive": "The archive holds an unsafe path: C:/escaped.png.",
    "backslashes": "The archive holds an unsafe path: ../../escaped.png.",
    "backslashes_beside_slashes": "The archive holds an unsafe path: b\\dog.png.",
    "too_deep_in_backslashes": "A name in the archive is more than 50 levels deep: " + "d\\" * 30 + "….",
    "part_of_a_split_archive": f"{OVERLAP}: cat.png.",
    "nul_in_a_name": "The archive holds an unsafe path: cat?.png.",
    "symlink": "The archive holds a symbolic link: link.png.",
    "device": "The archive holds something that is not a file: null.png.",
    "encrypted": "The archive is encrypted: cat.png.",
    "unknown_compression": "The archive uses a compression other than Deflate: cat.png.",
    "lzma_compression": "The archive uses a compression other than Deflate: cat.png.",
    "bomb_by_ratio": "The files in the archive unpack to more than 200 times their size, above all zeros.bin.",
    "bomb_by_count": "The archive has more than 50,000 entries.",
    "bomb_by_size": "The archive would unpack to more than 20 GiB.",
    "overlapping_entries": f"{OVERLAP}: 1.bin.",
    "duplicate_names": "The archive holds two files named cat.png.",
    "duplicate_names_by_normalization": "The archive holds two files named th\u00e9.png.",
    "name_that_is_file_and_folder": "The archive has a file inside of a file: cat/dog.png.",
    "file_inside_a_file_far_apart": "The archive has a file inside of a file: cat/more/dog.png.",
    "bomb_by_sum": "The files in the archive unpack to more than 200 times their size, above all 0.bin.",
    "names_of_64_kilobytes": f"A name in the archive is longer than 1,024 bytes: 000/{'d/' * 28}….",
    "long_name": f"A name in the archive is longer than 1,024 bytes: {'x' * 60}….",
    "long_name_in_utf8": f"A name in the archive is longer than 1,024 bytes: {'茶' * 60}….",
    "hundred_levels": f"A name in the archive is more than 50 levels deep: {'d/' * 30}….",
    "fifty_one_levels": f"A name in the archive is more than 50 levels deep: {'d/' * 30}….",
    "letter_of_endless_marks": (
        "A letter of a name in the archive carries more than 30 marks: a" + "\u0301\u0323" * 29 + "\u0301…."
    ),
    "not_a_zip": DAMAGED,
    "empty_file": DAMAGED,
    "truncated": DAMAGED,
    "broken_directory": DAMAGED,
    "directory_out_of_range": f"{OVERLAP}: bird.png.",
    "name_that_is_not_utf8": DAMAGED,
    "zip64_with_absurd_offsets": DAMAGED,
    "huge_directory": "The archive's directory is too large.",
}


DAMAGED_DOG = "File in ZIP is damaged: dog.png (its checksum does not match)"


# These take seconds. The tests with a real worker have them too.
SLOW_TO_BUILD = {"bomb_by_count", "bomb_by_sum"}


@pytest.mark.parametrize("name", sorted(hostile_archives.HOSTILE.keys() - SLOW_TO_BUILD))
def test_a_hostile_archive_is_refused(name: str) -> None:
    """S165: with a reason, before anything is unpacked."""
    with (
        pytest.raises((ArchiveError, NoRowsError)) as refused,
        open_archive(io.BytesIO(hostile_archives.HOSTILE[name]())) as archive,
    ):
        rows_of_files(archive.files, archive.folders, ["photo"])
    assert str(refused.value) == REASONS[name]


@each_case("name", ["parent_folder", "empty_file"])
def test_the_upload_of_a_hostile_archive_fails(stack: Stack, tenant: Tenant, name: str) -> None:
    """S165: the upload fails with a reason. There is no task, and no file outside the storage."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    state = stack.process(tenant, workflow, hostile_archives.HOSTILE[name]())
    assert (state["status"], state["error_message"]) == ("failed", REASONS[name])
    counts = [state[name] for name in ("success_count", "error_count", "errors", "task_ids")]
    assert counts == [0, 0, [], []]
    assert not Task.objects.filter(workflow=workflow).exists()
    assert not list(Path(settings.DATA_DIR).rglob("*escaped*")) and not Path("/tmp/escaped.png").exists()


def test_a_damaged_file_affects_its_row_only(stack: Stack, tenant: Tenant) -> None:
    """S133, S151, S167: the other file makes a task, which names its stored file. Nothing else is stored."""
    workflow = tenant.workflow(fields=[FILE_FIELD])
    state = stack.process(tenant, workflow, archives.one_file_damaged())
    assert (state["status"], state["success_count"], state["error_count"]) == ("completed", 1, 1)
    assert state["errors"] == [{"index": 1, "field_name": "photo", "message": DAMAGED_DOG}]
    value = Task.objects.get(pk=state["task_ids"][0]).fields["photo"]
    assert value == {"path": "cat.png", "object": f"files/{state['upload_id']}/0"}
    assert stack.objects(state) == {value["object"]: b"cat" * 50}


def test_unknown_and_missing_files_are_row_errors(stack: Stack, tenant: Tenant) -> None:
    """S150, S153, S167: an error has the index of its row among the sorted entries."""
    workflow = tenant.workflow(fields=[FRONT_FIELD, BACK_FIELD])
    state = stack.process(tenant, workflow, archives.folder_with_an_unknown_file())
    assert (state["success_count"], state["error_count"]) == (1, 1)
    assert state["errors"] == [{"index": 0, "field_name": "front", "message": "Unknown file: a/notes.txt"}]
    state = stack.process(tenant, workflow, archives.folder_with_a_file_missing())
    assert state["errors"] == [{"index": 0, "field_name": "back", "message": "Missing required columns: back"}]
