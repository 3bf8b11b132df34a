"""Two versions of the portal side by side: a page gets its style sheet, whichever of the two is asked for it."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
import requests

from tests import seaweedfs
from tests.live import PORTAL_SETTINGS, portal, prepared
from tests.services.deploy.caddy import Places, two_servers
from tests.services.deploy.certificates import PORTAL

pytestmark = pytest.mark.full

NEW = "css/restyled.0123456789ab.css"
TEXT = "body { color: teal }"
ASKED = 12


@pytest.fixture
def proxied(tmp_path: Path) -> Iterator[tuple[str, requests.Session]]:
    """Caddy by our sample, before two portals with folders of their own."""
    plain, tls, inside, *ports = seaweedfs.free_ports(7)
    places = Places(plain, tls, inside, (ports[0], ports[1]), (ports[2], ports[3]))
    env = {"ALLOWED_HOSTS": PORTAL, "PRODUCTION": "off"}
    web = two_servers(tmp_path, places)
    copytree(prepared(PORTAL_SETTINGS), tmp_path / "b")
    (tmp_path / "b" / "static" / "portal" / NEW).write_text(TEXT)
    with (
        portal(tmp_path / "a", "http://127.0.0.1:9/api/v1", PORT=str(ports[0]), **env),
        portal(tmp_path / "b", "http://127.0.0.1:9/api/v1", PORT=str(ports[1]), **env),
    ):
        web.service.start()
        try:
            yield f"https://127.0.0.1:{tls}", web.session()
        finally:
            web.service.stop()


def test_a_file_that_one_version_lacks_comes_from_the_other(proxied: tuple[str, requests.Session]) -> None:
    url, session = proxied
    found = [session.get(f"{url}/static/{NEW}", timeout=30) for _ in range(ASKED)]
    assert {(answer.status_code, answer.text) for answer in found} == {(200, TEXT)}
    nowhere = NEW.replace("0123", "4567")
    assert {session.get(f"{url}/static/{nowhere}", timeout=30).status_code for _ in range(ASKED)} == {404}
