"""Step 1 of the wizard in Chromium: what leaves the browser, and what a person sees and does."""

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect

from tests.archives import archive, files

from .big_archives import sparse_archive
from .demo import accessibility_faults, needed_width
from .wizard import World, choose_address, expect_created, fingerprint

SINGLE, SEVERAL, MIXED = 57, 58, 59
START = re.compile("Create [0-9,]+ task")


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """One good task, one without its back, one with a file too many."""
    path = tmp_path / "sides.zip"
    path.write_bytes(files("a/front.png", "a/back.png", "b/front.png", "c/front.png", "c/back.png", "c/notes.txt"))
    return path


def sent_sizes(page: Page) -> list[int]:
    """Fills as the page posts: the bytes of each."""
    sizes: list[int] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sizes.append(int(request.all_headers()["content-length"]))

    page.on("requestfinished", note)
    return sizes


def found(page: Page) -> str:
    heading = page.locator("[data-found]")
    expect(heading).to_be_visible(timeout=15_000)
    return heading.inner_text()


def test_from_the_choice_to_the_tasks_without_choosing_twice(page: Page, running: World, folders: Path) -> None:
    """S152, S153, S167: what the preview said is what comes of it; the file goes along to the next step."""
    page.goto(choose_address(SEVERAL))
    page.set_input_files("#archive", folders)
    assert found(page) == "1 task ready, 2 will be rejected by Pipelines"
    expect(page.locator("#preview")).to_contain_text("1 task without Back view")
    expect(page.locator("#preview")).to_contain_text("notes.txt matches no field")
    page.get_by_role("link", name=START).click()
    expect_created(page, 1)


def test_rows_beside_an_archive_are_corrected_at_their_cells(page: Page, running: World, tmp_path: Path) -> None:
    """S154: the rows are checked against the archive, whichever is chosen first. No file is chosen twice."""
    pictures, rows = tmp_path / "pictures.zip", tmp_path / "rows.csv"
    pictures.write_bytes(files("img/a.png", "img/b.png", "img/c.png"))
    rows.write_text("Beleg;TOTAL\nimg/a.png;twelve\nimg/b.png;7\nimg/x.png;1,50\n")
    page.goto(choose_address(MIXED))
    page.set_input_files("#archive", pictures)
    expect(page.locator("[data-found]")).to_have_text("3 files found. Add a spreadsheet")
    page.set_input_files("#rows-file", rows)
    expect(page.locator("[data-found]")).to_contain_text("1 task ready, 2 rows have errors")
    expect(page.locator(".match-line")).to_contain_text("2 columns matched.")
    page.get_by_label("Total, row 2").fill("12")
    page.get_by_label("Receipt, row 4").fill("img/d.png")
    page.get_by_role("region", name="row").get_by_role("button", name="Check corrections").click()
    expect(page.locator("[data-found]")).to_contain_text("2 tasks ready, 1 row has errors")
    expect(page.get_by_label("Receipt, row 4")).to_have_value("img/d.png")
    assert accessibility_faults(page) == []
    page.get_by_label("Receipt, row 4").fill("img/c.png")
    page.keyboard.press("Enter")
    expect(page.locator("[data-found]")).to_have_text("3 tasks ready")
    page.get_by_role("link", name=START).click()
    expect_created(page, 3)


def test_rows_typed_by_hand(page: Page, tmp_path: Path) -> None:
    pictures = tmp_path / "pictures.zip"
    pictures.write_bytes(files("a.png", "b.png"))
    page.goto(choose_address(MIXED))
    page.set_input_files("#archive", pictures)
    found(page)
    page.get_by_text("Type rows").click()
    page.locator("[name=row-1-receipt]").fill("a.png")
    page.locator("[name=row-1-total]").fill("12")
    page.get_by_role("button", name="Add row").click()
    expect(page.locator("[name=row-2-receipt]")).to_be_visible()
    assert page.locator("[name=row-1-receipt]").input_value() == "a.png"
    page.locator("[name=row-2-receipt]").fill("b.png")
    page.locator("[name=row-2-total]").fill("7")
    page.get_by_role("button", name="Check files").click()
    expect(page.locator("[data-found]")).to_have_text("2 tasks ready")


@pytest.mark.full
def test_ten_gigabytes_are_not_read(page: Page, running: World, tmp_path: Path) -> None:
    """zip64: a few hundred kilobytes leave the browser, whatever the archive's size."""
    large = sparse_archive(tmp_path / "large.zip", *(f"{n}.bin" for n in range(10)), mebibytes=10 * 1024)
    sizes = sent_sizes(page)
    page.goto(choose_address(SINGLE))
    page.set_input_files("#archive", large)
    assert found(page) == "10 tasks ready"
    assert len(sizes) == 1 and sizes[0] < 300_000
    assert page.locator("[name=fingerprint]").input_value() == fingerprint(large)
    assert page.locator("[name=size]").input_value() == str(large.stat().st_size)


@pytest.mark.full
def test_a_long_list_of_files_takes_a_second_request(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "many.zip"
    path.write_bytes(archive((f"{'long-name-' * 10}{number:04}.txt", b"x") for number in range(4000)))
    sizes = sent_sizes(page)
    page.goto(choose_address(SINGLE))
    page.set_input_files("#archive", path)
    assert found(page) == "4,000 tasks ready"
    assert len(sizes) == 2 and 190_000 < sizes[0] < sizes[1] < path.stat().st_size


@pytest.mark.full
def test_another_choice_replaces_the_first(page: Page, folders: Path, tmp_path: Path) -> None:
    wrapped = tmp_path / "wrapped.zip"
    wrapped.write_bytes(files("all/a/front.png", "all/a/back.png"))
    page.goto(choose_address(SEVERAL))
    page.set_input_files("#archive", folders)
    found(page)
    page.set_input_files("#archive", wrapped)
    expect(page.get_by_text("All files are inside all/")).to_be_visible()
    assert found(page) == "No tasks can be created from these files"
    expect(page.get_by_role("link", name=START)).to_have_count(0)


def test_dropping_a_file(page: Page, folders: Path) -> None:
    page.goto(choose_address(SEVERAL))
    content = json.dumps(list(folders.read_bytes()))
    transfer = page.evaluate_handle(
        """(bytes) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(JSON.parse(bytes))], "dropped.zip"));
          return transfer;
        }""",
        content,
    )
    page.dispatch_event("[data-drop]", "dragover", {"dataTransfer": transfer})
    assert "over" in (page.get_attribute("[data-drop]", "class") or "")
    page.dispatch_event("[data-drop]", "drop", {"dataTransfer": transfer})
    assert found(page) == "1 task ready, 2 will be rejected by Pipelines"
    expect(page.locator("#preview")).to_contain_text("dropped.zip")


def test_by_keyboard_alone(page: Page, folders: Path) -> None:
    """Reach the button, open the dialog, and be where the result is."""
    page.on("filechooser", lambda _: None)  # on a busy machine the key would be faster than the listening
    page.goto(choose_address(SEVERAL))
    page.locator(".pagehead summary").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "several"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(folders)
    found(page)
    expect(page.locator("[data-found]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_created(page, 1)


@pytest.mark.full
def test_reload_keeps_what_was_found(page: Page, folders: Path) -> None:
    page.goto(choose_address(SEVERAL))
    page.set_input_files("#archive", folders)
    found(page)
    page.reload()
    assert found(page) == "1 task ready, 2 will be rejected by Pipelines"
    page.get_by_role("link", name="Choose the same file again").click()
    expect(page.locator("strong", has_text="again")).to_be_visible()


@pytest.mark.full
def test_file_that_vanished_is_told(page: Page, folders: Path) -> None:
    page.goto(choose_address(SEVERAL))
    page.set_input_files("#archive", folders)
    found(page)
    folders.write_bytes(b"changed since")
    page.evaluate("document.getElementById('choose-form').requestSubmit()")
    expect(page.get_by_text("can’t read this file")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.full
def test_axe_finds_nothing_in_what_was_found(page: Page, folders: Path, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.goto(choose_address(SEVERAL))
    page.set_input_files("#archive", folders)
    found(page)
    assert accessibility_faults(page) == []
    page.goto(choose_address(MIXED))
    page.get_by_text("Type rows").click()
    assert accessibility_faults(page) == []


@pytest.mark.parametrize("width", [320, 360])
@pytest.mark.full
def test_nothing_scrolls_sideways(page: Page, tmp_path: Path, width: int) -> None:
    path = tmp_path / f"{'a-very-long-name-' * 8}.zip"
    path.write_bytes(files(f"{'b-very-long-folder-' * 8}/front.png", "c/front.png", "c/back.png"))
    page.set_viewport_size({"width": width, "height": 740})
    page.goto(choose_address(SEVERAL))
    page.set_input_files("#archive", path)
    found(page)
    assert needed_width(page) <= width
