"""Corrections of words are applied in the next imports, and can be undone."""

from typing import Any

import pytest

from pipelines_portal.entry.models import Change, ImportJob, RememberedMatching
from pipelines_portal.entry.rows.learned_words import learn_word, learned_words
from pipelines_portal.keys.models import SavedKey
from pipelines_portal.matching.columns import Matching
from tests.factories import browser_of, make_colleague, open_workflow, share_key
from tests.pages import text_of

from .making import statuses
from .test_choose import sheet, upload
from .test_fix import undo

FILE = "Text to translate,Target language\nHello,Deutsch\nBye,French\n"


@pytest.fixture
def workflow(page: Any, saved_key: SavedKey) -> Any:
    return open_workflow(saved_key)


def stored_words() -> list[list[str]]:
    return [word for each in RememberedMatching.objects.all() for word in each.data.get("words", ())]


def imported(page: Any, workflow: Any, content: str = FILE) -> ImportJob:
    upload(page, workflow, content)
    return ImportJob.objects.order_by("created_at").last()


def correct(page: Any, import_job: ImportJob, to: str = "German", **more: str) -> Any:
    """Replace the one wrong word of the import."""
    key = f"one-{import_job.error_groups.get().pk}"
    form = {"reason": key, f"to-{key}": to} | more
    return page.post(sheet(import_job.pk, "grid", "alike"), form, follow=True)


def forget(page: Any, import_job: ImportJob, word: str = "Deutsch") -> Any:
    form = {"field": "target_language", "word": word}
    return page.post(sheet(import_job.pk, "words", "forget"), form, follow=True)


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
    html = text_of(browser.get(sheet(second.pk, "grid")))
    assert "“<bdi>Deutsch</bdi>” became “<bdi>German</bdi>”, as last time." in html
    shown = text_of(browser.get(f"{sheet(second.pk, 'grid')}?show=ready"))
    assert 'data-text="' not in shown.split('id="row-2"')[1].split("</tr>")[0] and ">German</td>" in shown


def test_the_undo_works_for_this_import_and_forgets_the_word(page: Any, workflow: Any) -> None:
    """Not once rows were sent. Then the last correction counts, until it is undone itself."""
    correct(page, imported(page, workflow))
    second = imported(page, workflow, FILE.replace("Hello", "Servus"))
    ImportJob.objects.filter(pk=second.pk).update(status=ImportJob.Status.SENDING)
    assert "Not undone" in text_of(forget(page, second)) and stored_words()
    ImportJob.objects.filter(pk=second.pk).update(status=ImportJob.Status.CHECKED)
    done = forget(page, second)
    assert done.request["PATH_INFO"].endswith("/grid/")
    assert statuses(second) == {2: "to_fix", 3: "ready"}
    assert "as last time" not in text_of(done)
    assert not stored_words()
    assert "Not undone" in text_of(forget(page, second, "no such word\0"))
    correct(page, second, "Spanish")
    assert [choice for *_, choice in stored_words()] == ["Spanish"]
    undo(page, second)
    assert not stored_words() and Change.objects.get(import_job=second).is_undone


def test_only_words_of_the_file_and_choices_of_the_field_are_applied(page: Any, workflow: Any) -> None:
    correct(page, imported(page, workflow))
    second = imported(page, workflow, FILE.replace("Deutsch", "Spanish"))
    assert "as last time" not in text_of(page.get(sheet(second.pk, "grid")))
    assert Matching.load(second.matching).words == {}
    remembered = RememberedMatching.objects.get()
    remembered.data["words"][0][2] = "Dutch"
    remembered.save()
    assert statuses(imported(page, workflow))[2] == "to_fix", "the field lost the choice"


def test_skipping_and_emptying_teach_nothing(page: Any, workflow: Any, monkeypatch: Any) -> None:
    """Very long words neither. Words are cleaned, and the oldest are dropped."""
    import_job = imported(page, workflow)
    for more in ({"do": "empty"}, {"do": "aside"}):
        correct(page, import_job, **more)
    undo(page, import_job)
    correct(page, imported(page, workflow, FILE.replace("Deutsch", "Deutsch" * 20)))
    assert Change.objects.count() == 2 and not stored_words()
    monkeypatch.setattr("pipelines_portal.entry.rows.learned_words.MOST_LEARNED", 3)
    for word in ("one", "two\0", "three", "four", "ONE"):
        learn_word(import_job, "target_language", word, "German")
    assert list(learned_words(import_job, import_job.parsed_schema)["target_language"]) == ["three", "four", "ONE"]
