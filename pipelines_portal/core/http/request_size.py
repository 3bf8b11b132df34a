"""A limit on the size of a form with its files. Django limits only the fields, so files could fill the disk."""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler


class SizeLimit(FileUploadHandler):
    """The first of FILE_UPLOAD_HANDLERS, which refuses a request by its Content-Length before reading it."""

    def handle_raw_input(
        self,
        input_data: Any,
        meta: dict[str, Any],
        content_length: int,
        boundary: Any,
        encoding: Any = None,
    ) -> None:
        if content_length > settings.LARGEST_FORM:
            raise RequestDataTooBig("The form is larger than LARGEST_FORM.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
