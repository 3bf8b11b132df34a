"""Rows that were skipped are restored: one on its page, or all of them."""

from tests.pages import text_of

from .conftest import TypedGrid


def skip(grid: TypedGrid, *numbers: int) -> None:
    for number in numbers:
        version = grid.job.rows.get(number=number).version
        grid.browser.post(grid.step("fix"), {f"was-{number}": version, "aside": number})


def form_with(html: str, button: str) -> str:
    """Return the form that has the button."""
    return html.split(f'id="{button}"')[0].rsplit("<form", 1)[1] + html.split(f'id="{button}"')[1].split(">")[0]


def test_a_skipped_row_is_restored_on_its_page(grid: TypedGrid) -> None:
    """The page still saves it."""
    grid.fill(2)
    row = f"{grid.step('fix')}1/"
    html = text_of(grid.browser.get(row))
    assert "Skip row" in html and "Restore row" not in html
    skip(grid, 1, 2)
    version = grid.job.rows.get(number=1).version
    posted = {"was-1": version, "v-1-input_text": "Bye", "v-1-target_language": "French", "number": "1"}
    grid.browser.post(grid.step("fix"), posted)
    assert grid.texts()[1] == ["Bye", "French", ""] and grid.statuses() == {1: "set_aside", 2: "set_aside"}
    html = text_of(grid.browser.get(row))
    form = form_with(html, "restore-row")
    assert "Skip row" not in html and f'formaction="{grid.step("choose")}"' in form
    assert 'name="do" value="back"' in form and '<input type="hidden" name="number" value="1">' in form
    grid.browser.post(grid.step("choose"), {"do": "back", "number": 1})
    assert grid.statuses() == {1: "ready", 2: "set_aside"}


def test_all_skipped_rows_are_restored_where_they_are_shown(grid: TypedGrid) -> None:
    """The list of rows leads there."""
    grid.fill(3)
    assert "restore-all" not in grid.read("?show=skipped")
    skip(grid, 1, 3)
    assert "restore-all" not in grid.read()
    grid.create(1)
    html = text_of(grid.browser.get(grid.step("progress"), {"status": "skipped"}))
    link = html.split('id="change-rows" href="')[1].split('"')[0]
    assert link == f"{grid.step('page')}?show=skipped" and "Use these rows after all" in html
    html = text_of(grid.browser.get(link, follow=True))
    form = form_with(html, "restore-all")
    assert html.count('<tr id="row-') == 2
    assert f'action="{grid.step("choose")}"' in form and 'name="do" value="back"' in form
    assert "csrfmiddlewaretoken" in form and "hx-boost" not in form
    done = grid.browser.post(grid.step("choose"), {"do": "back"}, follow=True)
    assert grid.statuses() == {1: "ready", 2: "created", 3: "ready"}
    assert done.request["PATH_INFO"] == grid.address("page") and 'id="row-1"' in text_of(done)


def test_the_form_of_a_row_that_another_window_emptied_keeps_the_text(grid: TypedGrid) -> None:
    grid.fill(1)
    posted = {"was-1": grid.job.rows.get().version, "v-1-input_text": "Bye", "v-1-target_language": "French"}
    for name, before in (("input_text", "Hello 1"), ("target_language", "French")):
        grid.change(1, name, before, "")
    refused = grid.browser.post(grid.step("fix"), posted)
    html = text_of(refused)
    assert refused.status_code == 422 and "Bye</textarea>" in html
    posted["was-1"] = html.split('name="was-1" value="')[1].split('"')[0]
    grid.browser.post(grid.step("fix"), posted)
    assert grid.texts() == {1: ["Bye", "French", ""]}
