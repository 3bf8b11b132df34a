"""Corrections of words are applied in the next imports, and can be undone."""

from typing import Any

import pytest

from pipelines_portal.entry.models import Change, RememberedMatching, Sheet
from pipelines_portal.entry.rows.learned_words import learn_word, learned_words
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.matching.columns import Matching
from tests.factories import browser_of, make_colleague, open_workflow, share_key
from tests.pages import text_of

from .making import statuses
from .test_choose import sheet_at, upload
from .test_fix import undo

FILE = "Text to translate,Target language\nHello,Deutsch\nBye,French\n"


@pytest.fixture
def workflow(page: Any, saved_key: SavedKey) -> Any:
    return open_workflow(saved_key)


def stored_words() -> list[list[str]]:
    return [word for each in RememberedMatching.objects.all() for word in each.data.get("words", ())]


def imported(page: Any, workflow: Any, content: str = FILE) -> Sheet:
    upload(page, workflow, content)
    return Sheet.objects.order_by("created_at").last()


def correct(page: Any, sheet: Sheet, to: str = "German", **more: str) -> Any:
    """Replace the one wrong word of the import."""
    key = f"one-{sheet.error_groups.get().pk}"
    form = {"reason": key, f"to-{key}": to} | more
    return page.post(sheet_at(sheet.pk, "grid", "alike"), form, follow=True)


def forget(page: Any, sheet: Sheet, word: str = "Deutsch") -> Any:
    form = {"field": "target_language", "word": word}
    return page.post(sheet_at(sheet.pk, "words", "forget"), form, follow=True)


def test_a_corrected_word_is_applied_and_said_in_the_next_import_of_everybody(
    page: Any, workflow: Any, saved_key: SavedKey
) -> None:
    first = imported(page, workflow)
    assert statuses(first) == {2: "to_fix", 3: "ready"}
    correct(page, first)
    assert statuses(first) == {2: "ready", 3: "ready"}
    colleague = make_colleague()
    share_key(saved_key, colleague)
    browser = browser_of(colleague)
    second = imported(browser, workflow, FILE.replace("Deutsch", " DEUTSCH").replace("Hello", "Servus"))
    assert statuses(second) == {2: "ready", 3: "ready"}
    assert second.rows.get(number=2).fields["target_language"] == "German"
    html = text_of(browser.get(sheet_at(second.pk, "grid")))
    assert "“<bdi>Deutsch</bdi>” became “<bdi>German</bdi>”, as last time." in html
    shown = text_of(browser.get(f"{sheet_at(second.pk, 'grid')}?show=ready"))
    assert 'data-text="' not in shown.split('id="row-2"')[1].split("</tr>")[0] and ">German</td>" in shown


def test_the_undo_works_for_this_import_and_forgets_the_word(page: Any, workflow: Any) -> None:
    """Not once rows were sent. Then the last correction counts, until it is undone itself."""
    correct(page, imported(page, workflow))
    second = imported(page, workflow, FILE.replace("Hello", "Servus"))
    Sheet.objects.filter(pk=second.pk).update(status=Sheet.Status.SENDING)
    assert "Not undone" in text_of(forget(page, second)) and stored_words()
    Sheet.objects.filter(pk=second.pk).update(status=Sheet.Status.CHECKED)
    done = forget(page, second)
    assert done.request["PATH_INFO"].endswith("/grid/")
    assert statuses(second) == {2: "to_fix", 3: "ready"}
    assert "as last time" not in text_of(done)
    assert not stored_words()
    assert "Not undone" in text_of(forget(page, second, "no such word\0"))
    correct(page, second, "Spanish")
    assert [choice for *_, choice in stored_words()] == ["Spanish"]
    undo(page, second)
    assert not stored_words() and Change.objects.get(sheet=second).is_undone


def test_only_words_of_the_file_and_choices_of_the_field_are_applied(page: Any, workflow: Any) -> None:
    correct(page, imported(page, workflow))
    second = imported(page, workflow, FILE.replace("Deutsch", "Spanish"))
    assert "as last time" not in text_of(page.get(sheet_at(second.pk, "grid")))
    assert Matching.load(second.matching).words == {}
    remembered = RememberedMatching.objects.get()
    remembered.data["words"][0][2] = "Dutch"
    remembered.save()
    assert statuses(imported(page, workflow))[2] == "to_fix", "the field lost the choice"


def test_skipping_and_emptying_teach_nothing(page: Any, workflow: Any, monkeypatch: Any) -> None:
    """Very long words neither. Words are cleaned, and the oldest are dropped."""
    sheet = imported(page, workflow)
    for more in ({"do": "empty"}, {"do": "aside"}):
        correct(page, sheet, **more)
    undo(page, sheet)
    correct(page, imported(page, workflow, FILE.replace("Deutsch", "Deutsch" * 20)))
    assert Change.objects.count() == 2 and not stored_words()
    monkeypatch.setattr("pipelines_portal.entry.rows.learned_words.MOST_LEARNED", 3)
    for word in ("one", "two\0", "three", "four", "ONE"):
        learn_word(sheet, "target_language", word, "German")
    assert list(learned_words(sheet, sheet.parsed_schema)["target_language"]) == ["three", "four", "ONE"]
