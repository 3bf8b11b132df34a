"""Serves collected static files, those too that another version collected into the same folder meanwhile."""

import os
import re

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
        place = os.path.join(self.static_root, url.removeprefix(self.static_prefix))
        # os.path's, which says no of a name that is too long for the disk, too.
        if self.url_is_canonical(url) and os.path.isfile(place):
            self.add_file_to_dictionary(url, place)
