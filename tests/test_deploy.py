"""What the samples of deploy/ repeat from elsewhere is the same there."""

import re
import resource

import pytest
from django.conf import settings

from pipelines_portal import __version__
from pipelines_portal.core.web_server import __main__ as web_server
from pipelines_portal.core.web_server.requests import BUFFERED_BYTES
from pipelines_portal.core.web_server.server import LARGE_BODIES_AT_ONCE
from tests.external_api.server import PROJECT

COMPOSE = (PROJECT / "deploy/compose/compose.yaml").read_text()
CONTAINERFILE = (PROJECT / "deploy/Containerfile").read_text()
MIB = 1024 * 1024


def test_the_samples_run_the_version_that_is_here() -> None:
    texts = [file.read_text() for file in (PROJECT / "deploy").rglob("*.yaml")]
    named = [name for text in texts for name in re.findall(r"(?:VERSION:-|image: pipelines-portal:)([\d.]+)", text)]
    assert len(named) == 12 and set(named) == {__version__}


def test_compose_and_the_containerfile_start_from_the_same_image() -> None:
    """Each image can be another one, such as the same by its digest."""
    (base,) = re.findall(r"BASE: \$\{PYTHON_IMAGE:-(.*)\}", COMPOSE)
    assert f"ARG BASE={base}\n" in CONTAINERFILE
    assert re.findall(r"image: \$\{(\w+):-", COMPOSE) == ["CADDY_IMAGE"]


def test_the_folder_for_temporary_files_has_room_for_all_that_is_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    """In memory: what the folder may hold, a server must have. On other ways it is on the disk."""
    (files,), (room,) = re.findall(r"nofile: (\d+)", COMPOSE), re.findall(r"/tmp:mode=1777,size=(\d+)m", COMPOSE)
    monkeypatch.setattr(resource, "getrlimit", lambda which: (int(files), int(files)))
    monkeypatch.setattr(resource, "setrlimit", lambda which, limits: None)
    buffered = 2 * web_server._most_connections() * BUFFERED_BYTES
    forms = LARGE_BODIES_AT_ONCE * settings.LARGEST_FORM
    read = LARGE_BODIES_AT_ONCE * settings.IMPORT_MAX_MB * MIB
    needed = (buffered + forms + read) / MIB
    assert needed <= int(room) < 1.1 * needed
