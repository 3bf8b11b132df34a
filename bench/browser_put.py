"""A PUT from the browser's wizard beside curl's to the same storage, and what the portal has to do with it: nothing.

The storage is a real S3 server (SeaweedFS). Both send the same file of zeros, in turn, and the best of each counts.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pipelines_portal.settings")

from playwright.sync_api import Page, sync_playwright

from tests import environment, seaweedfs
from tests.browser.big_archives import sparse_archive
from tests.browser.chromium import FLAGS, executable
from tests.browser.tcp_proxy import line
from tests.browser.wizard import World, signed_in_page, world

MEBIBYTES = 512
ROUNDS = 3
WORST_RATIO = 0.7
# What pages and calls cost; the archive is 500 times that.
MOST_PORTAL_BYTES = 1024 * 1024
MOST_GROWTH_KILOBYTES = 16 * 1024


def by_browser(page: Page, address: str, archive: Path) -> float:
    """Seconds from the first byte asked for to the storage's answer, as the browser's own clock has it."""
    page.goto(address)
    page.set_input_files("#same-file", archive)
    with page.expect_response(lambda answer: answer.request.method == "PUT", timeout=300_000) as put:
        page.locator('[data-do="start"]:visible').click()
    assert put.value.ok
    put.value.finished()
    return put.value.request.timing["responseEnd"] / 1000 - max(put.value.request.timing["requestStart"], 0) / 1000


def by_curl(s3: seaweedfs.SeaweedFS, bucket: str, archive: Path) -> float:
    params = {"Bucket": bucket, "Key": "by-curl.zip", "ContentType": "application/zip"}
    url = s3.client().generate_presigned_url("put_object", Params=params, ExpiresIn=3600)
    command = ["curl", "--fail", "--silent", "--upload-file", str(archive), "--header", "Content-Type: application/zip"]
    run = subprocess.run(
        [*command, "--write-out", "%{time_total}", url], capture_output=True, text=True, check=True, timeout=300
    )
    return float(run.stdout)


def portal_processes(running: World) -> list[int]:
    master = running.portal.process.pid
    children = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return [master, *map(int, children)]


def portal_peak_kilobytes(running: World) -> int:
    peak = 0
    for pid in portal_processes(running):
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        peak += int(next(line for line in status if line.startswith("VmHWM")).split()[1])
    return peak


def measure(folder: Path, s3: seaweedfs.SeaweedFS) -> bool:
    """The browser reaches the portal over a line that counts what is sent to it."""
    archive = sparse_archive(folder / "zeros.zip", "a.bin", "b.bin", mebibytes=MEBIBYTES)
    with (
        line() as wire,
        world(
            folder / "world",
            storage_url=s3.make_bucket("bench", cors_origins=[wire.origin]),
            upload_origin=s3.endpoint,
            api_env=s3.environment,
            workers=False,
        ) as running,
        sync_playwright() as playwright,
    ):
        wire.target = running.portal.url
        browser = playwright.chromium.launch(executable_path=executable(), args=FLAGS)
        made = [running.make_upload(archive, 57, [{"invoice": "a.bin"}, {"invoice": "b.bin"}]) for _ in range(ROUNDS)]
        page = signed_in_page(browser, running)
        page.goto(f"{wire.origin}/keys/")
        peak, sent = portal_peak_kilobytes(running), wire.passed
        addresses = [address.replace(running.portal.url, wire.origin) for address in made]
        times = [(by_browser(page, address, archive), by_curl(s3, "bench", archive)) for address in addresses]
        time.sleep(1)
        growth = portal_peak_kilobytes(running) - peak
        browser.close()
        return report(times, (wire.passed - sent) // ROUNDS, growth)


def report(times: list[tuple[float, float]], sent: int, growth: int) -> bool:
    browser, curl = (MEBIBYTES / min(column) for column in zip(*times, strict=True))
    print(f"browser {browser:.0f} MiB/s, curl {curl:.0f} MiB/s: ratio {browser / curl:.2f} (at least {WORST_RATIO})")
    print(f"the browser sent the portal {sent / 1024:.0f} KiB an upload of {MEBIBYTES} MiB; it grew by {growth} KiB")
    return browser / curl >= WORST_RATIO and sent <= MOST_PORTAL_BYTES and growth <= MOST_GROWTH_KILOBYTES


def main() -> int:
    folder = Path(tempfile.mkdtemp(prefix="browser-put-"))
    try:
        with seaweedfs.running() as s3:
            return 0 if measure(folder, s3) else 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    assert environment  # its import gives the bench a data folder of its own
    sys.exit(main())
