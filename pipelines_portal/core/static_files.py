"""Storage of collected static files.

Their names contain a hash of the content, also those of imported modules, so that none is ever stale. The scripts and
style sheets of every page are many files in the repository, and are joined to one script and one style sheet.
"""

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# These files contain only imports of files that import nothing.
ENTRIES = ("js/portal.js", "js/new-task.js", "css/every-page.css")
IMPORT = re.compile(r'^@?import "(?P<name>[^"]+)";$', re.MULTILINE)


# Whole lines of comments in scripts, all comments in style sheets, and indentation.
_LEFT_OUT = {
    ".js": re.compile(r"^\s*(//.*|/\*\*.*\*/)\n", re.MULTILINE),
    ".css": re.compile(r"/\*.*?\*/|^\s+", re.DOTALL | re.MULTILINE),
}


def without_comments(text: str, suffix: str) -> str:
    """Return a script or a style sheet without what only its readers in the repository need."""
    return _LEFT_OUT[suffix].sub("", text)


class Inlined:
    """A storage that replaces each import in a file by the imported file."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def open(self, path: str) -> "File[bytes]":
        folder = posixpath.dirname(path)
        text = IMPORT.sub(lambda found: self._imported(posixpath.join(folder, found["name"])), self._read(path))
        return ContentFile(text.encode())

    def _imported(self, path: str) -> str:
        suffix = posixpath.splitext(path)[1]
        text = without_comments(self._read(posixpath.normpath(path)), suffix)
        # A block keeps the names of a script local.
        return f"{{\n{text}}}" if suffix == ".js" else text

    def _read(self, path: str) -> str:
        with self.storage.open(path) as file:
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
        entries = {name: (Inlined(paths[name][0]), paths[name][1]) for name in ENTRIES if name in paths}
        return super().post_process(paths | entries, *args, **options)
