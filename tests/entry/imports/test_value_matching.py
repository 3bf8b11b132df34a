"""Which columns are matched by their values, and which are not."""

from time import process_time
from typing import Any

import pytest

from pipelines_portal.api_client import Field, Schema
from pipelines_portal.entry.models import ImportJob
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.matching.columns import NO_HEADER, Matching
from pipelines_portal.matching.value_matching import Samples, match_values
from pipelines_portal.spreadsheets.cells import Lines
from tests.conftest import EVERY_TYPE
from tests.factories import open_workflow
from tests.pages import text_of

from .making import statuses
from .test_choose import upload
from .test_match import change, seen

CHANNEL = Field(name="channel", type="select", options=["Email", "Chat", "Phone", "Web form"])
PAYING = Field(name="paying", type="boolean")
URGENCY = Field(name="urgency", type="rating", format_hint="Number between 1 and 5")
VALUE = Field(name="value", type="numeric")
RECEIVED = Field(name="received", type="datetime")
SUBJECT = Field(name="subject", type="short_text", required=True)
ALL = [CHANNEL, PAYING, URGENCY, VALUE, RECEIVED, SUBJECT]


def rows(*columns: list[str]) -> Lines:
    return [(number, list(cells)) for number, cells in enumerate(zip(*columns, strict=True), 2)]


def used(*columns: list[str], fields: list[Field] = ALL, words: Any = None) -> list[str]:
    samples = Samples(Schema(fields=fields), rows(*columns), words or {})
    matches = match_values(samples, range(len(columns)), fields)
    return [matches.get(place, "") for place in range(len(columns))]


@pytest.mark.parametrize(
    ("cells", "field"),
    [
        (["Email", "Chat", "Phone"], "channel"),
        (["email", " CHAT", "Web Form"], "channel"),
        (["ja", "nein", "Ja"], "paying"),
        (["wahr", "falsch", "WAHR"], "paying"),
        (["yes", "no", ""], "paying"),
        (["3", "1", "5", "3"], "urgency"),
        (["49,90", "12,00", "1.234,50"], "value"),
        (["1.234,50 €", "3 €", "7 €"], "value"),
        (["27.11.2026 10:15", "28.11.2026", "1.12.2026"], "received"),
        (["2026-11-27T10:15:00Z"], "received"),
    ],
)
def test_values_that_only_one_field_accepts_are_certain(cells: list[str], field: str) -> None:
    assert used(cells) == [field]


@pytest.mark.parametrize(
    "cells",
    [
        ["Refund order 1182", "Parcel late", "Hello"],
        ["Email", "Fax", "Telex"],
        ["1", "0", "1", "1"],
        ["1", "2", "3", "4"],
        ["10234", "10871", "10007"],
        ["12", "12", "7"],
        ["3", "5"],
        ["20261127", "20261128", "20261128"],
        ["", "", ""],
        ["x" * 5_000, "x" * 5_000],
    ],
    ids=[
        "texts", "other words", "ones and zeros", "row numbers", "numbers that never repeat", "counts", "two numbers",
        "digits as dates", "nothing", "long",
    ],
)  # fmt: skip
def test_values_that_may_be_anything_are_not_certain(cells: list[str]) -> None:
    assert used(cells) == [""]


def test_a_few_misspelled_words_do_not_matter() -> None:
    assert used(["Email", "Email", "Chat", "E-Mail", "Fax"]) == ["channel"]
    assert used(["Email", "Chat", "E-Mail", "Fax"]) == [""]
    assert used(["ja"] * 18 + ["vielleicht"] * 2) == ["paying"]
    assert used(["ja"] * 17 + ["vielleicht"] * 3) == [""]


def test_what_is_certain_depends_on_the_other_columns_and_fields() -> None:
    assert used(["E-Mail", "E-Mail", "Chat"], words={"channel": {"e-mail": "Email"}}) == ["channel"]
    assert used(["ja", "nein"], ["nein", "ja"]) == ["", ""]
    assert used(["ja", "nein"], fields=[PAYING, Field(name="open", type="boolean")]) == [""]
    assert used(["3", "1", "3"], ["49,90", "12,00", "3,10"]) == ["urgency", "value"]
    assert used(["Ana", "Ben"], fields=[SUBJECT]) == [""], "texts match nothing"
    words = Field(name="words", type="numeric", format_hint="Number between 1 and 500")
    assert used(["12", "12", "340"], fields=[words]) == ["words"]
    assert used(["12", "13", "340"], fields=[words]) == [""], "whole numbers that do not repeat"


def test_the_longest_files_and_widest_schemas_take_moments() -> None:
    """A limited number of cells is read, and then nothing is certain."""
    fields = [
        Field(name=f"f{number}", type="select", options=[f"{number} {n}" for n in range(10)]) for number in range(400)
    ]
    columns = [[f"{place} {row % 10}" for row in range(250)] for place in range(300)]
    samples, start = Samples(Schema(fields=fields), rows(*columns), {}), process_time()
    assert match_values(samples, range(300), fields) == {}
    assert process_time() - start < 5


# In imports


GERMAN = "Betreff;Bezahlt;Sterne;Sprache\nHallo;ja;3;french\nServus;nein;1;German\nGruezi;ja;3;Spanish\n"


def test_a_german_sheet_is_matched_by_its_values_and_the_line_says_so(page: Any, saved_key: SavedKey) -> None:
    done = upload(page, open_workflow(saved_key, EVERY_TYPE), GERMAN.encode())
    assert done.request["PATH_INFO"].endswith("/check/")
    html = text_of(done)
    assert "Matched 3 of 4 columns." in html
    assert "<b><bdi>Bezahlt</bdi></b> → Sure" in html
    assert "Not imported: <b><bdi>Betreff</bdi></b>" in html
    import_job = ImportJob.objects.get()
    assert [column.field for column in Matching.load(import_job.matching).columns] == ["", "sure", "stars", "language"]
    change(page, import_job)
    here = import_job.get_absolute_url()
    page.post(here, seen(page, here) | {"column-0": "field:short"})
    assert import_job.rows.get(number=2).fields == {"short": "Hallo", "sure": True, "stars": 3, "language": "French"}


def test_a_header_that_is_nearly_a_title_is_matched_if_its_values_fit(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    upload(page, workflow, "Text to translate,target_langage\nHello,French\n")
    upload(page, workflow, "Text to translat,target_language\nHello,French\n")
    first, second = (
        [column.field for column in Matching.load(each.matching).columns]
        for each in ImportJob.objects.order_by("created_at")
    )
    assert first == ["input_text", "target_language"]
    assert second == ["", "target_language"], "any text fits a text"


def test_rows_without_a_heading_are_recognized(page: Any, saved_key: SavedKey) -> None:
    done = upload(page, open_workflow(saved_key), "Hello,French\nBye,German\n")
    import_job = ImportJob.objects.get()
    matching = Matching.load(import_job.matching)
    assert (matching.header_line, [column.field for column in matching.columns]) == (NO_HEADER, ["", "target_language"])
    assert statuses(import_job) == {1: "to_fix", 2: "to_fix"}, "the text is missing, and no row is lost"
    assert "No header row." in text_of(done)


def test_what_was_matched_without_a_heading_is_remembered_if_the_values_fit(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    upload(page, workflow, "Hello,French\nBye,German\n")
    import_job = ImportJob.objects.get()
    change(page, import_job)
    here = import_job.get_absolute_url()
    page.post(here, seen(page, here) | {"column-0": "field:input_text"})
    assert statuses(import_job) == {1: "ready", 2: "ready"}
    upload(page, workflow, "Servus,Spanish\n", "same.csv")
    upload(page, workflow, "Spanish,Servus\n", "other.csv")
    same, other = (
        [column.field for column in Matching.load(ImportJob.objects.get(file_name=f"{name}.csv").matching).columns]
        for name in ("same", "other")
    )
    assert same == ["input_text", "target_language"]
    assert other == ["target_language", ""]


def test_a_first_row_that_the_fields_refuse_is_a_heading(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    for first in ("Titre,Langue", "Report 2026,", "Hello,Language"):
        upload(page, workflow, f"{first}\nHello,French\nBye,German\n")
        assert Matching.load(ImportJob.objects.latest("created_at").matching).header_line == 0, first
