"""What came of an upload, tied to the archive's entries: bounded on the page, whole in the CSV."""

import csv
import io
import re
from typing import Any

from django.urls import reverse
from django.utils import timezone

from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.models import Stage, ZipUpload
from pipelines_portal.uploads.polling import poll_now
from tests.factories import UPLOAD_ID, Desk, make_index, make_task, open_desk
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


def details(desk: Desk, upload: ZipUpload) -> str:
    return desk.browser.get(f"/submissions/{upload.submission_id}/?details").content.decode()


def get(desk: Desk, name: str, upload: ZipUpload, query: str = "") -> str:
    where = [desk.key.pk, upload.submission.workflow_id, upload.pk, *(["csv"] if name == "errors" else [])]
    answer = desk.browser.get(reverse(f"uploads:{name}", args=where) + query)
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
    assert "sub/a.png is in a subfolder" in page and "<b>" not in page[page.index("<table") :]
    assert "To retry, correct the rejected files and upload only those" in page
    assert get(desk, "errors", upload).splitlines()[1] == '1,"sub/","","sub/a.png is in a subfolder"'
    assert "sub/a.png is in a subfolder" in details(desk, upload)


def test_page_shows_a_hundred_and_the_csv_all(desk: Desk, scripted_api: FakeApi) -> None:
    upload = rejected_upload(desk, scripted_api, [f"file-{number:04}.png" for number in range(250)])
    page = get(desk, "result", upload)
    assert "0 tasks created" in page and "250 rejected" in page
    assert "file-0099.png" in page
    assert "file-0100.png" not in page
    page = get(desk, "result", upload, "?status=rejected&after=200")
    assert re.findall(r"file-(\d+)\.png", page) == [f"{number:04}" for number in range(200, 250)]
    assert get(desk, "errors", upload).count("\r\n") == 251


def test_difference_from_what_was_foretold_is_said(desk: Desk, scripted_api: FakeApi) -> None:
    upload = rejected_upload(desk, scripted_api, ["a.png", "b.png"], success_count=1, task_ids=[7])
    words = " ".join(get(desk, "result", upload).split())
    assert "Pipelines found 3 items; we expected 2." in words


def test_each_created_task_is_tied_to_what_it_was_made_of(desk: Desk, scripted_api: FakeApi) -> None:
    """Those between which one was rejected, too."""
    errors = [{"index": 1, "field_name": "scan", "message": "Missing required columns: scan"}]
    given = {"success_count": 2, "error_count": 1, "errors": errors, "task_ids": [71, 72]}
    upload = rejected_upload(desk, scripted_api, ["a.png", "b.png", "c.png"], **given)
    page = get(desk, "result", upload, "?status=created")
    assert re.findall(r"(7[12])</a>|<bdi>(.+?\.png)</bdi>", page[page.index("<table") :]) == [
        ("71", ""), ("", "a.png"), ("72", ""), ("", "c.png"),
    ]  # fmt: skip


def test_reasons_are_in_the_words_of_step_1_wherever_they_are_told(desk: Desk, scripted_api: FakeApi) -> None:
    errors = [{"index": 0, "field_name": "scan", "message": "Missing required columns: scan"}]
    upload = rejected_upload(desk, scripted_api, ["a.png"], errors=errors)
    ZipUpload.objects.filter(pk=upload.pk).update(preview={"labels": {"scan": "Scan of it"}})
    for page in (get(desk, "result", upload), details(desk, upload)):
        assert "Scan of it is missing" in page and "Missing required" not in page


def test_filters_select_rows_by_outcome_and_by_task(desk: Desk, scripted_api: FakeApi) -> None:
    """The same filters as on the page of an import, with the status of each task."""
    errors = [{"index": 1, "field_name": "scan", "message": "Not a PDF"}]
    given = {"success_count": 2, "error_count": 1, "errors": errors, "task_ids": [71, 72]}
    upload = rejected_upload(desk, scripted_api, ["a.png", "b.png", "c.png"], **given)
    now = timezone.now()
    make_index(desk.workflow, [make_task(71, "finished", now), make_task(72, "failed", now)])
    page = get(desk, "result", upload)
    chips = re.findall(r'id="chip-(\w+)".*?<b>(\d+)</b>', page, re.DOTALL)
    assert dict(chips) == {"all": "3", "attention": "1", "created": "2", "rejected": "1"}
    files = {"created": "ac", "rejected": "b", "attention": "c", "finished": "a", "nonsense": "abc"}
    for name, expected in files.items():
        page = get(desk, "result", upload, f"?status={name}")
        assert re.findall(r"<bdi>(\w)\.png</bdi>", page) == list(expected), name
    assert "Failed" in page and "Finished" in page


def test_the_page_of_what_was_sent_is_that_of_the_result(desk: Desk, scripted_api: FakeApi) -> None:
    """Facts and values stay where they were."""
    upload = rejected_upload(desk, scripted_api, ["a.png"])
    sent = f"/submissions/{upload.submission_id}/"
    assert desk.browser.get(sent)["Location"] == upload.get_absolute_url()
    assert desk.browser.get(sent, headers={"HX-Request": "true"})["HX-Redirect"] == upload.get_absolute_url()
    assert "Sent by" in details(desk, upload)
    Submission.objects.filter(pk=upload.submission_id).update(status=Submission.Status.UNCONFIRMED)
    assert desk.browser.get(sent).status_code == 200


def test_a_key_owner_sees_the_result_and_can_do_nothing(desk: Desk, api: FakeApi, scripted_api: FakeApi) -> None:
    upload = rejected_upload(desk, scripted_api, ["a.png"])
    ZipUpload.objects.filter(pk=upload.pk).update(sends_rows=True)
    assert "Use these rows with other files" in get(desk, "result", upload)
    upload.submission.owner = open_desk(api, "paul@acme.example").person
    upload.submission.save()
    page = get(desk, "result", upload)
    assert "1 rejected" in page and "Use these rows" not in page and "Upload more" not in page
