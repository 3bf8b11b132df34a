"""Reading a file of rows without a child process. tests/services/test_child.py shows what the child process adds."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from pipelines_portal.spreadsheets.child import BLOCK, REJECTION, frames
from pipelines_portal.spreadsheets.child_process import SILENCE_SECONDS
from pipelines_portal.spreadsheets.files import ReadingOptions, ReadingResult
from pipelines_portal.spreadsheets.limits import Bounds, RowsFileError


class InProcessReading:
    """Replaces `spreadsheets.child_process.FileReading`: starting a process for each file takes 60 ms."""

    silence = SILENCE_SECONDS

    def __init__(self, name: str, data: bytes | Path, asked: ReadingOptions, bounds: Bounds) -> None:
        self.file: IO[bytes] = data.open("rb") if isinstance(data, Path) else io.BytesIO(data)
        self.frames = frames(name, self.file, asked, bounds)

    def __enter__(self) -> Self:
        try:
            self.found = self.read_found(*next(self.frames))
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    @property
    def blocks(self) -> Iterator[bytes]:
        for kind, content in self.frames:
            if kind == BLOCK:
                yield content
            else:
                self.found = self.read_found(kind, content)

    def read_found(self, kind: bytes, content: bytes) -> ReadingResult:
        fields = json.loads(content)
        if kind == REJECTION:
            raise RowsFileError(fields["title"], fields["advice"])
        return ReadingResult(**fields)

    def end(self) -> None:
        self.file.close()
