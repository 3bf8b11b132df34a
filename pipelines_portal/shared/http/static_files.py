"""Serves collected static files, those too that another version collected into the same folder meanwhile."""

import re
from contextlib import suppress
from pathlib import Path

from django.http import HttpRequest, HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile

# By its content: a file of that name is that file, whichever version made it.
NAMED_BY_CONTENT = re.compile(r"[\w./-]+\.[0-9a-f]{12}\.\w+", re.ASCII)


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]
    """WhiteNoise looks once, at the start: pages of a newer version beside this one would come without their style."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        found = self._file_at(request.path_info)
        if found is not None:
            try:
                served: HttpResponseBase = self.serve(found, request)
                return served
            except FileNotFoundError:
                # Of a version before this one, and removed by one behind it.
                self.files.pop(request.path_info, None)
        answer: HttpResponseBase = self.get_response(request)
        return answer

    def _file_at(self, url: str) -> StaticFile | None:
        if url not in self.files and url.startswith(self.static_prefix) and NAMED_BY_CONTENT.fullmatch(url):
            self._look_for(url)
        return self.files.get(url)

    def _look_for(self, url: str) -> None:
        place = Path(self.static_root, url.removeprefix(self.static_prefix))
        # A name may be too long for the disk, and a file be removed meanwhile.
        with suppress(OSError):
            if self.url_is_canonical(url) and place.is_file():
                self.add_file_to_dictionary(url, str(place))
