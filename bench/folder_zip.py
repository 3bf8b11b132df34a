"""A folder of 2 GiB made into a ZIP file by the browser, and sent: how long it takes, and what memory it costs.

Memory is the PSS of all processes of this Chromium, over what they took with the page open. It has a profile of its own
on disk, as people's browsers do: in a private window all of it would stay in memory.
"""

import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines_portal.settings")

from playwright.sync_api import Page, expect, sync_playwright

from tests import environment
from tests.browser.chromium import FLAGS, executable
from tests.browser.wizard import World, world

MEBIBYTE = 1024 * 1024
FILES = 512
TOTAL_MEBIBYTES = int(os.environ.get("FOLDER_MEBIBYTES", "2048"))
MOST_GROWTH_MEBIBYTES = 150


def make_folder(path: Path) -> Path:
    """Files of different contents, so that none is stored as another."""
    path.mkdir()
    block = os.urandom(MEBIBYTE)
    for number in range(FILES):
        with (path / f"{number:03}.png").open("wb") as file:
            file.write(number.to_bytes(8, "big"))
            for _ in range(TOTAL_MEBIBYTES // FILES):
                file.write(block)
            file.truncate(TOTAL_MEBIBYTES * MEBIBYTE // FILES)
    return path


def processes_of(profile: Path) -> set[int]:
    """The browser that was started with this profile, and all below it."""
    parents = {}
    roots = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if str(profile).encode() in (folder / "cmdline").read_bytes():
                roots.add(int(folder.name))
        except OSError:
            continue
    found = set(roots)
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def memory_of(profile: Path) -> float:
    """Mebibytes, what is shared counted once."""
    total = 0
    for pid in processes_of(profile):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        if found := re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE):
            total += int(found[1])
    return total / 1024


@contextmanager
def watched(profile: Path) -> Iterator[list[float]]:
    """Fills with what the browser takes, four times a second, as long as the block runs."""
    seen: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.25):
            seen.append(memory_of(profile))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def measure(page: Page, profile: Path, folder: Path) -> bool:
    page.goto("/keys/1/workflows/57/upload/")
    page.locator("folder-zip").wait_for()
    page.wait_for_timeout(3000)
    base = memory_of(profile)
    with watched(profile) as seen:
        started = time.monotonic()
        page.set_input_files("#folder", folder)
        expect(page.locator("[data-found]")).to_contain_text(f"{FILES} tasks will be created", timeout=600_000)
        built, at_build = time.monotonic() - started, max(seen)
        with page.expect_response(lambda answer: answer.request.method == "PUT", timeout=600_000) as put:
            page.get_by_role("link", name=re.compile("Upload .* and create")).click()
        assert put.value.ok, put.value.status
        sent = time.monotonic() - started - built
    growth = max(seen) - base
    print(f"{TOTAL_MEBIBYTES} MiB in {FILES} files: built and checked in {built:.1f} s, sent in {sent:.1f} s")
    print(f"the page took {base:.0f} MiB; building took {at_build - base:.0f} MiB more at most, ", end="")
    print(f"with the sending {growth:.0f} MiB (at most {MOST_GROWTH_MEBIBYTES})")
    return growth <= MOST_GROWTH_MEBIBYTES


def run(scratch: Path) -> bool:
    folder, profile = make_folder(scratch / "november"), scratch / "profile"
    limit = str((TOTAL_MEBIBYTES + 64) * MEBIBYTE)
    env = {"MAX_ARCHIVE_BYTES": limit}
    with world(scratch / "world", api_env=env, portal_env={"FOLDER_ZIP_BYTES": limit}, workers=False) as running:
        return in_browser(running, profile, folder)


def in_browser(running: World, profile: Path, folder: Path) -> bool:
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            str(profile), executable_path=executable(), args=FLAGS, base_url=running.portal.url
        )
        context.add_cookies([{"name": "portal_session", "value": running.session, "url": running.portal.url}])
        try:
            return measure(context.pages[0], profile, folder)
        finally:
            context.close()


def main() -> int:
    scratch = Path(tempfile.mkdtemp(prefix="folder-zip-"))
    try:
        return 0 if run(scratch) else 1
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    assert environment  # its import gives the bench a data folder of its own
    sys.exit(main())
