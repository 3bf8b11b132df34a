"""The ZIP wizard's world: API, portal and their workers in processes of their own, and a browser signed in."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from tests.external_api.server import free_port
from tests.live import ExternalApi, Portal, api_worker, external_api, portal, portal_worker

EMAIL, PASSWORD = "demo@example.com", "pipelines-demo"
ORGANIZATION = "Acme Labeling"
WORKFLOWS = {
    57: [{"name": "invoice", "title": "Invoice", "type": "file_upload", "required": True}],
    58: [
        {"name": "front", "title": "Front view", "type": "file_upload", "required": True},
        {"name": "back", "title": "Back view", "type": "file_upload", "required": True},
    ],
    59: [
        {"name": "receipt", "title": "Receipt", "type": "file_upload", "required": True},
        {"name": "total", "title": "Total", "type": "numeric", "required": True},
    ],
}
EDGE = 64 * 1024


@dataclass
class World:
    """Everything running. `upload_origin` is where archives go."""

    api: ExternalApi
    portal: Portal
    folder: Path
    session: str

    def make_upload(self, archive: Path, workflow_id: int, rows: list[dict[str, Any]], **values: Any) -> str:
        """An archive that step 1 has checked. Returns the address of step 2."""
        given = {
            "workflow_id": workflow_id,
            "rows": rows,
            "file_name": archive.name,
            "size_bytes": archive.stat().st_size,
            "fingerprint": fingerprint(archive),
            "task_count": len(rows),
            "entries": [next(iter(row.values())) for row in rows],
        } | values
        zip_id, key_id = self.portal.run("make_upload", **given)
        return f"{self.portal.url}/keys/{key_id}/workflows/{workflow_id}/upload/{zip_id}/"

    def upload_row(self, address: str) -> dict[str, Any]:
        return self.portal.run("read_upload", upload_id=address.rstrip("/").split("/")[-1])


def fingerprint(archive: Path) -> str:
    """As static/js/zip-upload/chosen-file.js computes it."""
    with archive.open("rb") as file:
        head = file.read(EDGE)
        file.seek(max(0, archive.stat().st_size - EDGE))
        return hashlib.sha256(head + file.read()).hexdigest()


@contextmanager
def world(
    folder: Path,
    *,
    storage_url: str = "",
    upload_origin: str = "",
    api_env: dict[str, str] | None = None,
    portal_env: dict[str, str] | None = None,
    workers: bool = True,
) -> Iterator[World]:
    """API and portal that know each other's origins, an account with a key, and three workflows opened."""
    port = str(free_port())
    origins = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        env = {"PORTAL_ORIGINS": origins, "UPLOAD_SWEEP_SECONDS": "2", "UPLOAD_LEASE_SECONDS": "5"}
        env |= {"STORAGE_URL": storage_url} if storage_url else {}
        api = stack.enter_context(external_api(folder / "api", **env | (api_env or {})))
        env = {"PORT": port, "UPLOAD_ORIGINS": upload_origin or api.server.url}
        running = stack.enter_context(portal(folder / "portal", api.url, **env | (portal_env or {})))
        session = _load(api, running)
        if workers:
            stack.enter_context(api_worker(api))
            stack.enter_context(portal_worker(running))
        yield World(api, running, folder, session)


def _load(api: ExternalApi, running: Portal) -> str:
    """Returns the cookie of a session."""
    common = {"status": "ACTIVE", "nodes": [{"name": "Read", "status": "available"}]}
    workflows = [
        {"id": number, "name": f"Workflow {number}", "fields": fields, **common} for number, fields in WORKFLOWS.items()
    ]
    admins = [{"email": EMAIL, "password": PASSWORD}]
    api.load({"name": ORGANIZATION, "admins": admins, "members": [], "workflows": workflows})
    key = api.new_key(ORGANIZATION)
    running.manage("load_demo", "--key-name", "Acme", "--workflows", *map(str, WORKFLOWS), given=key)
    return running.run("sign_in")


def signed_in_page(browser: Browser, running: World, **options: Any) -> Page:
    """A page whose context is signed in."""
    context = browser.new_context(base_url=running.portal.url, **options)
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": running.session, "url": running.portal.url}])
    return context.new_page()


def choose_address(workflow_id: int) -> str:
    """Of step 1."""
    return f"/keys/1/workflows/{workflow_id}/upload/"


def choose_and_start(page: Page, address: str, archive: Path) -> None:
    page.goto(address)
    page.set_input_files("#same-file", archive)
    page.get_by_role("button", name=re.compile("Create [0-9,]+ task")).click()


def expect_created(page: Page, count: int, seconds: float = 30) -> None:
    words = f"{count} task created" if count == 1 else f"{count} tasks created"
    # Not the list of earlier uploads of the same file, which says it too.
    said = page.locator("p.headline", has_text=re.compile(rf"^\s*{words}"))
    expect(said).to_be_visible(timeout=seconds * 1000)
