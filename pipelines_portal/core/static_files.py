"""How static files are named and put together when they are collected.

They are named by their content, the modules that a module imports too, so that none is ever stale. What every page
loads is many files to read, and two to fetch: one script and one style sheet.
"""

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from whitenoise.storage import CompressedManifestStaticFilesStorage

# These hold nothing but imports of what works by being there, and imports nothing itself.
ENTRIES = ("js/portal.js", "js/new-task.js", "css/every-page.css")
IMPORT = re.compile(r'^@?import "(?P<name>[^"]+)";$', re.MULTILINE)


class Inlined:
    """A storage in whose files each import is replaced by what it imports."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def open(self, path: str) -> "File[bytes]":
        folder = posixpath.dirname(path)
        text = IMPORT.sub(lambda found: self._imported(posixpath.join(folder, found["name"])), self._read(path))
        return ContentFile(text.encode())

    def _imported(self, path: str) -> str:
        text = self._read(posixpath.normpath(path))
        # In a block, a script's names stay its own.
        return f"{{\n{text}}}" if path.endswith(".js") else text

    def _read(self, path: str) -> str:
        with self.storage.open(path) as file:
            return file.read().decode()


class ModuleAwareStorage(CompressedManifestStaticFilesStorage):
    support_js_module_import_aggregation = True
    # Our own scripts only, in folders too: in those of others, examples in comments are taken for imports.
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
