"""Files that only their owner may read, and versions of stored files."""

import os
import stat
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured


def restrict_to_owner(paths: Iterable[Path]) -> None:
    """Remove the permissions of others on `paths`. Print a warning if only another user could do so."""
    for path in paths:
        try:
            status = path.stat()
            others = stat.S_IMODE(status.st_mode) & 0o077
            if others and (status.st_uid != os.geteuid() or status.st_mode & stat.S_ISVTX):
                print(f"Warning: others than its owner may use {path}.", file=sys.stderr)  # the log is not set up yet
            elif others:
                path.chmod(stat.S_IMODE(status.st_mode) & ~0o077)
        except FileNotFoundError:
            continue


def read_or_create_secret(file: Path, make: Callable[[], str]) -> str:
    """Return the content of `file` (mode 0600), which is created on first use."""
    try:
        if not file.exists():
            _write_once(file, make())
        return file.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"The file {file} can't be read or created ({error.strerror}).") from error


def _write_once(file: Path, text: str) -> None:
    """Create the file atomically. Of several processes that start at once, all read what the first one wrote."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        with open(draft, "w", opener=_owner_only) as out:
            out.write(text)
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink(missing_ok=True)


def _owner_only(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def version_of(state: os.stat_result) -> str:
    """Return a text that differs between two versions of a file with the same name."""
    return f"{state.st_ino}-{state.st_mtime_ns}-{state.st_size}"
