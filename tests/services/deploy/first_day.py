"""Two people in two browsers, from nothing to the first task: `python -m tests.services.deploy.first_day FILE`.

FILE describes the image. It runs in a network of its own (`unshare --net`), where the names and ports are those of a
server, and prints the seconds that each step took.
"""

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.chromium import FLAGS, executable
from tests.live import answers, wait_until
from tests.services.deploy.caddy import caddy
from tests.services.deploy.certificates import API, PORTAL
from tests.services.deploy.container import Container
from tests.services.deploy.image import Image

NAMES = {"PORTAL_HOST": PORTAL, "API_HOST": API, "TRUSTED_PROXIES": "127.0.0.1"}
RULES = ",".join(f"MAP {name} 127.0.0.1" for name in (PORTAL, API))
WORKFLOW = "Cat pictures"
PASSWORD = "correct horse battery"


class Day:
    """What happened so far, with its times."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.began = folder, time.monotonic()

    def note(self, what: str, page: Page | None = None) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {what}", flush=True)
        if page is not None:
            page.screenshot(path=self.folder / f"{what}.png")


def main(folder: Path, image: Image) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    data = folder / "data"
    data.mkdir()
    os.chown(data, *map(int, image.config["User"].split(":")))
    day = Day(folder)
    container = Container(image, data, ["all"], NAMES, folder / "all.log")
    container.start()
    try:
        with caddy(folder, (80, 443), (8000, 8001)):
            for port in (8000, 8001):
                wait_until(lambda port=port: answers(f"http://127.0.0.1:{port}/ready"), "the programs")
            day.note("everything runs")
            links = re.findall(r"https://\S+/setup/?\?code=\w+", container.said())
            work(day, {link.split("/")[2]: link for link in links})
    finally:
        container.tell_to_end()
        container.wait(60)


def work(day: Day, links: dict[str, str]) -> None:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=executable(), args=[*FLAGS, f"--host-resolver-rules={RULES}"]
        )
        administrator = chromium.new_context(ignore_https_errors=True).new_page()
        operator = chromium.new_context(ignore_https_errors=True).new_page()
        create_administrator(administrator, links[PORTAL])
        day.note("the administrator has an account", administrator)
        key = set_up_api(administrator, links[API])
        day.note("the External API has a workflow and a key", administrator)
        add_key(administrator, key)
        day.note("the portal has the key", administrator)
        invitation = invite(administrator)
        day.note("the operator is invited", administrator)
        create_task(operator, invitation)
        day.note("the operator created a task", operator)


def create_administrator(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_label("Your name").fill("Maria Weber")
    page.get_by_label("Email").fill("maria@acme.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("link", name="Add key")).to_be_visible()


def set_up_api(page: Page, link: str) -> str:
    page.goto(link)
    page.get_by_label("Email").fill("maria@acme.example")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.locator("section", has_text="Organization").get_by_label("Name").first.fill("Acme Labeling")
    page.locator("section", has_text="First workflow").get_by_label("Name").first.fill(WORKFLOW)
    page.get_by_role("button", name="Set up").click()
    return page.get_by_label("API key").input_value()


def add_key(page: Page, key: str) -> None:
    """And the workflow, by the ID that the External API gave it."""
    page.get_by_role("link", name="Add to the portal").click()
    page.get_by_label("Name").fill("Acme Labeling")
    page.get_by_role("textbox", name="API key").fill(key)
    page.get_by_role("button", name="Add key").first.click()
    page.get_by_label(re.compile("^Workflow ID")).fill("1")
    page.get_by_role("button", name="Add workflows").click()
    expect(page.get_by_role("heading", name=WORKFLOW)).to_be_visible()


def invite(page: Page) -> str:
    """Make a team, share the key with it, and return the link for a new member."""
    page.goto(f"https://{PORTAL}/people/teams/")
    page.get_by_label("Team name").fill("Intake")
    page.get_by_role("button", name="Create team").click()
    page.goto(f"https://{PORTAL}/keys/1/")
    page.get_by_label("Team").select_option(label="Intake")
    page.get_by_role("button", name="Share").first.click()
    page.goto(f"https://{PORTAL}/people/invite/")
    page.get_by_label("Email").fill("ben@acme.example")
    page.get_by_role("radio", name=re.compile("Operator")).check()
    page.get_by_label("Intake").check()
    page.get_by_role("button", name="Invite").first.click()
    return page.get_by_role("textbox", name=re.compile("ben@acme.example")).input_value()


def create_task(page: Page, invitation: str) -> None:
    page.goto(invitation)
    page.get_by_label("Your name").fill("Ben Okafor")
    page.get_by_label(re.compile("^Password")).first.fill(PASSWORD)
    page.get_by_role("button", name="Accept invitation").click()
    page.get_by_role("link", name=re.compile(WORKFLOW)).first.click()
    page.get_by_role("link", name="New task", exact=True).first.click()
    page.locator("form textarea, form input[type=text]").first.fill("The first task")
    page.get_by_role("button", name=re.compile("^Create task")).first.click()
    expect(page.get_by_text(re.compile(r"Task \d+ created"))).to_be_visible()


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text())
    main(Path(sys.argv[1]).parent, Image(Path(given["root"]), given["config"], 0))
