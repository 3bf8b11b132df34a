"""Two versions of the portal side by side: a page gets its style sheet, whichever of the two is asked for it."""

from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
import requests

from tests import seaweedfs
from tests.live import Portal, portal
from tests.services.deploy import services
from tests.services.deploy.certificates import PORTAL, make_certificate
from tests.services.deploy.machines import Named
from tests.services.deploy.services import Places

pytestmark = pytest.mark.full

NEW = "css/restyled.0123456789ab.css"
TEXT = "body { color: teal }"
ASKED = 12


def add(collected: Path, name: str = NEW) -> None:
    """As `prepare` of the other version does."""
    (collected / "portal" / name).write_text(TEXT)


@pytest.fixture
def collected(tmp_path: Path, static_root: None) -> tuple[Path, Path]:
    """Two folders with the files of this version, as two images have them."""
    from django.conf import settings

    places = (tmp_path / "one", tmp_path / "other")
    for place in places:
        copytree(settings.STATIC_ROOT, place / "portal")
    return places


def test_what_was_collected_after_the_start_is_served_and_what_was_removed_is_not_found(
    tmp_path: Path, collected: tuple[Path, Path]
) -> None:
    """Where both share STATIC_DIR. Only what is named by its content, and nothing outside of the folder."""
    (tmp_path / "secret.0123456789ab.css").write_text("secret")
    with portal(tmp_path / "data", "http://127.0.0.1:9/api/v1", STATIC_DIR=str(collected[0])) as running:
        assert status(running, NEW) == 404
        add(collected[0])
        answer = requests.get(f"{running.url}/static/{NEW}", timeout=30)
        assert (answer.status_code, answer.text) == (200, TEXT)
        assert answer.headers["Content-Type"].startswith("text/css")
        (collected[0] / "portal" / NEW).unlink()
        assert status(running, NEW) == 404
        add(collected[0], "css/plain.css")
        assert status(running, "css/plain.css") == 404
        assert status(running, f"css/{'long' * 500}.0123456789ab.css") == 404
        for outside in ("../../secret.0123456789ab.css", "%2e%2e/%2e%2e/secret.0123456789ab.css"):
            assert status(running, outside) == 404
        assert "Traceback" not in running.log.read_text()


def status(running: Portal, name: str) -> int:
    """As it stands: requests would take dots out of the path."""
    asked = requests.Request("GET", running.url).prepare()
    asked.url = f"{running.url}/static/{name}"
    with requests.Session() as session:
        return session.send(asked, timeout=30).status_code


@pytest.fixture
def proxied(tmp_path: Path, collected: tuple[Path, Path]) -> Iterator[tuple[str, requests.Session]]:
    """nginx by our sample, before two portals with folders of their own."""
    plain, tls, inside, *ports = seaweedfs.free_ports(7)
    places = Places(plain, tls, inside, (ports[0], ports[1]), (ports[2], ports[3]))
    session = requests.Session()
    session.mount("https://", Named(PORTAL))
    session.trust_env, session.verify = False, str(make_certificate(tmp_path / "tls"))
    session.headers["Host"] = PORTAL
    env = {"ALLOWED_HOSTS": PORTAL, "PRODUCTION": "off"}
    web = services.nginx(tmp_path, places)
    with (
        portal(tmp_path / "a", "http://127.0.0.1:9/api/v1", PORT=str(ports[0]), STATIC_DIR=str(collected[0]), **env),
        portal(tmp_path / "b", "http://127.0.0.1:9/api/v1", PORT=str(ports[1]), STATIC_DIR=str(collected[1]), **env),
    ):
        web.start()
        try:
            yield f"https://127.0.0.1:{tls}", session
        finally:
            web.stop()


def test_what_one_has_not_the_other_is_asked_for(
    proxied: tuple[str, requests.Session], collected: tuple[Path, Path]
) -> None:
    url, session = proxied
    add(collected[1])
    found = [session.get(f"{url}/static/{NEW}", timeout=30) for _ in range(ASKED)]
    assert {(answer.status_code, answer.text) for answer in found} == {(200, TEXT)}
    nowhere = NEW.replace("0123", "4567")
    assert {session.get(f"{url}/static/{nowhere}", timeout=30).status_code for _ in range(ASKED)} == {404}
