"""Named views of a list, and columns of values."""

from typing import Any

from pipelines_portal.tasks.models import LONGEST_NAME, MOST_VIEWS, ListLayout, SavedView
from tests.each_case import each_case
from tests.factories import Desk, browser_of, make_colleague, make_person, make_team, share_key
from tests.pages import text_of
from tests.tasks.test_list import address, ids
from tests.tasks.test_notes import said
from tests.tasks.test_value_conditions import ROWS, at, send_rows

__all__ = ["at"]

QUERY = "status=failed&where=channel%3APhone"


def save(browser: Any, desk: Desk, name: str, query: str = QUERY, **values: Any) -> Any:
    return browser.post(address(desk.workflow, "views/add/"), {"name": name, "query": query} | values)


def change(browser: Any, desk: Desk, view: SavedView, do: str, **values: Any) -> Any:
    return browser.post(address(desk.workflow, f"views/{view.pk}/"), {"do": do} | values)


def menu(html: str) -> str:
    return html.split('id="status-menu"')[1].split("</details>")[0]


def test_a_list_is_saved_under_a_name(at: Desk) -> None:
    page = text_of(at.browser.get(address(at.workflow, f"?{QUERY}")))
    assert "Save view…" in page
    form = text_of(at.browser.get(address(at.workflow, f"views/add/?query={QUERY.replace('&', '%26')}")))
    assert "status:failed channel:Phone" in form or "status:failed" in form
    answer = save(at.browser, at, "Phone orders that failed", "cursor=x&limit=25&view=3&" + QUERY)
    view = SavedView.objects.get()
    assert (view.query, view.person, view.team) == (QUERY, at.person, None)
    assert answer["Location"] == address(at.workflow, f"?view={view.pk}&{QUERY}")
    html = text_of(at.browser.get(answer["Location"]))
    assert ids(html) == [2] and "Phone orders that failed" in menu(html)
    assert 'data-digit="1"' in menu(html) and 'aria-keyshortcuts="v"' in menu(html)


def test_a_new_view_can_open_first(at: Desk) -> None:
    form = text_of(at.browser.get(address(at.workflow, f"views/add/?query={QUERY.replace('&', '%26')}")))
    assert "autofocus" in form.split('name="name"')[1].split(">")[0] and "Opens first" in form
    save(at.browser, at, "Phone orders", opens_first="on")
    assert at.browser.get(address(at.workflow))["Location"].endswith(QUERY)


def test_a_view_is_updated_to_the_list_as_it_is_now(at: Desk) -> None:
    save(at.browser, at, "Phone orders")
    view = SavedView.objects.get()
    html = text_of(at.browser.get(address(at.workflow, f"?view={view.pk}&{QUERY}&day=7d")))
    assert "Update view" in html and "Save as new view…" in html
    saved = change(at.browser, at, view, "save", query=f"{QUERY}&day=7d", seen=QUERY)
    assert saved["Location"] == address(at.workflow, f"?view={view.pk}&status=failed&day=7d&where=channel%3APhone")
    late = change(at.browser, at, view, "save", query="sent=me", seen=QUERY)
    assert late.status_code == 422 and "has already changed this view" in text_of(late)
    view.refresh_from_db()
    assert "day=7d" in view.query


def test_a_view_opens_first_only_without_a_query(at: Desk) -> None:
    save(at.browser, at, "Phone orders")
    view = SavedView.objects.get()
    assert at.browser.get(address(at.workflow)).status_code == 200
    change(at.browser, at, view, "open-first")
    opened = at.browser.get(address(at.workflow))
    assert opened["Location"] == address(at.workflow, f"?view={view.pk}&{QUERY}")
    html = text_of(at.browser.get(opened["Location"]))
    assert 'id="chip-all" href="?view=0"' in html
    everything = at.browser.get(address(at.workflow, "?view=0"))
    assert everything.status_code == 200 and at.browser.get(address(at.workflow, "?status=failed")).status_code == 200
    assert "My default" in text_of(at.browser.get(address(at.workflow, "views/")))
    change(at.browser, at, view, "stop-opening-first")
    assert at.browser.get(address(at.workflow)).status_code == 200
    change(at.browser, at, view, "open-first")
    change(at.browser, at, view, "delete")
    assert at.browser.get(address(at.workflow)).status_code == 200 and ListLayout.objects.get().first_view is None


def test_views_of_a_team_are_its_leads(at: Desk) -> None:
    ben, lena = make_colleague(), make_person("lena@acme.example")
    team = make_team(ben, lead=lena)
    share_key(at.key, team)
    other = make_team(lead=lena, name="Elsewhere")
    of_lena, of_ben = browser_of(lena), browser_of(ben)
    save(of_lena, at, "Big orders", "where=gross%3A%3E25000", team=team.pk)
    view = SavedView.objects.get()
    assert (view.team, view.person) == (team, None)
    assert save(of_lena, at, "No", team=other.pk).status_code == 422
    assert (
        save(of_ben, at, "Mine", team=team.pk).status_code == 302 and SavedView.objects.get(name="Mine").person == ben
    )
    assert "Intake: Big orders" in menu(text_of(of_ben.get(address(at.workflow))))
    for do in ("rename", "save", "delete", "share"):
        assert change(of_ben, at, view, do, name="X", team=team.pk).status_code == 404, do
    of_team = text_of(of_ben.get(address(at.workflow, f"?view={view.pk}&where=gross%3A%3E25000")))
    assert "Update view" not in of_team and "Save as new view…" in of_team
    assert change(of_lena, at, SavedView.objects.get(name="Mine"), "delete").status_code == 404
    assert change(of_lena, at, view, "rename", name="Huge orders").status_code == 302
    page = text_of(of_ben.get(address(at.workflow, "views/")))
    assert "Huge orders" in page and "gross:&gt;25000" in page and "Team <bdi>Intake</bdi>" in page
    # The key's owner is in no team: the team's views are not theirs to see.
    assert "orders" not in menu(text_of(at.browser.get(address(at.workflow))))
    save(of_lena, at, "Shared", QUERY)
    assert change(of_lena, at, SavedView.objects.get(name="Shared"), "share", team="x").status_code == 404
    change(of_lena, at, SavedView.objects.get(name="Shared"), "share", team=team.pk)
    shared = SavedView.objects.get(name="Shared")
    assert (shared.team, shared.person) == (team, None), "there is one view, not two of one name"
    assert "Intake: Shared" in menu(text_of(of_lena.get(address(at.workflow))))
    assert change(of_lena, at, shared, "share", team=team.pk).status_code == 404
    at.key.shares.all().delete()
    share_key(at.key, ben)
    assert "Huge orders" not in text_of(of_ben.get(address(at.workflow, "views/")))


@each_case("name", ["", "x" * (LONGEST_NAME + 1), "a\u202eb"])
def test_a_name_has_to_be_one(at: Desk, name: str) -> None:
    answer = save(at.browser, at, name)
    assert answer.status_code == 422 and not SavedView.objects.exists()
    assert QUERY.replace("&", "&amp;") in text_of(answer)


def test_at_most_fifty_views_and_each_name_once(at: Desk) -> None:
    save(at.browser, at, "View 0")
    first = SavedView.objects.get()
    for number in range(1, MOST_VIEWS):
        first.pk, first.name = None, f"View {number}"
        first.save(force_insert=True)
    full = save(at.browser, at, "One more")
    assert full.status_code == 422 and "At most 50 views. Delete one first." in text_of(full)
    view = SavedView.objects.get(name="View 1")
    taken = change(at.browser, at, view, "rename", name="View 2")
    assert taken.status_code == 422 and "A view has this name already." in text_of(taken)
    long = save(at.browser, at, "Long", "&".join(f"where=customer%3A{number:0190}" for number in range(8)))
    assert long.status_code == 422


def test_a_view_of_somebody_else_is_only_its_conditions(at: Desk) -> None:
    ben = make_colleague()
    share_key(at.key, ben)
    save(browser_of(ben), at, "Ben’s")
    view = SavedView.objects.get()
    html = text_of(at.browser.get(address(at.workflow, f"?view={view.pk}&{QUERY}")))
    assert "Ben’s" not in html and ids(html) == [2]
    assert change(at.browser, at, view, "open-first").status_code == 404


def test_columns_show_values_only_of_visible_rows(at: Desk) -> None:
    ben = make_colleague()
    share_key(at.key, ben)
    send_rows(at, ben, {4: {"channel": "Fax", "gross_amount": 77.5}})
    form = text_of(at.browser.get(address(at.workflow, "columns/")))
    assert form.count('type="checkbox"') == 5 and "Received at" in form
    for browser in (at.browser, of_ben := browser_of(ben)):
        answer = browser.post(address(at.workflow, "columns/"), {"columns": ["gross_amount", "channel"]})
        assert said(answer)[-1] == "Columns saved"
    html = text_of(at.browser.get(address(at.workflow, "?sent=anyone")))
    heads = "".join(html.replace("\n", "").split())
    assert '<thclass="val"title="Channel">Channel</th><thclass="valnum"title="Gross">Gross</th>' in heads
    assert 'data-label="Channel" title="Phone">Phone</td>' in html
    assert '<td class="val num" data-label="Gross" title="77.5">77.5</td>' in html, "numbers stand under each other"
    html = text_of(of_ben.get(address(at.workflow, "?sent=anyone")))
    assert ">77.5</td>" in html and "Phone" not in html.split("<tbody>")[1]
    assert at.browser.post(address(at.workflow, "columns/"), {"columns": ["unknown"]}).status_code == 422


def test_columns_are_at_most_six(desk: Desk, at: Desk) -> None:
    assert len(ROWS) == 3
    assert at.browser.post(address(at.workflow, "columns/"), {"columns": ["channel"] * 7}).status_code == 422
    at.browser.post(address(at.workflow, "columns/"), {})
    assert ListLayout.objects.get().columns == []
