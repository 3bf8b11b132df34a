"""What came of an upload, tied to the archive's entries: bounded on the page, whole in the CSV."""

import csv
import io
import re
from typing import Any

from django.urls import reverse

from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.polling import poll_now
from tests.factories import UPLOAD_ID, Desk
from tests.fake_api import FakeApi

from .conftest import status


def rejected_upload(desk: Desk, api: FakeApi, entries: list[str], **result: Any) -> ZipUpload:
    """All of `entries` rejected."""
    submission = desk.draft(*({"scan": entry} for entry in entries), kind=Submission.Kind.ZIP)
    submission.claim(0, until=None)
    errors = [{"index": index, "field_name": "scan", "message": "Not a PDF"} for index in range(len(entries))]
    outcome = {"success_count": 0, "error_count": len(entries), "errors": errors, "task_ids": []} | result
    api.routes["GET"] = status("completed", **outcome)
    upload = ZipUpload.objects.create(
        submission=submission,
        stage=Stage.PROCESSING,
        remote_upload_id=UPLOAD_ID,
        file_name="scans.zip",
        size_bytes=5,
        task_count=len(entries),
        entries=entries,
    )
    poll_now(upload)
    return upload


def get(desk: Desk, name: str, upload: ZipUpload) -> str:
    where = [desk.key.pk, upload.submission.workflow_id, upload.pk, *(["csv"] if name == "errors" else [])]
    answer = desk.browser.get(reverse(f"uploads:{name}", args=where))
    return (answer.getvalue() if answer.streaming else answer.content).decode()


def test_csv_names_every_entry_and_none_runs_as_a_formula(desk: Desk, scripted_api: FakeApi) -> None:
    """S128, S129."""
    upload = rejected_upload(desk, scripted_api, ["=1+1.png", "Grüße.png"])
    text = get(desk, "errors", upload)
    assert text.startswith("\ufeff")
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))
    assert rows == [
        ["Row", "File", "Field", "Problem"],
        ["1", "'=1+1.png", "scan", "Not a PDF"],
        ["2", "Grüße.png", "scan", "Not a PDF"],
    ]


def test_a_file_that_no_field_takes_is_said_as_the_preview_said_it(desk: Desk, scripted_api: FakeApi) -> None:
    """The API names the first field, which is not what is wrong."""
    errors = [{"index": 0, "field_name": "scan", "message": "Unknown file: sub/a.png"}]
    upload = rejected_upload(desk, scripted_api, ["sub/"], errors=errors)
    ZipUpload.objects.filter(pk=upload.pk).update(preview={"has_one_file_field": True, "labels": {"scan": "Scan"}})
    page = get(desk, "result", upload)
    assert "sub/a.png is in a subfolder" in page and "<bdi></bdi>" in page
    assert "To retry, correct the rejected files and upload only those" in page
    assert get(desk, "errors", upload).splitlines()[1] == '1,"sub/","","sub/a.png is in a subfolder"'
    assert "sub/a.png is in a subfolder" in desk.browser.get(f"/submissions/{upload.submission_id}/").content.decode()


def test_page_shows_a_hundred_and_the_csv_all(desk: Desk, scripted_api: FakeApi) -> None:
    upload = rejected_upload(desk, scripted_api, [f"file-{number:04}.png" for number in range(250)])
    page = get(desk, "result", upload)
    assert "No tasks created: 250 rejected" in page
    assert "file-0099.png" in page
    assert "file-0100.png" not in page
    assert "150 more in the file with all errors" in page
    assert get(desk, "errors", upload).count("\r\n") == 251


def test_names_are_escaped(desk: Desk, scripted_api: FakeApi) -> None:
    upload = rejected_upload(desk, scripted_api, ["<img src=x onerror=alert(1)>.png"])
    page = get(desk, "result", upload)
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_difference_from_what_was_foretold_is_said(desk: Desk, scripted_api: FakeApi) -> None:
    upload = rejected_upload(desk, scripted_api, ["a.png", "b.png"], success_count=1, task_ids=[7])
    words = " ".join(get(desk, "result", upload).split())
    assert "Pipelines found 3 items; we expected 2." in words


def test_each_created_task_is_tied_to_what_it_was_made_of(desk: Desk, scripted_api: FakeApi) -> None:
    """Those between which one was rejected, too."""
    errors = [{"index": 1, "field_name": "scan", "message": "Missing required columns: scan"}]
    given = {"success_count": 2, "error_count": 1, "errors": errors, "task_ids": [71, 72]}
    upload = rejected_upload(desk, scripted_api, ["a.png", "b.png", "c.png"], **given)
    page = get(desk, "result", upload)
    table = page[page.index("Tasks created") :]
    assert re.findall(r">(\d+)</a>|<bdi>(.+?)</bdi>", table) == [("71", ""), ("", "a.png"), ("72", ""), ("", "c.png")]


def test_reasons_are_in_the_words_of_step_1_wherever_they_are_told(desk: Desk, scripted_api: FakeApi) -> None:
    errors = [{"index": 0, "field_name": "scan", "message": "Missing required columns: scan"}]
    upload = rejected_upload(desk, scripted_api, ["a.png"], errors=errors)
    ZipUpload.objects.filter(pk=upload.pk).update(preview={"labels": {"scan": "Scan of it"}})
    submission = desk.browser.get(f"/submissions/{upload.submission_id}/").content.decode()
    for page in (get(desk, "result", upload), submission):
        assert "Scan of it is missing" in page and "Missing required" not in page


def test_submissions_name_the_archive(desk: Desk, scripted_api: FakeApi) -> None:
    upload = rejected_upload(desk, scripted_api, ["a.png"])
    for address in ("/submissions/", f"/submissions/{upload.submission_id}/"):
        assert "<bdi>scans.zip</bdi>" in desk.browser.get(address).content.decode()
