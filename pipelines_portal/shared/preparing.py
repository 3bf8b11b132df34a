"""What `prepare` does of both programs: a migrated database and collected static files. Of both, what is missing."""

import hashlib
import io
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from pipelines_portal.shared import static_files
from pipelines_portal.shared.figures.folder import forget_the_dead
from pipelines_portal.shared.migrated import is_migrated
from pipelines_portal.shared.trusted_clock import looking


def prepare() -> None:
    """System checks take as long as the rest together: they are for when something is new."""
    forget_the_dead(settings.FIGURES_FOLDER)
    migrated, collected = is_migrated(), _is_collected()
    if not (migrated and collected):
        call_command("check", stdout=io.StringIO())  # problems are raised; that there are none is not printed
    if not migrated:
        call_command("migrate", verbosity=0, interactive=False)
    looking.begin()
    if not collected:
        _collect()


def _collect() -> None:
    try:
        _remove_all_but_the_last_version()
        call_command("collectstatic", verbosity=0, interactive=False)
        _mark().write_text(_fingerprint())
    except OSError as error:
        raise _not_collected(error) from error


def _not_collected(error: OSError) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"The static files could not be collected: {settings.STATIC_ROOT} cannot be written ({error.strerror}). "
        "The database is ready. Set STATIC_DIR to a folder that can be written."
    )


def _is_collected() -> bool:
    try:
        return _mark().read_text() == _fingerprint()
    except (FileNotFoundError, NotADirectoryError):
        return False


def _remove_all_but_the_last_version() -> None:
    """What was collected before it: programs of that version may still run, and none of an earlier one."""
    root = Path(settings.STATIC_ROOT)
    try:
        named = json.loads((root / "staticfiles.json").read_text())["paths"]
    except (FileNotFoundError, ValueError, KeyError):
        return
    kept = {"staticfiles.json", *named, *named.values()}
    for file in list(root.rglob("*")):
        if file.is_file() and str(file.relative_to(root)).removesuffix(".gz") not in kept:
            file.unlink()


def _mark() -> Path:
    """Beside the folder: all that is in it is served."""
    root = Path(settings.STATIC_ROOT)
    return root.with_name(f"{root.name}.collected")


def _fingerprint() -> str:
    """Of all that goes into the collected files, by content, and of what came out, by name and size."""
    digest = hashlib.sha256()
    for part in (*_sources(), *_outcome()):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _sources() -> Iterator[bytes]:
    yield Path(static_files.__file__).read_bytes()
    yield f"{version('django')} {version('whitenoise')}".encode()
    for finder in get_finders():
        for name, storage in sorted(finder.list([]), key=lambda found: found[0]):
            yield name.encode()
            yield Path(storage.path(name)).read_bytes()


def _outcome() -> Iterator[bytes]:
    root = Path(settings.STATIC_ROOT)
    for file in sorted(root.rglob("*")):
        if file.is_file():
            yield f"{file.relative_to(root)} {file.stat().st_size}".encode()
