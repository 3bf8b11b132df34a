"""The palette suggests what a person may open, and nothing else."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from pipelines_portal.accounts.models import User
from pipelines_portal.entry.models import Sheet, TypedDraft
from pipelines_portal.entry.models.form import Preset
from pipelines_portal.overview.palette import marked
from pipelines_portal.tasks.models import SavedView
from pipelines_portal.workflows.marks import mark, visit
from tests.conftest import EVERY_TYPE, FILES, TRANSLATIONS
from tests.each_case import each_case
from tests.factories import (
    Desk,
    browser_of,
    make_colleague,
    make_index,
    make_person,
    make_stranger,
    make_task,
    make_team,
    open_workflow,
    save_key,
    share_key,
)
from tests.submissions.search.sending import send_texts

OTHER_KEY = "pk_live_" + "b" * 40


def ask(desk: Desk, text: str, page: str = "", by: User | None = None) -> dict[str, list[Any]]:
    """Return the suggestions by group."""
    browser = browser_of(by) if by else desk.browser
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"} if page else {}
    answer = browser.get("/palette/", {"q": text}, headers=headers)
    assert answer.status_code == 200
    return {group.title: group.options for group in answer.context["groups"]}


def text_of(option: Any) -> str:
    return "".join(part.text for part in option.parts)


def texts(desk: Desk, text: str, page: str = "", by: User | None = None) -> dict[str, list[str]]:
    return {title: list(map(text_of, options)) for title, options in ask(desk, text, page, by).items()}


def of_workflow(desk: Desk) -> str:
    return f"/keys/{desk.key.pk}/workflows/{desk.workflow.workflow_id}/tasks/"


def make_import(desk: Desk, name: str, **values: Any) -> Sheet:
    given = {"owner": desk.person, "workflow_name": "Translations", "size_bytes": 1, "status": "matching"} | values
    return Sheet.objects.create(key=desk.key, workflow_id=TRANSLATIONS, file_name=name, **given)


# --- workflows and places ---------------------------------------------------------------------------------------------


def test_without_a_text_it_lists_recent_workflows_and_places(desk: Desk) -> None:
    hidden = open_workflow(desk.key, FILES, name="Files")
    mark(hidden, desk.person, "hide")
    found = texts(desk, "")
    assert found == {
        "Recent workflows": ["Translations"],
        "Go to": ["Home", "Needs attention", "Sent", "Drafts", "Notifications", "API keys", "Team", "Account", "Help"],
    }


def test_a_workflow_leads_to_its_tasks_and_to_a_new_one(desk: Desk) -> None:
    open_workflow(desk.key, EVERY_TYPE, name="Trains", status="ARCHIVED")
    found = ask(desk, "TRAn")["Workflows"]
    assert [text_of(option) for option in found] == ["Translations", "New task in Translations"]
    place = f"/keys/{desk.key.pk}/workflows/{TRANSLATIONS}/tasks/"
    assert (found[0].url, found[0].second, found[0].where) == (place, f"{place}new/", "Tasks")
    (closed,) = ask(desk, "trains")["Workflows"]
    assert (closed.second, closed.is_closed) == ("", True)
    assert text_of(ask(desk, str(TRANSLATIONS))["Workflows"][0]) == "Translations"


def test_names_that_begin_with_the_text_come_first(desk: Desk) -> None:
    for number, name in enumerate(("Customer support", "Unsupported", "Support ticket triage"), start=900):
        open_workflow(desk.key, number, name=name)
    shown = [text for text in texts(desk, "sup")["Workflows"] if not text.startswith("New task")]
    assert shown == ["Support ticket triage", "Customer support", "Unsupported"]


def test_a_viewer_is_offered_nothing_that_sends(desk: Desk) -> None:
    viewer = make_person("viewer@acme.example", role="viewer")
    share_key(desk.key, viewer)
    Preset.objects.create(key=desk.key, workflow_id=TRANSLATIONS, name="Translate it", is_shared=True)
    (option,) = ask(desk, "trans", of_workflow(desk), viewer)["Workflows"]
    assert option.second == ""
    assert "Presets" not in texts(desk, "translate", of_workflow(desk), viewer)


def test_workflows_of_other_organizations_are_listed_under_the_name_of_their_key(desk: Desk) -> None:
    second = save_key(desk.person, OTHER_KEY, "Northwind")
    open_workflow(second, 77, name="Transport")
    page = f"/keys/{second.pk}/workflows/77/tasks/"
    assert list(texts(desk, "trans")) == ["Workflows", "Northwind", "Search"]
    found = texts(desk, "trans", page)
    assert found["Workflows"][0] == "Transport"
    assert found["Acme Labeling"][0] == "Translations"
    assert [option.where for option in ask(desk, "", page)["Recent workflows"]] == ["Acme Labeling", "Tasks"]


def test_places_are_found_by_name(desk: Desk) -> None:
    found = ask(desk, "api")
    assert [option.url for option in found["Go to"]] == ["/keys/"]
    assert ask(desk, "help", of_workflow(desk))["Go to"][0].url == "/help/operators/find/"
    assert ask(desk, "help", "/nowhere/at/all/")["Go to"][0].url == "/help/"


def test_recent_workflows_are_in_the_order_of_visits(desk: Desk) -> None:
    pinned, other = (open_workflow(desk.key, number, name=f"Work {number}") for number in (900, 901))
    mark(pinned, desk.person, "pin")
    for workflow in (pinned, other):
        visit(desk.key.pk, workflow.workflow_id, desk.person)
    assert texts(desk, "")["Recent workflows"][:2] == ["Work 901", "Work 900"]


def test_views_rules_and_lists_are_found(desk: Desk) -> None:
    ben, lena = make_colleague(), make_person("lena@acme.example")
    team = make_team(ben, lead=lena)
    share_key(desk.key, team)
    views = SavedView.objects
    mine = views.create(key=desk.key, workflow_id=TRANSLATIONS, person=desk.person, name="Big ones", query="sent=me")
    views.create(key=desk.key, workflow_id=TRANSLATIONS, team=team, name="Big of the team", query="status=failed")
    (option,) = ask(desk, "big")["Views"]
    assert (text_of(option), option.url) == ("Big ones", f"{of_workflow(desk)}?view={mine.pk}&sent=me")
    assert texts(desk, "big", by=ben)["Views"] == ["Big of the team"]
    assert texts(desk, "rules")["Commands"] == ["Rules of Translations"]
    assert texts(desk, "lists trans")["Commands"] == ["Lists of Translations"]
    assert texts(desk, "attention")["Go to"] == ["Needs attention"]


@each_case("text", ["!!!", "“", "x" * 5000, "<script>", "\ud800", "99999999999999999999 1"])
def test_any_text_is_answered(desk: Desk, text: str) -> None:
    address = "/palette/?q=%ED%A0%80" if text == "\ud800" else None
    answer = desk.browser.get(address) if address else desk.browser.get("/palette/", {"q": text})
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode()


# --- commands ---------------------------------------------------------------------------------------------------------


def commands(desk: Desk, text: str, page: str = "", by: User | None = None) -> list[tuple[str, str]]:
    return [(text_of(option), option.url) for option in ask(desk, text, page, by).get("Commands", [])]


def test_commands_are_found_by_what_they_do(desk: Desk) -> None:
    open_workflow(desk.key, FILES, name="Files", has_file_fields=True)
    open_workflow(desk.key, EVERY_TYPE, name="Closed", status="ARCHIVED")
    place, files = of_workflow(desk), f"/keys/{desk.key.pk}/workflows/{FILES}"
    grid = [("Type rows in Translations", f"{place.removesuffix('tasks/')}sheets/new/")]
    assert commands(desk, "grid") == commands(desk, "type rows in trans") == commands(desk, "gri trans", place) == grid
    assert commands(desk, "grid files") == commands(desk, "in") == []
    assert ("Import into Translations", place.replace("tasks/", "import/")) in commands(desk, "import")
    assert [address for _, address in commands(desk, "zip")] == [f"{files}/upload/"]
    assert commands(desk, "export trans") == [("Export tasks of Translations", f"{place}#export")]
    assert commands(desk, "export", place) == [], "the page has it"


def test_the_page_behind_comes_first_among_commands(desk: Desk) -> None:
    other = open_workflow(desk.key, EVERY_TYPE, name="Other")
    found = commands(desk, "grid", f"/keys/{other.key_id}/workflows/{EVERY_TYPE}/overview/")
    assert [label for label, _ in found] == ["Type rows in Other", "Type rows in Translations"]


def test_a_viewer_is_offered_only_to_export(desk: Desk) -> None:
    viewer = make_person("viewer@acme.example", role="viewer")
    share_key(desk.key, viewer)
    assert commands(desk, "grid", by=viewer) == commands(desk, "import", by=viewer) == []
    assert len(commands(desk, "export", by=viewer)) == 1


def test_the_theme_is_switched_for_all_pages(desk: Desk) -> None:
    assert [label for label, _ in commands(desk, "dark")] == ["Dark mode"]
    assert [option.theme for option in ask(desk, "theme")["Commands"]] == ["dark", "light"]
    assert "data-theme=" not in desk.browser.get("/").content.decode()
    desk.browser.post("/account/preference/", {"name": "theme", "value": "dark"})
    assert '<html lang="en" data-theme="dark">' in desk.browser.get("/").content.decode()
    assert [label for label, _ in commands(desk, "mode")] == ["Light mode", "Colors of the system"]
    assert 'value="dark" checked' in desk.browser.get("/account/").content.decode()


# --- workflows to add -------------------------------------------------------------------------------------------------


@each_case(
    ("text", "label", "query"),
    [
        ("https://pipelines.example/org/workflows/43", "Add workflow 43", "open=43"),
        ("http://pipelines.example/pipelines/43/tasks/7", "Add workflow 43", "open=43"),
        ("#43, 44 45", "Add workflows 43, 44, 45", "open=43%2C+44%2C+45"),
    ],
)
def test_a_pasted_link_or_several_ids_add_workflows(desk: Desk, text: str, label: str, query: str) -> None:
    (option,) = ask(desk, text)["Not in your list"]
    assert (text_of(option), option.url) == (label, f"/keys/{desk.key.pk}/workflows/?{query}")
    assert query.removeprefix("open=").replace("%2C+", ", ") in desk.browser.get(option.url).content.decode()


def test_a_link_to_a_known_workflow_opens_it(desk: Desk) -> None:
    found = texts(desk, f"https://pipelines.example/workflows/{TRANSLATIONS}")
    assert found["Workflows"][0] == "Translations"
    assert "Not in your list" not in found


def test_each_key_can_add_it_the_one_in_use_first(desk: Desk) -> None:
    second = save_key(desk.person, OTHER_KEY, "Northwind")
    found = ask(desk, "workflows/43 44", f"/keys/{second.pk}/workflows/")["Not in your list"]
    assert [option.where for option in found] == ["Northwind", "Acme Labeling"]


@each_case("text", ["43", "order 43", "invoice/2026", "tickets 43 44"])
def test_other_texts_add_no_workflow(desk: Desk, text: str) -> None:
    assert "Not in your list" not in texts(desk, text)


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_a_number_finds_the_task_and_rows_with_the_text(desk: Desk) -> None:
    task_id = send_texts(desk, "Parcel to Graz").rows.get().task_id
    send_texts(desk, f"Follow-up of {task_id}")
    found = ask(desk, str(task_id))["Tasks"]
    assert text_of(found[0]) == f"Task {task_id} · Parcel to Graz"
    assert (found[0].where, found[0].url) == ("Translations", f"{of_workflow(desk)}{task_id}/")
    assert text_of(found[1]).endswith(f"Follow-up of {task_id}")


def test_a_task_that_only_the_index_knows_is_found(desk: Desk) -> None:
    make_index(desk.workflow, [make_task(105432, "failed", timezone.now())])
    (option,) = ask(desk, "#105432")["Tasks"]
    assert (text_of(option), option.icon) == ("Task 105432", "failed")
    assert "Tasks" not in texts(desk, "105433")


def test_rows_with_the_words_show_the_status_of_their_tasks(desk: Desk) -> None:
    tasks = [row.task_id for row in send_texts(desk, *(f"Parcel {n}" for n in range(8))).rows.all()]
    make_index(desk.workflow, [make_task(tasks[-1] or 0, "escalated", timezone.now())])
    found = ask(desk, "parc")["Tasks"]
    assert len(found) == 5
    assert (text_of(found[0]), found[0].where) == (f"{tasks[-1]} · Parcel 7", "Escalated")
    assert found[1].where == "Created"


def test_what_others_sent_is_shown_only_to_those_who_may_see_it(desk: Desk) -> None:
    colleague, stranger = make_colleague(), make_stranger()
    share_key(desk.key, colleague)
    task_id = send_texts(desk, "Parcel to Graz").rows.get().task_id
    assert texts(desk, "graz", by=colleague).keys() == {"Search"}
    assert texts(desk, str(task_id), by=colleague)["Tasks"] == [f"Task {task_id}"]
    for text in ("graz", str(task_id), "trans", "acme"):
        assert texts(desk, text, of_workflow(desk), stranger).keys() == {"Search"}


# --- imports, presets, drafts -----------------------------------------------------------------------------------------


def test_imports_are_found_by_name_by_those_who_may_see_them(desk: Desk) -> None:
    job = make_import(desk, "Übersetzungen März.csv")
    make_import(desk, "marz deleted.csv", status="deleted")
    (option,) = ask(desk, "marz uber")["Imports"]
    assert (text_of(option), option.url) == ("Übersetzungen März.csv", job.get_absolute_url())
    colleague = make_colleague()
    share_key(desk.key, colleague)
    assert "Imports" not in texts(desk, "marz", by=colleague)


def test_presets_of_the_workflow_of_the_page_are_found(desk: Desk) -> None:
    place = {"key": desk.key, "workflow_id": TRANSLATIONS}
    mine = Preset.objects.create(name="Refund, high urgency", author=desk.person, **place)
    Preset.objects.create(name="Refund of others", author=make_colleague(), **place)
    Preset.objects.create(name="Refund elsewhere", author=desk.person, key=desk.key, workflow_id=EVERY_TYPE)
    (option,) = ask(desk, "refund", of_workflow(desk))["Presets"]
    assert option.url == f"{of_workflow(desk)}new/?preset={mine.pk}"
    assert "Presets" not in texts(desk, "refund", "/submissions/")


def test_drafts_are_found_by_their_workflow(desk: Desk) -> None:
    for owner in (desk.person, make_colleague()):
        TypedDraft.objects.create(owner=owner, key=desk.key, workflow_id=TRANSLATIONS, token=uuid4())
    (option,) = ask(desk, "draft trans")["Drafts"]
    assert (text_of(option), option.url) == ("Draft in Translations", f"{of_workflow(desk)}new/")


# --- marks and queries ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words", "expected"),
    [
        ("Support ticket", ["sup"], "[Sup]port ticket"),
        ("Unsupported support", ["sup"], "Unsupported [sup]port"),
        ("Unsupported", ["sup"], "Un[sup]ported"),
        ("Übergrößen", ["ubergros"], "[Übergröß]en"),
        ("Cafe\u0301 <b>", ["cafe"], "[Cafe\u0301] <b>"),
        ("Straße", ["strasse"], "[Straße]"),
        ("a+b (c)", ["a", "c"], "[a]+b ([c])"),
        ("nothing", [], "nothing"),
        ("", ["x"], ""),
    ],
)
def test_what_matches_is_marked(text: str, words: list[str], expected: str) -> None:
    parts = marked(text, words)
    assert "".join(f"[{part.text}]" if part.is_match else part.text for part in parts) == expected


def test_names_of_people_cannot_bring_markup(desk: Desk) -> None:
    open_workflow(desk.key, 900, name="<img src=x> & Söhne")
    page = desk.browser.get("/palette/", {"q": "img"}).content.decode()
    assert "&lt;<mark>img</mark> src=x&gt; &amp; Söhne" in page
