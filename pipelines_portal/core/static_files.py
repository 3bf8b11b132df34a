"""Storage of collected static files.

Their names contain a hash of the content, also those of imported modules, so that none is ever stale. The scripts and
style sheets of every page are many files in the repository, and are joined to a few files that are served.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# These files contain only imports of files that import nothing.
ENTRIES = ("js/htmx.js", "js/portal.js", "js/new-task.js", "css/every-page.css")
# ReDoc loads the logo of its maker from another server, and has no option against it. Without an address there is none.
REPLACED = {"ninja/redoc.standalone.js": (b"https://cdn.redoc.ly/redoc/logo-mini.svg", b"")}
IMPORT = re.compile(r'^@?import "(?P<name>[^"]+)";$', re.MULTILINE)

# Whole lines of comments in scripts, all comments in style sheets, indentation and empty lines.
_LEFT_OUT = {
    ".js": re.compile(r"^\s*(?://.*|/\*\*.*\*/)\n|^\s+", re.MULTILINE),
    ".css": re.compile(r"/\*.*?\*/\s*|^\s+", re.DOTALL | re.MULTILINE),
}
# White space beside the signs of a style sheet that separate its parts. A space before a colon begins a selector.
_BESIDE_SIGNS = re.compile(r"\s*([{};,])\s*|(?<=:)\s+")


def compact(text: str, suffix: str) -> str:
    """Return a script or a style sheet without what only its readers in the repository need."""
    text = _LEFT_OUT[suffix].sub("", text)
    return _BESIDE_SIGNS.sub(lambda found: found[1] or "", text).replace(";}", "}") if suffix == ".css" else text


class Joined:
    """A storage with one file, an entry, that consists of the files it imports."""

    def __init__(self, entry: str, paths: Mapping[str, tuple[Storage, str]]) -> None:
        self.paths = paths
        folder = posixpath.dirname(entry)
        imported = (posixpath.join(folder, found["name"]) for found in IMPORT.finditer(_read(*paths[entry])))
        self.parts = [posixpath.normpath(part) for part in imported]

    @property
    def is_complete(self) -> bool:
        return all(part in self.paths for part in self.parts)

    def open(self, path: str) -> "File[bytes]":
        return ContentFile("\n".join(map(self._content, self.parts)).encode())

    def _content(self, part: str) -> str:
        text = _read(*self.paths[part])
        if part.startswith("css/"):
            return compact(text, ".css")
        # A block keeps the names of our scripts local. Libraries are compact, and define global names.
        return f"{{\n{compact(text, '.js')}}}" if part.startswith("js/") else f"{text};"


class Replaced:
    """A storage with one file, in which a text is replaced."""

    def __init__(self, name: str, storage: Storage) -> None:
        self.storage = storage
        self.before, self.after = REPLACED[name]

    def open(self, path: str) -> "File[bytes]":
        with self.storage.open(path) as file:
            return ContentFile(file.read().replace(self.before, self.after))


def _read(storage: Storage, path: str) -> str:
    with storage.open(path) as file:
        return file.read().decode()


class ModuleAwareStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # Only our own scripts: in vendored ones, examples in comments look like imports.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )

    @cache  # noqa: B019 - there is one storage in a process
    def url(self, name: str | None, force: bool = False) -> str:
        return super().url(name, force)

    def post_process(self, paths: dict[str, tuple[Storage, str]], *args: Any, **options: Any) -> Iterator[Any]:
        replaced = {name: (Replaced(name, paths[name][0]), paths[name][1]) for name in REPLACED if name in paths}
        entries = {name: (Joined(name, paths), paths[name][1]) for name in ENTRIES if name in paths}
        # The External API has no htmx, and no page that loads it.
        incomplete = {name for name, (entry, _) in entries.items() if not entry.is_complete}
        processed = {name: place for name, place in (paths | replaced | entries).items() if name not in incomplete}
        return super().post_process(processed, *args, **options)
