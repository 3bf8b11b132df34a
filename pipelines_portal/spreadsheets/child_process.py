"""Read each file in a child process, so that a hostile file cannot harm this program."""

import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from pipelines_portal.spreadsheets.child import BLOCK, END, FOUND, FRAME, LENGTH, REJECTION
from pipelines_portal.spreadsheets.files import ReadingOptions, ReadingResult
from pipelines_portal.spreadsheets.limits import Bounds, RowsFileError

PROJECT = Path(__file__).resolve().parents[2]
PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from pipelines_portal.spreadsheets.child import main; main()"
# How long the child may be silent.
SILENCE_SECONDS = 90.0
logger = logging.getLogger(__name__)


class FileReading:
    """The reading of a file. Use it as a context manager, and iterate over `blocks` once.

    `found` is set at the start. Its counts and its remarks about cells are complete after the last block.
    """

    def __init__(self, name: str, data: bytes | Path, options: ReadingOptions, bounds: Bounds) -> None:
        self.name, self.data, self.options, self.bounds = name, data, options, bounds
        self.silence = SILENCE_SECONDS

    def __enter__(self) -> Self:
        """Start the child. Raise RowsFileError if the file cannot be read at all."""
        self.process = _start_child()
        try:
            with self._killing_after_silence():
                self._send()
                kind, content = self._frame()
            self.found = self._found(kind, content, FOUND)
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.end()

    @property
    def blocks(self) -> Iterator[bytes]:
        """Yield blocks of lines for `lines_in`. Raise RowsFileError if the file turns out to be unusable."""
        while True:
            with self._killing_after_silence():
                kind, content = self._frame()
            if kind != BLOCK:
                self.found = self._found(kind, content, END)
                return
            yield content

    def end(self) -> None:
        """Stop the child."""
        self.process.kill()
        for pipe in (self._stdin, self._stdout):
            try:
                pipe.close()
            except OSError:  # the child did not read everything
                pass
        self.process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        return self.process.stdin  # type: ignore[return-value]

    @property
    def _stdout(self) -> IO[bytes]:
        return self.process.stdout  # type: ignore[return-value]

    def _send(self) -> None:
        """Send the request and the file. The pipe stays open, so that the child ends when this program does."""
        path = str(self.data.resolve()) if isinstance(self.data, Path) else ""
        data = b"" if isinstance(self.data, Path) else self.data
        request = {"name": self.name, "path": path, "size": len(data)}
        request |= {"asked": asdict(self.options), "bounds": asdict(self.bounds)}
        encoded = json.dumps(request).encode()
        try:
            self._stdin.write(LENGTH.pack(len(encoded)) + encoded)
            self._stdin.write(data)
            self._stdin.flush()
        except OSError:  # the child has ended, which _frame notices
            pass

    def _frame(self) -> tuple[bytes, bytes]:
        head = self._stdout.read(FRAME.size)
        if len(head) < FRAME.size:
            raise self._child_failed()
        kind, length = FRAME.unpack(head)
        content = self._stdout.read(length) if kind in (FOUND, BLOCK, END, REJECTION) else b""
        if len(content) < length:
            raise self._child_failed()
        return kind, content

    def _found(self, kind: bytes, content: bytes, expected: bytes) -> ReadingResult:
        try:
            answer: dict[str, Any] = json.loads(content)
            if kind == REJECTION:
                raise RowsFileError(str(answer["title"]), str(answer["advice"]))
            if kind == expected:
                return ReadingResult(**answer)
        except (ValueError, TypeError, LookupError):
            pass
        raise self._child_failed()

    def _child_failed(self) -> RowsFileError:
        """Return the error for a child that died, was killed, or sent nonsense."""
        self.process.kill()
        logger.warning("The reader of a file of rows ended with %s.", self.process.wait())
        return RowsFileError(f"{self.name} is too large or damaged.", "Save it as CSV, or split it.")

    @contextmanager
    def _killing_after_silence(self) -> Iterator[None]:
        timer = threading.Timer(self.silence, self.process.kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _start_child() -> "subprocess.Popen[bytes]":
    """Start the child without this program's environment, which contains secrets."""
    return subprocess.Popen(
        [sys.executable, "-I", "-c", PROGRAM, str(PROJECT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        env={"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"},
    )
