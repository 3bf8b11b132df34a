"""A file of rows with an archive's paths in it: downloaded, completed, and taken."""

import csv
import io
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.uploads.archive.directory import Directory, Unusable
from pipelines_portal.uploads.archive.rows import rows_to_complete, table_to_complete
from pipelines_portal.uploads.models import ZipUpload
from tests.archives import files
from tests.conftest import FILE_AND_FIELDS
from tests.factories import open_workflow

from .choosing import address, check_archive, rows_of


def schema(*names: str, **titles: str) -> Schema:
    fields = [Field(name=name, title=titles.get(name, ""), type="file_upload") for name in names]
    fields += [Field(name=name, title=title) for name, title in titles.items() if name not in names]
    return Schema(fields=fields, has_file_upload_fields=True, has_only_file_upload_fields=False)


def download(page: Client, workflow: Any, archive: bytes, **more: Any) -> Any:
    form = {"token": str(uuid4()), "name": "a.zip", "size": len(archive)}
    return page.post(address(workflow) + "rows.csv", form | {"tail": SimpleUploadedFile("tail", archive)} | more)


def test_downloaded_completed_and_taken(page: Client, saved_key: SavedKey) -> None:
    """The whole way round: the header's titles are known again."""
    workflow, archive = open_workflow(saved_key, FILE_AND_FIELDS), files("img/cat.png", "img/dog.png", ".DS_Store")
    answer = download(page, workflow, archive)
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows == [
        ["Photo", "Caption", "Stars", "Taken"],
        ["img/cat.png", "", "", ""],
        ["img/dog.png", "", "", ""],
    ]
    assert 'filename="rows.csv"' in answer["Content-Disposition"]
    rows[1][1:] = ["A cat", "4", ""]
    completed = "\n".join(",".join(row) for row in rows)
    html = check_archive(
        page, workflow, archive, rows_file=SimpleUploadedFile("rows.csv", completed.encode())
    ).content.decode()
    assert "1 task ready" in html
    assert rows_of(ZipUpload.objects.get())[0] == {"photo": "img/cat.png", "caption": "A cat", "stars": 4}


def test_nothing_is_kept_of_what_was_sent(page: Client, saved_key: SavedKey) -> None:
    download(page, open_workflow(saved_key, FILE_AND_FIELDS), files("cat.png"))
    assert ZipUpload.objects.count() == 0


@pytest.mark.parametrize("archive", [b"", b"no archive", files("../cat.png")])
def test_what_cannot_be_read_is_a_page_that_says_so(page: Client, saved_key: SavedKey, archive: bytes) -> None:
    answer = download(page, open_workflow(saved_key, FILE_AND_FIELDS), archive)
    assert answer.status_code == 422 and "No template for these files" in answer.content.decode()


def test_a_list_that_did_not_come_along_is_said(page: Client, saved_key: SavedKey) -> None:
    answer = page.post(address(open_workflow(saved_key, FILE_AND_FIELDS)) + "rows.csv", {"token": "x"})
    assert answer.status_code == 422 and "The list of files is missing" in answer.content.decode()


def test_files_that_no_row_names_are_told(page: Client, saved_key: SavedKey) -> None:
    rows = SimpleUploadedFile("rows.csv", b"photo,caption\n./img//cat.png,A cat\n")
    html = check_archive(
        page,
        open_workflow(saved_key, FILE_AND_FIELDS),
        files("img/cat.png", "img/dog.png", "Thumbs.db"),
        rows_file=rows,
    ).content.decode()
    assert "1 file isn’t used" in html and "img/dog.png" in html
    assert "1 task ready" in html


def test_a_word_at_once_when_the_files_come_first(page: Client, saved_key: SavedKey) -> None:
    html = check_archive(page, open_workflow(saved_key, FILE_AND_FIELDS), files("cat.png", "dog.png")).content.decode()
    assert "2 files found. Add a spreadsheet" in html and "Download template" in html
    assert "data-upload-now" not in html and ZipUpload.objects.count() == 0


def test_a_row_a_folder_where_files_are_called_like_the_fields() -> None:
    directory = Directory(["x/a/front.png", "x/a/BACK.png", "x/b/front.png", "x/b/readme.txt"])
    rows = rows_to_complete(directory, schema("front", "back"))
    assert rows == [{"front": "x/a/front.png", "back": "x/a/BACK.png"}, {"front": "x/b/front.png"}]


def test_a_row_a_file_where_none_is() -> None:
    assert rows_to_complete(Directory(["b.png", "a/c.png"]), schema("front", "back")) == [
        {"front": "a/c.png"},
        {"front": "b.png"},
    ]


def test_more_rows_than_go_into_one_upload_are_refused() -> None:
    with pytest.raises(Unusable, match="5,001 rows"):
        rows_to_complete(Directory([f"{number}.png" for number in range(5001)]), schema("photo"))


def test_titles_head_the_columns_unless_they_would_mislead() -> None:
    """One title of two fields, and one that is another field's name."""
    fields = schema("photo", photo="Photo of it", a="Same", b=" same", c="d", d="Total", e=" ")
    assert table_to_complete([{"d": 1}], fields) == (
        ["Photo of it", "a", "b", "c", "Total", "e"],
        [["", "", "", "", "1", ""]],
    )


def test_numbers_with_a_decimal_comma_are_read_as_the_file_writes_them(page: Client, saved_key: SavedKey) -> None:
    """As German Excel saves what was downloaded; texts stay as they are."""
    text = "\ufeffPhoto;Caption;Stars\r\ncat.png;1,5;4,0\r\ndog.png;2,5;1,00\r\n"
    rows = SimpleUploadedFile("rows.csv", text.encode())
    html = check_archive(
        page, open_workflow(saved_key, FILE_AND_FIELDS), files("cat.png", "dog.png"), rows_file=rows
    ).content.decode()
    assert "2 tasks ready" in html and "Number format: 1.234,5" in html
    assert rows_of(ZipUpload.objects.get())[1] == {"photo": "dog.png", "caption": "2,5", "stars": 1}


@pytest.mark.parametrize(
    ("name", "content"),
    [(f"{'n' * 200}.csv", b"x"), ("rows.csv", b"photo," + b"h" * 9000 + b"," + b"h" * 9000 + b"\na")],
)
def test_what_is_said_of_a_file_of_rows_is_as_short_as_can_be_read(
    page: Client, saved_key: SavedKey, name: str, content: bytes
) -> None:
    """Whatever the file and its columns are called."""
    rows = SimpleUploadedFile(name, content)
    html = check_archive(
        page, open_workflow(saved_key, FILE_AND_FIELDS), files("cat.png"), rows_file=rows
    ).content.decode()
    assert "…" in html and "n" * 73 not in html and "h" * 73 not in html
