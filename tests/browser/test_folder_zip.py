"""A folder becomes the archive in Chromium: chosen or dropped, told before it is built, and sent as any other."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .demo import faults_seen
from .wizard import World, choose_address, expect_created, world

SINGLE, SEVERAL, MIXED = 57, 58, 59
START = re.compile("Create [0-9,]+ task")
LARGEST = 200_000


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("world"), portal_env={"FOLDER_ZIP_BYTES": str(LARGEST)}) as running:
        yield running


@pytest.fixture
def page(quiet_page: Page) -> Page:
    """A check that finds something is no error."""
    return quiet_page


def folder(path: Path, *names: str, size: int = 100) -> Path:
    for name in names:
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(name.encode().ljust(size, b"."))
    return path


def drop(page: Page, *paths: Path) -> None:
    """As from the file manager: Chromium itself hands the files and folders over."""
    page.evaluate("scrollTo(0, 0)")
    box = page.locator("[data-drop]").bounding_box()
    assert box
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": box["x"] + 9, "y": box["y"] + 9, "data": data})


def heading(page: Page, words: str) -> None:
    expect(page.locator("[data-found]")).to_contain_text(words, timeout=20_000)


def kept_archive(page: Page, path: Path) -> zipfile.ZipFile:
    """The archive as the page holds it for the upload."""
    content = page.evaluate(
        """async () => {
          const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
          const { keptFile } = await import(loaded.find((name) => name.includes("/chosen-file.")));
          return Array.from(new Uint8Array(await keptFile().arrayBuffer()));
        }"""
    )
    path.write_bytes(bytes(content))
    return zipfile.ZipFile(path)


def test_a_chosen_folder_becomes_its_tasks(page: Page, tmp_path: Path) -> None:
    """Stored, sorted, without what operating systems leave behind; and nobody is asked twice."""
    names = ("b.png", "a.png", "Grüße 茶.png", ".DS_Store", "Thumbs.db", "__MACOSX/._a.png")
    page.goto(choose_address(SINGLE))
    page.set_input_files("#folder", folder(tmp_path / "november", *names))
    heading(page, "3 tasks ready")
    expect(page.locator("[data-part=made]")).to_contain_text("november · 3 files")
    expect(page.locator("[data-part=made]")).to_contain_text("hidden and system files ignored: 3")
    expect(page.locator("#preview")).to_contain_text("november.zip")
    page.get_by_role("link", name=START).click()
    expect_created(page, 3)
    rows = page.get_by_role("region", name="Rows").get_by_role("row").all()[1:]
    assert [row.get_by_role("cell").nth(2).inner_text() for row in rows] == ["Grüße 茶.png", "a.png", "b.png"]


@pytest.mark.full
def test_the_archive_is_stored_sorted_and_as_large_as_foretold(page: Page, tmp_path: Path) -> None:
    names = [f"{number:03}.bin" for number in range(120)]
    page.goto(choose_address(SINGLE))
    page.set_input_files("#folder", folder(tmp_path / "many", *reversed(names)))
    heading(page, "120 tasks ready")
    with kept_archive(page, tmp_path / "kept.zip") as archive:
        assert archive.namelist() == names and archive.testzip() is None
        assert {entry.compress_type for entry in archive.infolist()} == {zipfile.ZIP_STORED}
    assert page.locator("[name=size]").first.input_value() == str((tmp_path / "kept.zip").stat().st_size)


@pytest.mark.full
def test_a_dropped_folder_is_read_to_its_last_file(page: Page, tmp_path: Path) -> None:
    """A folder gives a hundred entries at a time: there are more, and folders in it."""
    names = [f"task-{number:03}/{side}.png" for number in range(130) for side in ("front", "back")]
    page.goto(choose_address(SEVERAL))
    drop(page, folder(tmp_path / "batch", *names))
    heading(page, "130 tasks ready")
    expect(page.locator("[data-part=made]")).to_contain_text("Using the files inside batch/")


def test_several_dropped_files_become_one_archive(page: Page, tmp_path: Path) -> None:
    files = folder(tmp_path / "files", "one.png", "two.png")
    page.goto(choose_address(SINGLE))
    drop(page, files / "one.png", files / "two.png")
    heading(page, "2 tasks ready")
    page.get_by_role("link", name=START).click()
    expect_created(page, 2)


@pytest.mark.full
def test_several_chosen_files_and_then_a_zip(page: Page, tmp_path: Path) -> None:
    """Whatever was chosen last counts."""
    files = folder(tmp_path / "files", "one.png", "two.png")
    with zipfile.ZipFile(tmp_path / "three.zip", "w") as archive:
        for name in ("a.png", "b.png", "c.png"):
            archive.writestr(name, name)
    page.goto(choose_address(SINGLE))
    page.set_input_files("#several", [files / "one.png", files / "two.png"])
    heading(page, "2 tasks ready")
    drop(page, tmp_path / "three.zip")
    heading(page, "3 tasks ready")
    assert page.locator("[name=levels]").input_value() == ""
    expect(page.locator("[data-part=made]")).to_be_hidden()


@pytest.mark.full
def test_a_wrapper_folder_is_left_out_by_one_click(page: Page, tmp_path: Path) -> None:
    """Of a folder that holds nothing but another one; and put back by one."""
    path = folder(tmp_path / "outer", "inner/a/front.png", "inner/a/back.png", "inner/b/front.png", "inner/b/back.png")
    page.goto(choose_address(SEVERAL))
    page.set_input_files("#folder", path)
    heading(page, "No tasks can be created from these files")
    expect(page.get_by_text("All files are inside inner/")).to_be_visible()
    page.get_by_role("button", name="Use the files inside inner/").click()
    heading(page, "2 tasks ready")
    expect(page.locator("[data-found]")).to_be_focused()
    page.get_by_role("button", name="Undo").click()
    heading(page, "No tasks can be created from these files")
    expect(page.locator("[data-part=made] p", has_text="Using the files inside")).to_be_hidden()
    page.get_by_role("button", name="Use the files inside outer/inner/").click()
    heading(page, "2 tasks ready")
    page.get_by_role("link", name=START).click()
    expect_created(page, 2)


@pytest.mark.full
def test_the_folder_of_one_task_stays(page: Page, tmp_path: Path) -> None:
    page.goto(choose_address(SEVERAL))
    page.set_input_files("#folder", folder(tmp_path / "one", "front.png", "back.png"))
    heading(page, "1 task ready")
    expect(page.locator("#preview")).to_contain_text("one/")


@pytest.mark.full
def test_of_a_chosen_zip_with_a_wrapper_the_repair_is_said(page: Page, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "wrapped.zip", "w") as archive:
        archive.writestr("all/a.png", "a")
    page.goto(choose_address(SINGLE))
    page.set_input_files("#archive", tmp_path / "wrapped.zip")
    heading(page, "No tasks can be created from these files")
    expect(page.get_by_text("Choose that folder above instead of the ZIP file")).to_be_visible()
    expect(page.get_by_role("button", name="Use the files inside")).to_have_count(0)


@pytest.mark.full
def test_too_large_is_told_before_anything_is_read(page: Page, tmp_path: Path) -> None:
    page.goto(choose_address(SINGLE))
    page.evaluate("() => { Blob.prototype.stream = () => { throw new Error('read all the same') } }")
    page.set_input_files("#folder", folder(tmp_path / "large", "a.bin", "b.bin", size=LARGEST // 2))
    expect(page.get_by_text("Too large for one upload")).to_be_visible()
    expect(page.locator("[data-part=too-large]")).to_contain_text("the browser can prepare at most")
    expect(page.locator("[data-found]")).to_have_count(0)


@pytest.mark.full
def test_nothing_but_hidden_files_is_told(page: Page, tmp_path: Path) -> None:
    page.goto(choose_address(SINGLE))
    page.set_input_files("#folder", folder(tmp_path / "empty", ".DS_Store"))
    expect(page.get_by_text("Nothing to upload")).to_be_visible()


@pytest.mark.full
def test_an_empty_folder_takes_the_place_of_what_was_chosen(page: Page, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    page.goto(choose_address(SINGLE))
    page.set_input_files("#folder", folder(tmp_path / "one", "a.png"))
    heading(page, "1 task ready")
    page.set_input_files("#folder", tmp_path / "empty")
    expect(page.get_by_text("Nothing to upload")).to_be_visible()
    expect(page.locator("[data-found]")).to_have_count(0)


@pytest.mark.full
def test_a_chosen_folder_may_begin_with_a_dot(page: Page, tmp_path: Path) -> None:
    """Who chooses it means it; what is hidden in it is left out all the same."""
    page.goto(choose_address(SINGLE))
    page.set_input_files("#folder", folder(tmp_path / ".november", "a.png", ".hidden.png"))
    heading(page, "1 task ready")
    expect(page.locator("[data-part=made]")).to_contain_text("hidden and system files ignored: 1")


@pytest.mark.full
def test_a_folders_name_is_shown_as_every_name_is(page: Page, tmp_path: Path) -> None:
    """Isolated, with signs that are seen, and a long one without its middle."""
    page.goto(choose_address(SINGLE))
    page.set_input_files("#folder", folder(tmp_path / ("a\u202egnp" + "x" * 200), "a.png"))
    heading(page, "1 task ready")
    names = page.locator("[data-part=made] bdi").all_inner_texts()
    assert names == ["a\ufffdgnp" + "x" * 31 + "…" + "x" * 35, "a\ufffdgnp" + "x" * 31 + "…" + "x" * 34 + "/"]


@pytest.mark.full
def test_a_file_that_vanishes_while_it_is_read_is_named(page: Page, tmp_path: Path) -> None:
    page.goto(choose_address(SINGLE))
    page.evaluate(
        """() => {
          const stream = File.prototype.stream;
          File.prototype.stream = function () {
            if (this.name !== "b.png") return stream.call(this);
            return new ReadableStream({ pull() { throw new DOMException("gone", "NotReadableError") } });
          };
        }"""
    )
    page.set_input_files("#folder", folder(tmp_path / "three", "a.png", "b.png", "c.png"))
    expect(page.locator("[data-part=unreadable]")).to_contain_text("b.png was moved, changed or deleted")


@pytest.mark.full
def test_stopping_leaves_nothing_to_upload(page: Page, tmp_path: Path) -> None:
    page.goto(choose_address(SINGLE))
    page.evaluate(
        """() => {
          File.prototype.stream = () => new ReadableStream({
            async pull(to) {
              await new Promise((resolve) => setTimeout(resolve, 20));
              to.enqueue(new Uint8Array(1));
            },
          });
        }"""
    )
    page.set_input_files("#folder", folder(tmp_path / "slow", "a.png"))
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("[data-part=stopped]")).to_be_visible()
    expect(page.locator("[data-found]")).to_have_count(0)


@pytest.mark.full
def test_after_a_reload_the_same_folder_is_recognised(page: Page, tmp_path: Path) -> None:
    """The page made the archive and lost it on reload. The same folder makes it again; another folder is refused."""
    path = folder(tmp_path / "outer", "a.png", "b.png")
    page.goto(choose_address(SINGLE))
    page.set_input_files("#folder", path)
    heading(page, "2 tasks ready")
    page.reload()
    page.get_by_role("link", name="Choose the same folder or files again").click()
    expect(page.locator("strong", has_text="Choose the same folder or files again")).to_be_visible()
    page.set_input_files("#folder", folder(tmp_path / "else" / "outer", "c.png"))
    expect(page.get_by_text("This isn’t the file you checked")).to_be_visible()
    page.set_input_files("#folder", path.rename(tmp_path / "renamed"))
    page.get_by_role("button", name=START).click()
    expect_created(page, 2)


def test_by_keyboard_alone(page: Page, tmp_path: Path) -> None:
    page.on("filechooser", lambda _: None)  # on a busy machine the key would be faster than the listening
    page.goto(choose_address(SINGLE))
    page.locator("#several").focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "folder"
    with page.expect_file_chooser() as chooser:
        page.keyboard.press("Space")
    chooser.value.set_files(folder(tmp_path / "keys", "a.png"))
    heading(page, "1 task ready")
    expect(page.locator("[data-found]")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect_created(page, 1)


@pytest.mark.parametrize("width", [1440, 360])
@pytest.mark.full
def test_axe_finds_nothing_and_nothing_scrolls_sideways(page: Page, tmp_path: Path, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        found[name] = faults_seen(page)

    page.goto(choose_address(SEVERAL))
    page.set_input_files("#folder", folder(tmp_path / ("long-" * 12), "inner/a/front.png", "inner/a/back.png"))
    heading(page, "No tasks can be created from these files")
    look("wrapper")
    page.get_by_role("button", name="Use the files inside inner/").click()
    heading(page, "1 task ready")
    look("made")
    for part in ("making", "too-large", "too-many", "no-room", "unreadable", "stopped", "empty", "looking"):
        page.evaluate("(part) => { document.querySelector(`[data-part=${part}]`).hidden = false }", part)
    look("every part")
    assert {name: faults for name, faults in found.items() if faults} == {}
