"""Portal and API read an archive by rules of their own: the same archives go through both, and must come out alike.

The portal's side is what step 1 of the wizard shows; the API's is a real upload, processed by its worker.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests

from pipelines_portal.api_client import PipelinesClient, Schema, Transport, UploadStatus
from pipelines_portal.uploads.archive.directory import TailTooShort
from pipelines_portal.uploads.archive.preview import PreviewRow
from pipelines_portal.uploads.choices import CheckedArchive, check_archive
from pipelines_portal.uploads.forms import ChosenFile
from pipelines_portal.uploads.given_rows import Corrections, rows_of_values
from tests import databases, samples
from tests.archives import ORDINARY, files
from tests.hostile_archives import HOSTILE
from tests.live import ExternalApi, api_worker, external_api

SINGLE, SEVERAL, MIXED = 101, 102, 103
FIRST_TAIL = 1024
# Its list of files is in order: only unpacking finds out.
FOUND_WHEN_UNPACKED = {"one_file_damaged": 1}
# Some ordinary and some hostile archives for the short run.
SHORT = (
    "flat_files", "folder_with_an_unknown_file", "names_in_cp437", "one_file_damaged",
    "parent_folder", "encrypted", "bomb_by_ratio", "truncated",
)  # fmt: skip
ARCHIVES = ORDINARY | HOSTILE
CASES = [name if name in SHORT else pytest.param(name, marks=pytest.mark.full) for name in ARCHIVES]


@dataclass
class Both:
    """The API running, and a client to it."""

    api: ExternalApi
    client: PipelinesClient

    def schema(self, workflow_id: int) -> Schema:
        return self.client.schema(workflow_id)

    def upload(self, workflow_id: int, archive: bytes, rows: list[dict[str, Any]] | None = None) -> UploadStatus:
        """All three steps, and the wait for the end."""
        started = self.client.start_upload(workflow_id, file_size_bytes=max(len(archive), 1), rows=rows)
        put = requests.put(started.upload_url, data=archive, headers={"Content-Type": "application/zip"}, timeout=60)
        assert put.status_code == 200, put.text
        self.client.confirm_upload(workflow_id, started.upload_id)
        deadline = time.monotonic() + 120
        while not (status := self.client.upload_status(workflow_id, started.upload_id)).is_over:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        return status

    def stored_paths(self, task_ids: list[int]) -> list[dict[str, str]]:
        """Which file went to which field: the API tells nobody, so its database is asked."""
        named = ", ".join(["NULL", *map(str, task_ids)])
        question = f"SELECT id, CAST(fields AS text) FROM external_api_task WHERE id IN ({named})"
        found = dict(databases.ask(self.api.env["EXTERNAL_API_DATABASE_URL"], question))
        stored = [json.loads(found[task_id]) for task_id in task_ids]
        return [{name: value["path"] for name, value in fields.items()} for fields in stored]


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    def file(name: str) -> dict[str, Any]:
        return samples.field(name, "file_upload", required=True)

    caption = samples.field("caption", required=True)
    with external_api(tmp_path_factory.mktemp("api")) as api:
        api.load(
            samples.organization(
                "Acme",
                samples.workflow(SINGLE, fields=[file("photo")]),
                samples.workflow(SEVERAL, fields=[file("front"), file("back")]),
                samples.workflow(MIXED, fields=[file("photo"), caption, samples.field("stars", "rating", max=5)]),
            )
        )
        client = PipelinesClient(Transport(api.url, 60), api.new_key("Acme"))
        with api_worker(api):
            yield Both(api, client)


def preview(archive: bytes, schema: Schema, rows: list[dict[str, Any]] | None = None) -> CheckedArchive:
    """As the browser does it: the end first, more of it when that is asked for."""
    tail = FIRST_TAIL
    while True:
        given = None if rows is None else rows_of_values(rows, schema, Corrections(""))
        try:
            return check_archive(ChosenFile("a.zip", len(archive), "", archive[-tail:]), schema, given)
        except TailTooShort as more:
            assert more.needed > tail
            tail = more.needed


@pytest.mark.parametrize("workflow_id", [SINGLE, SEVERAL])
@pytest.mark.parametrize("case", CASES)
def test_preview_says_what_the_api_does(both: Both, case: str, workflow_id: int) -> None:
    """S149, S150, S151, S152, S153: the same tasks, made of the same files, with the same ones rejected."""
    archive = ARCHIVES[case]()
    foretold, happened = preview(archive, both.schema(workflow_id)), both.upload(workflow_id, archive)
    if happened.status == "failed":
        assert (foretold.preview.task_count, foretold.rows) == (0, []), happened.error_message
        assert [problem.level for problem in foretold.preview.problems] == ["error"]
        return
    damaged = FOUND_WHEN_UNPACKED.get(case, 0) if foretold.preview.good_count else 0
    assert foretold.preview.good_count - damaged == happened.success_count
    assert foretold.preview.rejected_count + damaged == happened.error_count
    rejected = {error.index for error in happened.errors or []}
    made_of = [row for index, row in enumerate(foretold.rows) if index not in rejected]
    assert both.stored_paths(happened.task_ids or []) == made_of


ROWS = [
    ({"photo": "images/cat.png", "caption": "A cat"}, True),
    ({"photo": "./images//cat.png", "caption": "The same cat"}, True),
    ({"photo": "the\u0301.png", "caption": "Decomposed"}, True),
    ({"photo": "images/cat.png", "caption": "Four stars", "stars": 4}, True),
    ({"photo": "images/dog.png", "caption": "Not in the archive"}, False),
    ({"photo": "IMAGES/cat.png", "caption": "Other case"}, False),
    ({"photo": ".DS_Store", "caption": "Passed over"}, False),
    ({"photo": "images", "caption": "A folder"}, False),
    ({"photo": "images/cat.png"}, False),
    ({"photo": "images/cat.png", "caption": "  "}, False),
    ({"caption": "No photo"}, False),
    ({"photo": "images/cat.png", "caption": "x", "colour": "grey"}, False),
    ({"photo": "images/cat.png", "caption": "x", "stars": "four"}, False),
    ({"photo": "images/cat.png", "caption": "x", "stars": 2.5}, False),
    ({"photo": 7, "caption": "x"}, False),
]


def test_rows_that_go_along_are_judged_alike(both: Both) -> None:
    """S131, S154, S180: given rows are checked against fields and archive as the API does."""
    archive = files("images/cat.png", "th\u00e9.png", ".DS_Store")
    rows = [row for row, _ in ROWS]
    foretold, happened = preview(archive, both.schema(MIXED), rows), both.upload(MIXED, archive, rows)
    good = [index for index, (_, is_good) in enumerate(ROWS) if is_good]
    assert {error.index for error in happened.errors or []} == set(range(len(ROWS))) - set(good)
    assert (foretold.preview.good_count, happened.success_count) == (len(good), len(good))
    assert places(foretold.preview.rows) == set(good)
    assert places(foretold.preview.rejected_rows) == set(range(len(ROWS))) - set(good)


def places(rows: list[PreviewRow]) -> set[int]:
    """The rows' indexes, from names such as "Row 3: A cat"."""
    return {int(row.entry.partition(":")[0].removeprefix("Row ")) - 1 for row in rows}
