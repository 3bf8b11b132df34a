"""Step 1 of the wizard as the browser's requests meet it. The page itself: tests/browser/test_choose_archive.py."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import Submission
from pipelines_portal.uploads.models import ZipUpload
from tests.archives import files, five_thousand_and_one_files, five_thousand_files
from tests.conftest import CLOSED, TRANSLATIONS, TWO_FILES
from tests.each_case import each_case
from tests.factories import make_stranger, open_workflow
from tests.fake_api import FakeApi, answer
from tests.hostile_archives import encrypted

from .choosing import address, check_archive, rows_of


def test_page_says_what_goes_into_the_archive(page: Client, saved_key: SavedKey) -> None:
    """S152, S153."""
    html = page.get(address(open_workflow(saved_key, TWO_FILES))).content.decode()
    assert "One folder = one task" in html
    assert "front.png" in html and "<noscript>" in html and "needs JavaScript" in html
    assert not re.search(r'<input type="file" id="archive"[^>]*\bname=', html)


def test_checked_archive_is_kept_as_a_draft(page: Client, saved_key: SavedKey, person: Any) -> None:
    """S147, S149: rows, names and true size are in the ledger before the API hears of it."""
    workflow = open_workflow(saved_key, TWO_FILES)
    archive = files("a/front.png", "a/back.png", "b/front.png")
    answer = check_archive(page, workflow, archive)
    html = answer.content.decode()
    upload = ZipUpload.objects.get()
    assert answer.status_code == 200 and "<html" not in html
    assert "1 task ready" in html and "1 task without Back" in html
    assert answer["HX-Replace-Url"] == address(workflow, f"?upload={upload.pk}")
    assert (upload.file_name, upload.size_bytes, upload.fingerprint) == ("a.zip", len(archive), "0" * 64)
    assert (upload.task_count, upload.sends_rows, upload.entries) == (2, False, ["a/", "b/"])
    assert rows_of(upload) == [{"front": "a/front.png", "back": "a/back.png"}, {"front": "b/front.png"}]
    submission = upload.submission
    assert (submission.kind, submission.status, submission.owner) == ("zip", "draft", person)


def test_reload_shows_what_was_found(page: Client, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key, TWO_FILES)
    check_archive(page, workflow, files("a/front.png", "a/back.png"))
    upload = ZipUpload.objects.get()
    html = page.get(address(workflow, f"?upload={upload.pk}")).content.decode()
    assert "1 task ready" in html and "a.zip" in html
    assert f'href="{address(workflow)}{upload.pk}/"' in html
    assert str(upload.submission.token) in html


def test_what_others_checked_is_not_shown(page: Client, saved_key: SavedKey) -> None:
    stranger = make_stranger()
    workflow = open_workflow(saved_key, TWO_FILES)
    check_archive(page, workflow, files("a/front.png", "a/back.png"))
    Submission.objects.update(owner=stranger)
    upload = ZipUpload.objects.get()
    assert "task ready" not in page.get(address(workflow, f"?upload={upload.pk}")).content.decode()
    for nonsense in ("?upload=x", "?rows=x", f"?rows={upload.submission_id}"):
        assert page.get(address(workflow, nonsense)).status_code == 200


def test_a_too_short_end_is_requested_again(page: Client, saved_key: SavedKey) -> None:
    """The list of 5,000 files is longer than what is sent at first; no more than it is asked for."""
    workflow, archive = open_workflow(saved_key, TWO_FILES), five_thousand_files()
    answer = check_archive(page, workflow, archive, tail=1024)
    needed = int(re.search(r"(\d+)", answer["HX-Trigger"])[1])  # type: ignore[index]
    assert answer.status_code == 204 and 1024 < needed < len(archive)
    assert ZipUpload.objects.count() == 0
    assert "5,000 files outside folders" in check_archive(page, workflow, archive, tail=needed).content.decode()


@each_case(
    ("archive", "words"),
    [
        (encrypted(), "The ZIP file has a password"),
        (files("cat.png", "../dog.png"), "leads outside of it"),
        (five_thousand_and_one_files(), "At most 5,000 fit into one upload"),
        (files("batch/a/front.png", "batch/a/back.png"), "All files are inside batch/"),
        (files(".DS_Store"), "No file makes a task"),
        (b"GIF89a", "Not a valid ZIP file"),
        (b"", "Not a valid ZIP file"),
    ],
)
def test_unusable_archive_leads_nowhere(page: Client, saved_key: SavedKey, archive: bytes, words: str) -> None:
    answer = check_archive(page, open_workflow(saved_key, TWO_FILES), archive, tail=2 * 1024 * 1024)
    html = answer.content.decode()
    assert answer.status_code == 200 and words in html
    assert "No tasks can be created from these files" in html and "data-upload-now" not in html
    assert ZipUpload.objects.count() == Submission.objects.count() == 0


def test_next_check_takes_the_place_of_the_last(page: Client, saved_key: SavedKey) -> None:
    workflow, token = open_workflow(saved_key, TWO_FILES), str(uuid4())
    check_archive(page, workflow, files("a/front.png", "a/back.png"), token=token)
    first = ZipUpload.objects.get()
    html = check_archive(
        page, workflow, files("b/front.png", "b/back.png", "c/front.png"), token=token, name="b.zip"
    ).content.decode()
    assert "b.zip" in html and ">c/<" in html and ">a/<" not in html
    second = ZipUpload.objects.get()
    assert (second.pk, second.file_name, second.entries) == (first.pk, "b.zip", ["b/", "c/"])
    check_archive(page, workflow, encrypted(), token=token)
    assert Submission.objects.count() == 0


def test_one_that_is_on_its_way_is_left_alone(page: Client, saved_key: SavedKey) -> None:
    """Back, and another archive chosen while the first is uploading: it gets a draft of its own."""
    workflow, token = open_workflow(saved_key, TWO_FILES), str(uuid4())
    check_archive(page, workflow, files("a/front.png", "a/back.png"), token=token)
    ZipUpload.objects.update(stage="uploading")
    check_archive(page, workflow, files("b/front.png", "b/back.png"), token=token)
    assert sorted(upload.entries for upload in ZipUpload.objects.all()) == [["a/"], ["b/"]]
    check_archive(page, workflow, encrypted(), token=token)
    assert ZipUpload.objects.filter(stage="uploading").count() == 1


def test_post_without_javascript_is_answered_in_words(page: Client, saved_key: SavedKey) -> None:
    answer = page.post(address(open_workflow(saved_key, TWO_FILES)), {"token": str(uuid4())})
    html = answer.content.decode()
    assert answer.status_code == 422 and "<html" in html and "No file to check" in html


@pytest.mark.parametrize("name", [" a.zip "])
def test_a_name_with_a_space_at_its_edge_stays_as_the_browser_has_it(
    page: Client, saved_key: SavedKey, name: str
) -> None:
    """The next step tells the file by it."""
    workflow = open_workflow(saved_key, TWO_FILES)
    assert check_archive(page, workflow, files("a/front.png", "a/back.png"), name=name).status_code == 200
    upload = ZipUpload.objects.get()
    assert upload.file_name == name
    html = page.get(f"{address(workflow)}{upload.pk}/").content.decode()
    assert f'data-name="{name}"' in html


def test_a_name_too_long_to_be_kept_is_said(page: Client, saved_key: SavedKey) -> None:
    html = check_archive(
        page, open_workflow(saved_key, TWO_FILES), files("a/front.png", "a/back.png"), name="n" * 296 + ".zip"
    ).content.decode()
    assert "The file name has more than 255 characters" in html
    assert "No file to check" not in html


LIES = [("size", -1), ("size", "x"), ("size", 3), ("size", 2**60), ("token", "x"), ("name", "x" * 300)]


@each_case(("name", "lie"), LIES)
def test_garbage_is_refused_in_words(page: Client, saved_key: SavedKey, name: str, lie: Any) -> None:
    answer = check_archive(page, open_workflow(saved_key, TWO_FILES), files("a/front.png", "a/back.png"), **{name: lie})
    assert answer.status_code == 200 and "No file to check" in answer.content.decode() or name == "name"
    assert "data-upload-now" not in answer.content.decode()
    assert ZipUpload.objects.count() == 0


def test_workflow_without_file_fields(page: Client, saved_key: SavedKey) -> None:
    """S137: its tasks are made without an archive."""
    html = page.get(address(open_workflow(saved_key, TRANSLATIONS))).content.decode()
    assert "This workflow has no file fields" in html and 'id="archive"' not in html


def test_workflow_that_takes_no_tasks(page: Client, saved_key: SavedKey) -> None:
    """S84: its state is asked for anew, and said."""
    workflow = open_workflow(saved_key, CLOSED, status="COMPLETED")
    html = page.get(address(workflow)).content.decode()
    assert "Closed to new tasks" in html and "Completed" in html and 'id="archive"' not in html


def test_entry_names_are_escaped(page: Client, saved_key: SavedKey) -> None:
    html = check_archive(
        page, open_workflow(saved_key, TWO_FILES), files("<b>x/front.png", "<b>x/back.png")
    ).content.decode()
    assert "<b>x" not in html and "&lt;b&gt;x/" in html


UNTYPED = [{"name": "photo", "title": "Photo", "field_type": "file_upload"}]


@each_case(
    ("fields", "is_only", "words"),
    [
        (UNTYPED, True, "1 task ready"),
        (UNTYPED, False, "Pipelines doesn’t say which fields take files"),
        ([], True, "Pipelines doesn’t say which fields take files"),
    ],
)
def test_fields_whose_types_are_unknown_take_the_files_if_all_fields_do(
    page: Client, saved_key: SavedKey, api: FakeApi, fields: Any, is_only: bool, words: str
) -> None:
    workflow = open_workflow(saved_key, TWO_FILES)
    schema = {"fields": fields, "has_file_upload_fields": True, "has_only_file_upload_fields": is_only}
    api.routes[f"GET /api/v1/workflows/{TWO_FILES}/schema"] = answer(200, schema)
    checked = check_archive(page, workflow, files("cat.png")).content.decode()
    assert words in checked + page.get(address(workflow)).content.decode()
    assert ("1 task ready" in checked) == (words == "1 task ready")
