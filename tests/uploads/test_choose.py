"""Step 1 of the wizard as the browser's requests meet it. The page itself: tests/browser/test_choose_archive.py."""

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from pipelines_portal.submissions.models import Submission
from pipelines_portal.submissions.rows import fields_of
from pipelines_portal.uploads.models import ZipUpload
from tests import samples
from tests.archives import files, five_thousand_and_one_files, five_thousand_files
from tests.conftest import TRANSLATIONS, save_key
from tests.hostile_archives import encrypted
from tests.live import ExternalApi

SEVERAL, MIXED, CLOSED = 201, 202, 203
FRAGMENT = {"HX-Request": "true", "HX-Target": "preview"}
Check = Callable[..., HttpResponse]


@pytest.fixture(scope="session")
def uploads_key(api: ExternalApi) -> str:
    def file(name: str) -> dict[str, Any]:
        return samples.field(name, "file_upload", required=True)

    several = samples.workflow(SEVERAL, "Two sides", fields=[file("front"), file("back")])
    mixed = [file("photo"), samples.field("caption", required=True), samples.field("stars", "rating", min=1, max=5)]
    closed = samples.workflow(CLOSED, "Closed", "COMPLETED", fields=[file("photo")])
    api.load(samples.organization("Uploads", several, samples.workflow(MIXED, "Captions", fields=mixed), closed))
    return api.new_key("Uploads")


@pytest.fixture
def saved_key(person: Any, uploads_key: str) -> Any:
    return save_key(person, uploads_key)


def address(workflow: Any, query: str = "") -> str:
    return f"/keys/{workflow.key_id}/workflows/{workflow.workflow_id}/upload/{query}"


@pytest.fixture
def check(page: Client) -> Check:
    """Post an archive's end as the browser does."""

    def post(workflow: Any, archive: bytes, *, tail: int = 256 * 1024, **more: Any) -> HttpResponse:
        form = {"token": str(uuid4()), "name": "a.zip", "size": len(archive), "fingerprint": "0" * 64}
        end = SimpleUploadedFile("tail", archive[-tail:])
        return page.post(address(workflow), form | {"tail": end} | more, headers=FRAGMENT)

    return post


def rows_of(upload: ZipUpload) -> list[dict[str, Any]]:
    return [fields_of(row) for row in upload.submission.rows.all()]


def test_page_says_what_goes_into_the_archive(page: Client, opened: Callable) -> None:
    """S152, S153."""
    html = page.get(address(opened(SEVERAL))).content.decode()
    assert (
        "Each folder on the archive&#x27;s top level makes one task" in html or "Each folder on the archive's" in html
    )
    assert "front.png" in html and "<noscript>" in html and "needs JavaScript" in html
    assert not re.search(r'<input type="file" id="archive"[^>]*\bname=', html)


def test_checked_archive_is_kept_as_a_draft(check: Check, opened: Callable, person: Any) -> None:
    """S147, S149: rows, names and true size are in the ledger before the API hears of it."""
    workflow = opened(SEVERAL)
    archive = files("a/front.png", "a/back.png", "b/front.png")
    answer = check(workflow, archive)
    html = answer.content.decode()
    upload = ZipUpload.objects.get()
    assert answer.status_code == 200 and "<html" not in html
    assert "1 task will be created" in html and "1 task has no Back" in html
    assert answer["HX-Replace-Url"] == address(workflow, f"?upload={upload.pk}")
    assert (upload.file_name, upload.size_bytes, upload.fingerprint) == ("a.zip", len(archive), "0" * 64)
    assert (upload.task_count, upload.sends_rows, upload.entries) == (2, False, ["a/", "b/"])
    assert rows_of(upload) == [{"front": "a/front.png", "back": "a/back.png"}, {"front": "b/front.png"}]
    submission = upload.submission
    assert (submission.kind, submission.state, submission.owner) == ("zip", "draft", person)


def test_reload_shows_what_was_found(page: Client, check: Check, opened: Callable) -> None:
    workflow = opened(SEVERAL)
    check(workflow, files("a/front.png", "a/back.png"))
    upload = ZipUpload.objects.get()
    html = page.get(address(workflow, f"?upload={upload.pk}")).content.decode()
    assert "1 task will be created" in html and "a.zip" in html
    assert f'href="{address(workflow)}{upload.pk}/"' in html
    assert str(upload.submission.token) in html


def test_what_others_checked_is_not_shown(page: Client, check: Check, opened: Callable, stranger: Any) -> None:
    workflow = opened(SEVERAL)
    check(workflow, files("a/front.png", "a/back.png"))
    Submission.objects.update(owner=stranger)
    upload = ZipUpload.objects.get()
    assert "will be created" not in page.get(address(workflow, f"?upload={upload.pk}")).content.decode()
    for nonsense in ("?upload=x", "?rows=x", f"?rows={upload.submission_id}"):
        assert page.get(address(workflow, nonsense)).status_code == 200


def test_strangers_and_anonymous_people(page: Client, opened: Callable, stranger: Any) -> None:
    workflow = opened(SEVERAL)
    page.force_login(stranger)
    assert page.get(address(workflow)).status_code == 404
    assert page.post(address(workflow)).status_code == 404
    assert Client().get(address(workflow)).status_code == 302


def test_end_too_short_is_asked_for_again(check: Check, opened: Callable) -> None:
    """The list of 5,000 files is longer than what is sent at first; no more than it is asked for."""
    workflow, archive = opened(SEVERAL), five_thousand_files()
    answer = check(workflow, archive, tail=1024)
    needed = int(re.search(r"(\d+)", answer["HX-Trigger"])[1])  # type: ignore[index]
    assert answer.status_code == 204 and 1024 < needed < len(archive)
    assert ZipUpload.objects.count() == 0
    assert "5,000 files lie outside" in check(workflow, archive, tail=needed).content.decode()


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (encrypted(), "The archive is encrypted."),
        (files("cat.png", "../dog.png"), "leads out of it"),
        (five_thousand_and_one_files(), "at most 5,000 go into one upload"),
        (files("batch/a/front.png", "batch/a/back.png"), "Everything lies in one folder, batch/"),
        (files(".DS_Store"), "holds no file that makes a task"),
        (b"GIF89a", "not a ZIP archive"),
        (b"", "not a ZIP archive"),
    ],
)
def test_unusable_archive_leads_nowhere(check: Check, opened: Callable, archive: bytes, words: str) -> None:
    answer = check(opened(SEVERAL), archive, tail=2 * 1024 * 1024)
    html = answer.content.decode()
    assert answer.status_code == 422 and words in html
    assert "This archive cannot be used" in html and "Go on" not in html
    assert ZipUpload.objects.count() == Submission.objects.count() == 0


def test_next_check_takes_the_place_of_the_last(check: Check, opened: Callable) -> None:
    workflow, token = opened(SEVERAL), str(uuid4())
    check(workflow, files("a/front.png", "a/back.png"), token=token)
    first = ZipUpload.objects.get()
    check(workflow, files("b/front.png", "b/back.png", "c/front.png"), token=token, name="b.zip")
    second = ZipUpload.objects.get()
    assert (second.pk, second.file_name, second.entries) == (first.pk, "b.zip", ["b/", "c/"])
    check(workflow, encrypted(), token=token)
    assert Submission.objects.count() == 0


def test_one_that_is_on_its_way_is_left_alone(check: Check, opened: Callable) -> None:
    """Back, and another archive chosen while the first is uploading: it gets a draft of its own."""
    workflow, token = opened(SEVERAL), str(uuid4())
    check(workflow, files("a/front.png", "a/back.png"), token=token)
    ZipUpload.objects.update(stage="uploading")
    check(workflow, files("b/front.png", "b/back.png"), token=token)
    assert sorted(upload.entries for upload in ZipUpload.objects.all()) == [["a/"], ["b/"]]
    check(workflow, encrypted(), token=token)
    assert ZipUpload.objects.filter(stage="uploading").count() == 1


def test_rows_from_a_file_go_along(check: Check, opened: Callable) -> None:
    """S154, S180: matched to the fields, checked against the archive, kept in order."""
    table = SimpleUploadedFile("rows.csv", b"Photo,caption,stars\ncat.png,A cat,4\ndog.png,A dog,\ncat.png,,x\n")
    html = check(opened(MIXED), files("cat.png"), rows_file=table).content.decode()
    upload = ZipUpload.objects.get()
    assert "1 task will be created" in html and "taken for the field photo" in html
    assert "row 2: dog.png" in html and "The API will reject 2 tasks" in html
    assert (upload.task_count, upload.sends_rows, upload.entries) == (3, True, ["row 1", "row 2", "row 3"])
    assert rows_of(upload)[0] == {"photo": "cat.png", "caption": "A cat", "stars": 4}


def test_rows_outlive_a_reload(page: Client, check: Check, opened: Callable) -> None:
    """Another archive for the same rows: the file they came from need not be chosen again."""
    workflow = opened(MIXED)
    check(workflow, files("cat.png"), rows_file=SimpleUploadedFile("rows.csv", b"photo,caption\ncat.png,A cat\n"))
    upload = ZipUpload.objects.get()
    html = page.get(address(workflow, f"?upload={upload.pk}")).content.decode()
    rows_from = re.search(r'name="rows_from" value="([^"]*)"', html)
    assert rows_from and "The rows you gave before go along" in html
    check(workflow, files("cat.png", "more.png"), rows_from=rows_from[1], token=str(upload.submission.token))
    assert rows_of(ZipUpload.objects.get()) == [{"photo": "cat.png", "caption": "A cat"}]


def test_rows_can_be_typed(check: Check, opened: Callable) -> None:
    typed = {"typed": 2, "row-1-photo": "cat.png", "row-1-caption": "A cat", "row-1-stars": "5"}
    check(opened(MIXED), files("cat.png"), **typed)
    assert rows_of(ZipUpload.objects.get()) == [{"photo": "cat.png", "caption": "A cat", "stars": 5}]


def test_typed_errors_are_said(check: Check, opened: Callable) -> None:
    answer = check(opened(MIXED), files("cat.png"), typed=1, **{"row-1-photo": "cat.png"})
    assert answer.status_code == 422 and "A typed row has an error" in answer.content.decode()
    assert ZipUpload.objects.count() == 0


def test_another_row_keeps_what_was_typed(page: Client, opened: Callable) -> None:
    form = {"typed": 1, "add_row": "1", "row-1-photo": "cat.png"}
    html = page.post(address(opened(MIXED)), form).content.decode()
    assert html.count('value="cat.png"') == 1
    assert "Row 2" in html and "row-2-photo" in html and "Row 3" not in html


def test_missing_rows_are_asked_for(check: Check, opened: Callable) -> None:
    """S154."""
    answer = check(opened(MIXED), files("cat.png"))
    assert answer.status_code == 422 and "The rows are missing" in answer.content.decode()


def test_rows_file_that_cannot_be_read_is_said(check: Check, opened: Callable) -> None:
    answer = check(opened(MIXED), files("cat.png"), rows_file=SimpleUploadedFile("rows.csv", b"photo,photo\na,b\n"))
    assert answer.status_code == 422 and "two columns called photo" in answer.content.decode()


def test_rows_file_far_too_large_is_said_unread(check: Check, opened: Callable) -> None:
    table = SimpleUploadedFile("rows.csv", b"photo,caption\n" + bytes(16 * 1024 * 1024))
    answer = check(opened(MIXED), files("cat.png"), rows_file=table)
    assert answer.status_code == 422 and "rows.csv is larger than 16 MB. Split it." in answer.content.decode()


def test_rejected_rows_come_back_without_their_file(page: Client, check: Check, opened: Callable) -> None:
    """Try again: the earlier rows go along with an archive chosen anew, and stay one draft."""
    workflow = opened(MIXED)
    rows = SimpleUploadedFile("rows.csv", b"photo,caption\ncat.png,A cat\n")
    check(workflow, files("cat.png"), rows_file=rows)
    submission = Submission.objects.get()
    ZipUpload.objects.all().delete()
    html = page.get(address(workflow, f"?rows={submission.pk}")).content.decode()
    assert "The rows you gave before go along" in html
    check(workflow, files("cat.png"), rows_from=str(submission.pk), token=str(submission.token))
    assert ZipUpload.objects.get().submission_id == submission.pk
    assert rows_of(ZipUpload.objects.get()) == [{"photo": "cat.png", "caption": "A cat"}]


@pytest.mark.parametrize(
    ("sends_rows", "words"), [(True, "Try again with the rejected ones"), (False, "Upload another")]
)
def test_ledger_offers_the_way_that_fits(
    page: Client, check: Check, opened: Callable, sends_rows: bool, words: str
) -> None:
    """Rows that were sent can be tried again; those that came out of the archive are mended in it."""
    check(opened(SEVERAL), files("a/front.png", "a/back.png"))
    ZipUpload.objects.update(sends_rows=sends_rows)
    Submission.objects.update(state="rejected", error_count=1)
    html = page.get(f"/submissions/{Submission.objects.get().pk}/").content.decode()
    assert words in html
    assert ("Try again" in html) is sends_rows


def test_post_without_javascript_is_answered_in_words(page: Client, opened: Callable) -> None:
    answer = page.post(address(opened(SEVERAL)), {"token": str(uuid4())})
    html = answer.content.decode()
    assert answer.status_code == 422 and "<html" in html and "There is no archive to check" in html


@pytest.mark.parametrize("name", [" a.zip", "a.zip ", "  "])
def test_a_name_with_a_space_at_its_edge_stays_as_the_browser_has_it(
    page: Client, check: Check, opened: Callable, name: str
) -> None:
    """The next step tells the file by it."""
    workflow = opened(SEVERAL)
    assert check(workflow, files("a/front.png", "a/back.png"), name=name).status_code == 200
    upload = ZipUpload.objects.get()
    assert upload.file_name == name
    html = page.get(f"{address(workflow)}{upload.pk}/").content.decode()
    assert f'data-name="{name}"' in html


def test_a_name_too_long_to_be_kept_is_said(check: Check, opened: Callable) -> None:
    html = check(opened(SEVERAL), files("a/front.png", "a/back.png"), name="n" * 296 + ".zip").content.decode()
    assert "The archive&#x27;s name is too long: it has 300 characters, at most 255 can be kept" in html
    assert "There is no archive" not in html


LIES = [("size", -1), ("size", "x"), ("size", 3), ("size", 2**60), ("token", "x"), ("name", "x" * 300)]


@pytest.mark.parametrize(("name", "lie"), LIES)
def test_garbage_is_refused_in_words(check: Check, opened: Callable, name: str, lie: Any) -> None:
    answer = check(opened(SEVERAL), files("a/front.png", "a/back.png"), **{name: lie})
    assert answer.status_code == 422
    assert ZipUpload.objects.count() == 0


def test_workflow_without_file_fields(page: Client, person: Any, org_key: str) -> None:
    """S137: its tasks are made without an archive."""
    workflow = save_key(person, org_key).workflows.create(workflow_id=TRANSLATIONS, name="Other", status="ACTIVE")
    html = page.get(address(workflow)).content.decode()
    assert "This workflow has no file fields" in html and 'id="archive"' not in html


def test_workflow_that_takes_no_tasks(page: Client, opened: Callable) -> None:
    """S84: its state is asked for anew, and said."""
    workflow = opened(CLOSED, status="COMPLETED")
    html = page.get(address(workflow)).content.decode()
    assert "This workflow takes no new tasks" in html and "Completed" in html and 'id="archive"' not in html


def test_entry_names_are_escaped(check: Check, opened: Callable) -> None:
    html = check(opened(SEVERAL), files("<b>x/front.png", "<b>x/back.png")).content.decode()
    assert "<b>x" not in html and "&lt;b&gt;x/" in html
