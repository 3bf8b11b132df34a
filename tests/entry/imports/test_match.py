"""How columns are matched by their headers, and the page that changes it."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from pipelines_portal.api_client import Field
from pipelines_portal.entry.models import RememberedMatching, Sheet
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.matching.columns import Matching
from pipelines_portal.matching.headers import match_headers
from tests.conftest import EVERY_TYPE
from tests.factories import make_colleague, open_workflow, share_key
from tests.pages import text_of

from .conftest import work
from .making import statuses
from .test_choose import CSV, address, sheet_at, upload

FIELDS = [
    Field(name="input_text", title="Text to translate"),
    Field(name="target_language", title="Target language"),
    Field(name="external_id", title="External ID"),
    Field(name="source", title="Source"),
]


def taken(*headers: str, fields: list[Field] = FIELDS) -> list[str]:
    return [match.used.field if match.used else "" for match in match_headers(list(headers), fields, {})]


def offered(header: str) -> list[str]:
    return match_headers([header], FIELDS, {})[0].offered


@pytest.mark.parametrize("header", ["input_text", "Text to translate", "TEXT TO TRANSLATE", "inputText", "input-text"])
def test_names_and_titles_are_matched_in_any_spelling(header: str) -> None:
    assert taken(header) == ["input_text"]


def test_a_column_that_is_nearly_a_title_is_offered() -> None:
    match = match_headers(["Target langage"], FIELDS, {})[0]
    assert match.used is None
    assert match.offered == ["target_language"]


@pytest.mark.parametrize(
    ("header", "fields"), [("Language", []), ("ID", []), ("Target", ["target_language"]), ("Ext ID", ["external_id"])]
)
def test_the_first_words_of_a_title_are_only_proposed(header: str, fields: list[str]) -> None:
    assert taken(header) == [""]
    assert set(fields) <= set(offered(header))


def test_a_field_is_matched_once_to_the_best_column() -> None:
    assert taken("Input Text", "input_text") == ["", "input_text"]
    assert taken("Target language", "Target language") == ["", ""]


def test_a_title_of_two_fields_is_only_offered() -> None:
    fields = [Field(name="a", title="Comment"), Field(name="b", title="Comment")]
    match = match_headers(["Comment"], fields, {})[0]
    assert (match.used, match.offered) == (None, ["a", "b"])


def begun(page: Any, saved_key: SavedKey, content: str | bytes, workflow_id: int = 42, name: str = "rows.csv") -> Any:
    """Return the import and the URL of its match page, which is shown."""
    workflow = open_workflow(saved_key, workflow_id)
    upload(page, workflow, content, name)
    sheet = Sheet.objects.get()
    change(page, sheet)
    return sheet, sheet_at(sheet.pk, "columns")


def change(page: Any, sheet: Sheet) -> None:
    """Go to the match page, as the line above the rows offers."""
    sheet.refresh_from_db()
    if sheet.status == Sheet.Status.CHECKED:
        page.post(sheet_at(sheet.pk, "columns", "again"))
        sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.MATCHING


def seen(page: Any, here: str) -> dict[str, str]:
    found = re.search(r'name="seen" value="([^"]+)"', page.get(here).content.decode())
    return {"seen": found[1] if found else ""}


ODD = "Titre,Target language\nBonjour,french\nHello,Germn\n"
GOOD = {"column-0": "field:input_text", "column-1": "field:target_language"}


def test_the_page_shows_samples_and_matches(page: Any, saved_key: SavedKey) -> None:
    """The columns come first, and what is rarely needed is folded. An outdated page changes nothing."""
    sheet, here = begun(page, saved_key, ODD)
    html = text_of(page.get(here))
    assert "<bdi>Bonjour</bdi>, <bdi>Hello</bdi>" in html
    assert "Matched" in html
    assert 'name="take" value="0:input_text"' not in html and 'name="take" value="0:notes"' not in html, "two texts"
    places = [html.index(words) for words in ("Field of Titre", "Check rows</button> <span", "File options")]
    assert places == sorted(places)
    assert "<details> <summary>File options" in html
    assert "<summary>1 optional field</summary>" in html, "notes; the required text is asked for"
    before = seen(page, here)
    response = page.post(here, before | {"column-0": "field:input_text", "column-1": "field:input_text"})
    assert response.status_code == 422 and "is also used by the column" in text_of(response)
    page.post(here.replace("columns/", "reading/"), before | {"header_line": "0"})
    done = page.post(here, before | GOOD, follow=True)
    assert "This import has just changed" in text_of(done)
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.MATCHING


def test_the_encoding_of_pasted_rows_is_not_asked_for(page: Any, saved_key: SavedKey) -> None:
    workflow = open_workflow(saved_key)
    page.post(address(workflow), {"token": uuid4(), "text": "Titre\tTarget language\nBonjour\tFrench\n"})
    sheet = Sheet.objects.get()
    change(page, sheet)
    html = text_of(page.get(sheet_at(sheet.pk, "columns")))
    assert "File options" in html and "Encoding" not in html


def test_a_column_without_a_field_is_not_imported_and_the_line_says_so(page: Any, saved_key: SavedKey) -> None:
    done = upload(page, open_workflow(saved_key), CSV.replace("\n", ",Ana\n").replace("language,Ana", "language,Agent"))
    assert done.request["PATH_INFO"].endswith("/grid/")
    html = text_of(done)
    assert "Matched 2 of 3 columns. Not imported: <b><bdi>Agent</bdi></b>" in html
    assert "Edit columns</button>" in html and '<select name="column-2">' in html
    sheet = Sheet.objects.get()
    assert sheet.rows.get(number=2).fields == {"input_text": "Hello", "target_language": "French"}
    place = [sheet.pk]
    done = page.post(reverse("sheets:rematch", args=place), {"column-2": "notes"}, follow=True)
    html = text_of(done)
    assert done.request["PATH_INFO"].endswith("/grid/") and "3 columns matched." in html and "column-2" not in html
    assert sheet.rows.get(number=2).fields["notes"] == "Ana"


def test_a_required_field_without_a_column_gets_one_value_for_all_rows(page: Any, saved_key: SavedKey) -> None:
    done = upload(page, open_workflow(saved_key), "Text to translate\nHello\nBye\n")
    html = text_of(done)
    assert "is missing <a" in html and "2 rows</a>" in html
    assert "Set for all rows" in html and "Choose a column" in html
    sheet = Sheet.objects.get()
    key = f"one-{sheet.error_groups.get().pk}"
    page.post(sheet_at(sheet.pk, "grid", "alike"), {"reason": key, f"to-{key}": "French"})
    assert statuses(sheet) == {2: "ready", 3: "ready"}
    assert not any("words" in each.data for each in RememberedMatching.objects.all()), "nothing stood in the file"


def test_without_any_match_the_columns_are_asked_for(page: Any, saved_key: SavedKey) -> None:
    done = upload(page, open_workflow(saved_key), "Titre,Langue\nBonjour,Klingon\nHello,Elvish\n")
    assert done.request["PATH_INFO"].endswith("/columns/")
    here = done.request["PATH_INFO"]
    html = text_of(done)
    assert "<details open> <summary>File options" in html
    response = page.post(here, seen(page, here) | {"column-0": "aside", "column-1": "aside"})
    assert response.status_code == 422
    assert '<a href="#column-0"><bdi>Titre</bdi>: Select a field for at least one column.' in text_of(response)


def test_the_check_of_many_rows_is_left_to_the_worker_after_a_second(
    page: Any, saved_key: SavedKey, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines_portal.entry.rows.checking.CHECKED_AT_ONCE", 20)
    rows = "".join(f"{number},French\n" for number in range(120))
    sheet, here = begun(page, saved_key, f"Titre,Target language\n{rows}")
    seen_there = seen(page, here)
    request.getfixturevalue("hurry")
    done = page.post(here, seen_there | GOOD, follow=True)
    assert "Checking rows…" in text_of(done)
    work()
    sheet.refresh_from_db()
    assert (sheet.status, sheet.row_count) == (Sheet.Status.CHECKED, 120)


def test_a_stored_match_is_used_for_all_people_who_use_the_key(page: Any, saved_key: Any) -> None:
    colleague = make_colleague()
    sheet, here = begun(page, saved_key, "Titre,Notiz,Target language\nBonjour,x,French\n")
    columns = {"column-0": "field:input_text", "column-1": "aside", "column-2": "field:target_language"}
    page.post(here, seen(page, here) | columns)
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.CHECKED
    share_key(saved_key, colleague)
    page.force_login(colleague)
    workflow = saved_key.workflows.get()
    upload(page, workflow, "TITRE,notiz,Target language\nAu revoir,y,French\n")
    second = Sheet.objects.get(owner=colleague)
    assert second.status == Sheet.Status.CHECKED
    column_list = Matching.load(second.matching).columns
    assert [column.field for column in column_list] == ["input_text", "", "target_language"]
    assert column_list[0].how.startswith("Same as last time")
    assert RememberedMatching.objects.count() == 1


def test_a_constant_is_the_value_of_every_row(page: Any, saved_key: SavedKey) -> None:
    """Accepting a proposal keeps all other input."""
    sheet, here = begun(page, saved_key, "Text\nHello\nBye\n")
    assert 'name="take" value="0:input_text"' in page.get(here).content.decode()
    posted = seen(page, here) | {"column-0": "aside", "constant-target_language": "Dutch"}
    html = text_of(page.post(here, posted | {"take": "0:input_text"}))
    assert '<option value="field:input_text" title="input_text" selected' in html and 'value="Dutch"' in html
    bad = page.post(here, posted | {"column-0": "field:input_text"})
    assert bad.status_code == 422
    assert "Choose one of the options: French, German, Spanish." in text_of(bad)
    page.post(here, posted | {"column-0": "field:input_text", "constant-target_language": "French"})
    assert statuses(sheet) == {2: "ready", 3: "ready"}


def test_lines_above_the_header_are_skipped_and_the_header_can_be_changed(page: Any, saved_key: SavedKey) -> None:
    sheet, here = begun(page, saved_key, "Warranty texts 2026,\nTitre,Target language\nBonjour,French\n")
    assert Matching.load(sheet.matching).header_line == 1
    again = here.replace("columns/", "reading/")
    page.post(again, seen(page, here) | {"header_line": "0"})
    sheet.refresh_from_db()
    matching = Matching.load(sheet.matching)
    assert (matching.header_line, [column.header for column in matching.columns]) == (-1, ["Column 1", "Column 2"])


def test_choosing_another_encoding_reads_the_file_again(page: Any, saved_key: SavedKey) -> None:
    sheet, here = begun(page, saved_key, "Titre;Target language\nПривет;french\n".encode("cp1251"))
    assert "Привет" not in text_of(page.get(here))
    page.post(here.replace("columns/", "reading/"), seen(page, here) | {"encoding": "cp1251", "delimiter": ";"})
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.CHECKED, "it is read again, and checked"
    change(page, sheet)
    assert "Привет" in text_of(page.get(here))


def test_numbers_and_dates_that_can_be_read_in_two_ways_are_not_read(page: Any, saved_key: SavedKey) -> None:
    """One answer on the match page reads them all, and is remembered. What is certain is read."""
    rows = "short,sure,amount,due\na,ja,1.000,03/04/2026 10:00\nb,nein,5,2026-04-13T10:00:00Z\n"
    upload(page, open_workflow(saved_key, EVERY_TYPE), rows)
    sheet = Sheet.objects.get()
    assert statuses(sheet) == {2: "to_fix", 3: "ready"}
    html = text_of(page.get(sheet_at(sheet.pk, "grid")))
    assert "Is it 1000 or 1?" in html
    assert "Is it 3 April or 4 March?" in html and ">3 Apr or 4 Mar?</span>" in html
    assert html.count("Choose a format") == 2
    # Its answer is a whole page, so it posts a form that htmx does not put into the sheet.
    assert html.count('<form hidden method="post" id="rematch-') >= 2 and html.count('form="rematch-') == 2
    change(page, sheet)
    here = sheet_at(sheet.pk, "columns")
    assert "<details open> <summary>Numbers and dates" in text_of(page.get(here))
    page.post(here, seen(page, here) | {"decimal": ".", "day_first": "month", "zone": "Europe/Vienna"})
    sheet.refresh_from_db()
    matching = Matching.load(sheet.matching)
    assert (matching.decimal, matching.day_first, matching.zone) == (".", False, "Europe/Vienna")
    assert sheet.rows.get(number=2).fields["amount"] == 1
    row = text_of(page.get(sheet_at(sheet.pk, "grid"))).split('id="row-2"')[1].split("</tr>")[0]
    assert 'data-text="03/04/2026 10:00"' in row and ">4 Mar" in row, "as it is understood"
    remembered = RememberedMatching.objects.get().data
    assert (remembered["decimal"], remembered["day_first"], remembered["zone"]) == (".", False, "Europe/Vienna")


def test_columns_that_a_person_chooses_show_how_numbers_are_written(page: Any, saved_key: SavedKey) -> None:
    rows = 'short,sure,Betrag\na,yes,"2,5"\nb,no,5.000\nc,no,7\n'
    sheet, here = begun(page, saved_key, rows, EVERY_TYPE)
    page.post(here, seen(page, here) | {"column-2": "field:amount"})
    sheet.refresh_from_db()
    assert Matching.load(sheet.matching).decimal == ","
    assert sheet.rows.get(number=2).fields["amount"] == 2.5


def test_a_notation_that_nobody_chose_is_not_remembered(page: Any, saved_key: SavedKey) -> None:
    sheet, here = begun(page, saved_key, "short,sure,amount\na,yes,5\n", EVERY_TYPE)
    page.post(here, seen(page, here))
    sheet.refresh_from_db()
    assert sheet.status == Sheet.Status.CHECKED
    assert not {"decimal", "day_first", "zone"} & RememberedMatching.objects.get().data.keys()


def test_columns_that_a_download_added_are_skipped(page: Any, saved_key: SavedKey) -> None:
    upload(page, open_workflow(saved_key), "input_text,targetLanguage,Row in the file\nA,French,2\n")
    assert Sheet.objects.get().status == Sheet.Status.CHECKED
    assert [column.is_aside for column in Matching.load(Sheet.objects.get().matching).columns] == [0, 0, 1]


def test_a_column_without_a_name_and_with_a_late_value_is_not_dropped(page: Any, saved_key: SavedKey) -> None:
    rows = "Hello,French\n" * 520 + "Hello,French,far below\n"
    sheet, here = begun(page, saved_key, "Text to translate,Target language\n" + rows)
    assert [column.header for column in Matching.load(sheet.matching).columns][2:] == ["Column 3"]
    assert "Column 3" in text_of(page.get(here))
