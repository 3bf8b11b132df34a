"""Rows that go along with an archive: from a file, typed, or sent before."""

import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from pipelines_portal.keys.models import SavedKey
from pipelines_portal.submissions.models import FieldValue, Submission
from pipelines_portal.submissions.outcomes import Outcome
from pipelines_portal.uploads.models import RowsFile, Stage, ZipUpload
from pipelines_portal.uploads.rows import read_rows_file, remove_old_rows_files
from pipelines_portal.web.time_budget import page_budget
from pipelines_portal.workflows.models import OpenedWorkflow
from pipelines_portal.workflows.rules.stored import WorkflowRule, rules_for
from tests.archives import files
from tests.conftest import FILE_AND_FIELDS, TWO_FILES
from tests.each_case import each_case
from tests.factories import open_workflow
from tests.pages import text_of

from .choosing import address, check_archive, rows_of

ROWS = b"Photo,caption,stars,Agent\ncat.png,A cat,4,x\ndog.png,A dog,,y\ncat.png,,x,z\n"


def test_rows_from_a_file_go_along(page: Client, workflow: OpenedWorkflow) -> None:
    """S154, S180: matched to the fields, checked against the archive, kept in order. Rows with errors stay behind."""
    html = text_of(check_archive(page, workflow, files("cat.png"), rows_file=rows_file(ROWS)))
    upload = ZipUpload.objects.get()
    assert "1 task ready, 2 rows have errors" in html and "Rows with errors aren’t sent." in html
    assert "Matched 3 of 4 columns. Not imported: <b><bdi>Agent</bdi></b>" in html
    assert (upload.task_count, upload.sends_rows, upload.entries) == (1, True, ["Row 2: cat.png"])
    assert rows_of(upload) == [{"photo": "cat.png", "caption": "A cat", "stars": 4}]
    assert (upload.expected_count, upload.rejected_count) == (1, 0)


def test_each_error_is_at_its_cell_which_can_be_corrected(page: Client, workflow: OpenedWorkflow) -> None:
    html = check_archive(page, workflow, files("cat.png"), rows_file=rows_file(ROWS)).content.decode()
    assert fields_to_correct(html) == {"cell-3-photo": "dog.png", "cell-4-caption": "", "cell-4-stars": "x"}
    assert ">Not in the ZIP<" in html and ">Required<" in html and "dog.png isn’t in the ZIP file" in html
    shown = carried(html) | {"cell-3-photo": "cat.png", "cell-4-caption": "Two", "cell-4-stars": "nine"}
    html = check_archive(page, workflow, files("cat.png"), rows_file=rows_file(ROWS), **shown).content.decode()
    assert fields_to_correct(html) == {"cell-4-stars": "nine"}
    assert "2 cells corrected" in " ".join(html.split())
    shown = carried(html) | {"cell-4-stars": ""}
    html = check_archive(page, workflow, files("cat.png"), rows_file=rows_file(ROWS), **shown).content.decode()
    assert "3 tasks ready" in html and fields_to_correct(html) == {}
    assert rows_of(ZipUpload.objects.latest("created_at"))[1:] == [
        {"photo": "cat.png", "caption": "A dog"},
        {"photo": "cat.png", "caption": "Two"},
    ]


def test_a_cell_that_is_posted_as_it_was_is_no_correction(page: Client, workflow: OpenedWorkflow) -> None:
    """The page posts every wrong cell. That a file is missing is only found after the rows were read."""
    html = check_archive(page, workflow, files("cat.png"), rows_file=rows_file(ROWS)).content.decode()
    shown = carried(html) | fields_to_correct(html) | {"cell-4-caption": "Two"}
    html = check_archive(page, workflow, files("cat.png"), rows_file=rows_file(ROWS), **shown).content.decode()
    assert fields_to_correct(html) == {"cell-3-photo": "dog.png", "cell-4-stars": "x"}
    assert "1 cell corrected" in " ".join(html.split())


def test_rows_with_errors_are_named_where_the_result_is(page: Client, workflow: OpenedWorkflow, person: Any) -> None:
    """They were left out before the upload, so Pipelines counts none of them."""
    check_archive(page, workflow, files("cat.png"), rows_file=rows_file(ROWS))
    upload = ZipUpload.objects.get()
    assert upload.rows_left_out == 2
    upload.submission.claim(0, until=None)
    upload.submission.record(Outcome(Submission.Status.CREATED, "", 1, 0, {}, (7,)))
    ZipUpload.objects.filter(pk=upload.pk).update(stage=Stage.COMPLETED)
    words = text_of(page.get(f"{address(workflow)}{upload.pk}/result/"))
    assert "1 task created" in words and "2 rows were not sent" in words
    assert "Row 3: A dog" in words and "dog.png isn’t in the ZIP file" in words
    listed = text_of(page.get("/submissions/"))
    assert "Task 7 created, 2 not sent" in listed and "Files, 3 rows" in listed
    detail = text_of(page.get(f"/submissions/{upload.submission_id}/?details"))
    assert "2 rows were not sent" in detail and "Partly created:" in detail
    for status, is_listed in {"created": False, "partly_created": True, "rejected": False}.items():
        assert ("2 not sent" in text_of(page.get(f"/submissions/?status={status}"))) is is_listed


def test_an_error_of_several_rows_is_corrected_once(page: Client, workflow: OpenedWorkflow) -> None:
    rows = b"photo,caption,stars\ncat.png,,four\ncat.png,Two,four\ncat.png,,four\n"
    html = check_archive(page, workflow, files("cat.png"), rows_file=rows_file(rows)).content.decode()
    alike = re.findall(r'name="(alike-[^"]*)"', html)
    assert "“four”" in html and "· 3 rows" in html and "is missing · 2 rows" in " ".join(html.split())
    shown = carried(html) | fields_to_correct(html) | dict.fromkeys(alike, "4")
    html = check_archive(page, workflow, files("cat.png"), rows_file=rows_file(rows), **shown).content.decode()
    assert "3 tasks ready" in html
    assert [(row["caption"], row["stars"]) for row in rows_of(ZipUpload.objects.get())] == [
        ("4", 4), ("Two", 4), ("4", 4)
    ]  # fmt: skip


def test_corrections_of_another_file_are_not_applied(page: Client, workflow: OpenedWorkflow) -> None:
    html = check_archive(page, workflow, files("cat.png"), rows_file=rows_file(ROWS)).content.decode()
    shown = carried(html) | {"cell-3-photo": "cat.png"}
    other = rows_file(ROWS.replace(b"A dog", b"A bird"))
    html = check_archive(page, workflow, files("cat.png"), rows_file=other, **shown).content.decode()
    assert fields_to_correct(html)["cell-3-photo"] == "dog.png"


@each_case("nonsense", ["[1]", "{", '{"x": {"photo": "y"}}', '{"3": 4}', '{"3": {"photo": 5}}', '"x"'])
def test_corrections_that_no_page_carries_are_ignored(page: Client, workflow: OpenedWorkflow, nonsense: str) -> None:
    html = check_archive(page, workflow, files("cat.png"), rows_file=rows_file(ROWS)).content.decode()
    shown = carried(html) | {"corrections": nonsense, "cell-x-photo": "a", "cell-3-unknown": "b"}
    html = check_archive(page, workflow, files("cat.png"), rows_file=rows_file(ROWS), **shown).content.decode()
    assert fields_to_correct(html)["cell-3-photo"] == "dog.png"


def test_rows_without_a_good_one_are_not_called_a_bad_archive(page: Client, workflow: OpenedWorkflow) -> None:
    html = text_of(check_archive(page, workflow, files("cat.png"), rows_file=rows_file(b"Photo,Caption\ndog.png,A\n")))
    assert "No row is ready" in html and "No tasks can be created" not in html
    html = text_of(check_archive(page, workflow, files("cat.png"), rows_file=rows_file(b"Beleg,Wert\na,b\n")))
    assert "No column of rows.csv matches a field" in html and "cannot be used" not in html


def test_the_column_that_names_the_files_is_known_by_them(page: Client, workflow: OpenedWorkflow) -> None:
    rows = rows_file(b"Beleg,Caption,Other\nimg/cat.png,A cat,x\n./img/dog.png,A dog,cat.png\nimg/cow.png,A cow,z\n")
    html = text_of(check_archive(page, workflow, files("img/cat.png", "img/dog.png"), rows_file=rows))
    assert "2 tasks ready, 1 row has errors" in html
    assert "Matched 2 of 3 columns." in html


def test_a_person_chooses_the_fields_of_columns(page: Client, workflow: OpenedWorkflow) -> None:
    rows = b"Datei,Text,Wert\ncat.png,A cat,k.A.\nx.png,A dog,4\n"
    html = check_archive(page, workflow, files("cow.png"), rows_file=rows_file(rows)).content.decode()
    assert "No column of rows.csv matches a field" in html and "Sample" in html and "A cat" in html
    chosen = {"column-0": "photo", "column-1": "caption", "column-2": "stars"}
    shown = carried(html) | chosen
    html = check_archive(page, workflow, files("x.png"), rows_file=rows_file(rows), **shown).content.decode()
    assert "1 task ready" in html and "3 columns matched" in html
    assert fields_to_correct(html) == {"cell-2-photo": "cat.png", "cell-2-stars": "k.A."}
    assert rows_of(ZipUpload.objects.get()) == [{"photo": "x.png", "caption": "A dog", "stars": 4}]
    moved = carried(html) | chosen | {"column-1": "", "column-2": "caption"}
    html = check_archive(page, workflow, files("x.png"), rows_file=rows_file(rows), **moved).content.decode()
    assert rows_of(ZipUpload.objects.latest("created_at")) == [{"photo": "x.png", "caption": "4"}]
    assert "Matched 2 of 3 columns" in html
    nonsense = carried(html) | {"column-1": "nothing", "column-9": "photo"}
    assert check_archive(page, workflow, files("x.png"), rows_file=rows_file(rows), **nonsense).status_code == 200


def test_rejected_rows_can_be_corrected_and_are_never_lost(page: Client, workflow: OpenedWorkflow, person: Any) -> None:
    values = [{"photo": "cat.png", "caption": "A cat", "stars": "four"}, {"photo": "dog.png", "caption": "A dog"}]
    draft = Submission.objects.draft(person, workflow, values, uuid4(), Submission.Kind.ZIP)
    form = {"rows_from": str(draft.pk), "token": str(draft.token)}
    html = check_archive(page, workflow, files("dog.png"), **form).content.decode()
    assert fields_to_correct(html) == {"cell-1-photo": "cat.png", "cell-1-stars": "four"}
    assert rows_of(ZipUpload.objects.get()) == values
    wrong = carried(html) | {"cell-1-photo": "dog.png"}
    check_archive(page, workflow, files("bird.png"), **form, **wrong)
    assert ZipUpload.objects.count() == 0 and list(draft.read_fields()) == values
    right = wrong | {"cell-1-stars": "4"}
    html = check_archive(page, workflow, files("dog.png"), **form, **right).content.decode()
    assert "2 tasks ready" in html
    assert rows_of(ZipUpload.objects.get())[0] == {"photo": "dog.png", "caption": "A cat", "stars": 4}


def rows_file(data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("rows.csv", data)


def fields_to_correct(html: str) -> dict[str, str]:
    return dict(re.findall(r'<input name="(cell-[^"]*)" form="choose-form" value="([^"]*)"', html))


def carried(html: str) -> dict[str, str]:
    """Return what the page carries from one check to the next."""
    found = re.findall(r'name="(corrections_of|corrections)" value="([^"]*)"', html)
    return {name: unescape(value) for name, value in found}


def many_rows(count: int) -> SimpleUploadedFile:
    rows = "".join(f"cat.png,Cat {number}\n" for number in range(count))
    return SimpleUploadedFile("rows.csv", f"photo,caption\n{rows}".encode())


def work() -> None:
    """As the worker, with each job once."""
    for job in DBTaskResult.objects.filter(status="READY").order_by("enqueued_at"):
        read_rows_file.func(*job.args_kwargs["args"])
        job.delete()


@pytest.fixture
def workflow(page: Client, saved_key: SavedKey) -> OpenedWorkflow:
    return open_workflow(saved_key, FILE_AND_FIELDS)


def test_many_rows_are_read_by_the_worker_after_a_second(page: Client, workflow: OpenedWorkflow, hurry: None) -> None:
    """The page sends the same form again until they are there."""
    form = {"token": str(uuid4())}
    for _ in range(2):
        answer = check_archive(page, workflow, files("cat.png"), rows_file=many_rows(3_000), **form)
        assert (answer.status_code, answer["HX-Trigger"]) == (204, "rows-being-read")
    assert DBTaskResult.objects.count() == 1
    work()
    html = check_archive(page, workflow, files("cat.png"), rows_file=many_rows(3_000), **form).content.decode()
    assert "3,000 tasks ready" in html
    assert rows_of(ZipUpload.objects.get())[2_999] == {"photo": "cat.png", "caption": "Cat 2999"}


def test_what_is_wrong_with_many_rows_is_told_as_well(page: Client, workflow: OpenedWorkflow, hurry: None) -> None:
    check_archive(page, workflow, files("cat.png"), rows_file=many_rows(6_000))
    work()
    html = check_archive(page, workflow, files("cat.png"), rows_file=many_rows(6_000)).content.decode()
    assert "rows.csv has more than 5,000 rows." in html


def test_a_job_that_died_is_started_again(page: Client, workflow: OpenedWorkflow, hurry: None) -> None:
    check_archive(page, workflow, files("cat.png"), rows_file=many_rows(3_000))
    RowsFile.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    check_archive(page, workflow, files("cat.png"), rows_file=many_rows(3_000))
    assert DBTaskResult.objects.count() == 2
    work()
    assert RowsFile.objects.get().is_read


def test_a_few_hundred_rows_are_read_in_the_pages_own_answer(
    page: Client, workflow: OpenedWorkflow, hurry: None
) -> None:
    html = check_archive(page, workflow, files("cat.png"), rows_file=many_rows(400)).content.decode()
    assert "400 tasks ready" in html


def test_pages_check_one_archive_of_a_person_at_a_time(page: Client, workflow: OpenedWorkflow) -> None:
    with page_budget(workflow.key.owner_id):
        answer = check_archive(page, workflow, files("cat.png"), rows_file=many_rows(1))
    assert (answer.status_code, answer["HX-Trigger"]) == (204, "rows-being-read")
    assert "1 task ready" in check_archive(page, workflow, files("cat.png"), rows_file=many_rows(1)).content.decode()


def test_a_file_that_was_read_is_removed_after_a_day(page: Client, workflow: OpenedWorkflow, hurry: None) -> None:
    check_archive(page, workflow, files("cat.png"), rows_file=many_rows(3_000))
    assert remove_old_rows_files() == 0
    RowsFile.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert remove_old_rows_files() == 1


def test_rows_outlive_a_reload(page: Client, saved_key: SavedKey) -> None:
    """Another archive for the same rows: the file they came from need not be chosen again."""
    workflow = open_workflow(saved_key, FILE_AND_FIELDS)
    check_archive(
        page, workflow, files("cat.png"), rows_file=SimpleUploadedFile("rows.csv", b"photo,caption\ncat.png,A cat\n")
    )
    upload = ZipUpload.objects.get()
    html = page.get(address(workflow, f"?upload={upload.pk}")).content.decode()
    rows_from = re.search(r'name="rows_from" value="([^"]*)"', html)
    assert rows_from and "We’ll use your earlier rows" in html
    check_archive(
        page, workflow, files("cat.png", "more.png"), rows_from=rows_from[1], token=str(upload.submission.token)
    )
    assert rows_of(ZipUpload.objects.get()) == [{"photo": "cat.png", "caption": "A cat"}]


def test_rows_can_be_typed(page: Client, saved_key: SavedKey) -> None:
    typed = {"typed": 2, "row-1-photo": "cat.png", "row-1-caption": "A cat", "row-1-stars": "5"}
    check_archive(page, open_workflow(saved_key, FILE_AND_FIELDS), files("cat.png"), **typed)
    assert rows_of(ZipUpload.objects.get()) == [{"photo": "cat.png", "caption": "A cat", "stars": 5}]


def test_typed_times_are_of_the_clocks_around_the_person(saved_key: SavedKey, page: Client) -> None:
    workflow = open_workflow(saved_key, FILE_AND_FIELDS)
    page.cookies["zone"] = "Europe/Vienna"
    html = page.get(address(workflow)).content.decode()
    assert "Vienna time" in html and 'name="zone" value="Europe/Vienna"' in html
    row = {"row-1-photo": "cat.png", "row-1-caption": "A cat", "row-1-taken": "2026-11-24T00:30"}
    twice = row | {"typed": 1, "zone": "Europe/Vienna", "row-1-taken": "2026-10-25T02:30"}
    asked = page.post(address(workflow), twice).content.decode()
    assert 'name="offset-row-1-taken" value="+01:00"' in asked
    check_archive(page, workflow, files("cat.png"), typed=1, zone="Europe/Vienna", **row)
    assert rows_of(ZipUpload.objects.get())[0]["taken"] == "2026-11-23T23:30:00Z"


def test_typed_errors_are_said(page: Client, saved_key: SavedKey) -> None:
    answer = check_archive(
        page, open_workflow(saved_key, FILE_AND_FIELDS), files("cat.png"), typed=1, **{"row-1-photo": "cat.png"}
    )
    assert answer.status_code == 200 and "A row has an error" in answer.content.decode()
    assert ZipUpload.objects.count() == 0


def test_another_row_keeps_what_was_typed(page: Client, saved_key: SavedKey) -> None:
    form = {"typed": 1, "add_row": "1", "row-1-photo": "cat.png"}
    html = page.post(address(open_workflow(saved_key, FILE_AND_FIELDS)), form).content.decode()
    assert html.count('value="cat.png"') == 1
    assert "Row 2" in html and "row-2-photo" in html and "Row 3" not in html


def test_missing_rows_are_asked_for(page: Client, saved_key: SavedKey) -> None:
    """S154."""
    answer = check_archive(page, open_workflow(saved_key, FILE_AND_FIELDS), files("cat.png"))
    assert answer.status_code == 200 and "1 file found. Add a spreadsheet" in answer.content.decode()


def test_rows_file_that_cannot_be_read_is_said(page: Client, saved_key: SavedKey) -> None:
    answer = check_archive(
        page,
        open_workflow(saved_key, FILE_AND_FIELDS),
        files("cat.png"),
        rows_file=SimpleUploadedFile("rows.csv", b"photo,photo\na,b\n"),
    )
    assert answer.status_code == 200 and "No column of rows.csv matches a field" in answer.content.decode()


def test_rows_file_far_too_large_is_said_unread(page: Client, saved_key: SavedKey) -> None:
    table = SimpleUploadedFile("rows.csv", b"photo,caption\n" + bytes(16 * 1024 * 1024))
    answer = check_archive(page, open_workflow(saved_key, FILE_AND_FIELDS), files("cat.png"), rows_file=table)
    assert answer.status_code == 200 and "rows.csv is larger than 16 MB. Split it." in answer.content.decode()


def test_rejected_rows_come_back_without_their_file(page: Client, saved_key: SavedKey) -> None:
    """Try again: the earlier rows go along with an archive chosen anew, and stay one draft."""
    workflow = open_workflow(saved_key, FILE_AND_FIELDS)
    rows = SimpleUploadedFile("rows.csv", b"photo,caption\ncat.png,A cat\n")
    check_archive(page, workflow, files("cat.png"), rows_file=rows)
    submission = Submission.objects.get()
    ZipUpload.objects.all().delete()
    html = page.get(address(workflow, f"?rows={submission.pk}")).content.decode()
    assert "We’ll use your earlier rows" in html
    check_archive(page, workflow, files("cat.png"), rows_from=str(submission.pk), token=str(submission.token))
    assert ZipUpload.objects.get().submission_id == submission.pk
    assert rows_of(ZipUpload.objects.get()) == [{"photo": "cat.png", "caption": "A cat"}]


@pytest.mark.parametrize(("sends_rows", "words"), [(True, "Fix rejected rows"), (False, "Upload files")])
def test_ledger_offers_the_way_that_fits(page: Client, saved_key: SavedKey, sends_rows: bool, words: str) -> None:
    """Rows that were sent can be tried again; those that came out of the archive are mended in it."""
    check_archive(page, open_workflow(saved_key, TWO_FILES), files("a/front.png", "a/back.png"))
    ZipUpload.objects.update(sends_rows=sends_rows)
    Submission.objects.update(status="rejected", error_count=2)
    html = page.get(f"/submissions/{Submission.objects.get().pk}/").content.decode()
    assert words in html
    assert ("Fix rejected rows" in html) is sends_rows


def test_a_caption_that_is_used_once(page: Client, workflow: OpenedWorkflow, person: Any) -> None:
    """Rows are compared with each other and with what was sent, but not with the draft of the same page."""
    place = {"key": workflow.key, "workflow_id": workflow.workflow_id}
    WorkflowRule.objects.create(**place, position=1, kind="once", field="caption", value={"is_number": False})
    rows, token = b"photo,caption\ncat.png,One\ncat.png,Two\ncat.png,one\n", str(uuid4())
    html = text_of(check_archive(page, workflow, files("cat.png"), rows_file=rows_file(rows), token=token))
    assert "2 tasks ready, 1 row has errors" in html and "Also in row 2. " in html
    upload = ZipUpload.objects.get()
    upload.submission.use_values(rules_for(workflow.key_id, workflow.workflow_id), upload.submission.rows_with_values())
    assert FieldValue.objects.count() == 2 and not FieldValue.objects.used().exists()
    ZipUpload.objects.update(confirming_until=timezone.now())
    html = text_of(check_archive(page, workflow, files("cat.png"), rows_file=rows_file(rows), token=token))
    assert "2 tasks ready, 1 row has errors" in html
    html = text_of(check_archive(page, workflow, files("cat.png"), rows_file=rows_file(rows)))
    assert "3 rows have errors" in html and "Used already" in html and "It waits to be sent by" in html
