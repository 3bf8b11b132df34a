"""Passing an archive through to storage, chunk by chunk: for where the browser may not send it there itself."""

from typing import Protocol

import requests

CONNECT_TIMEOUT, READ_TIMEOUT = 3.05, 120
BLOCK = 256 * 1024


class Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


class CutShort(Exception):
    """The browser sent less than it announced."""


class StorageFailed(Exception):
    """The storage refused the archive, or could not be reached. `status` is 0 when it did not answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"The storage answered {status}." if status else "The storage did not answer.")
        self.status = status


class _Passing:
    """What `requests` reads from. With `len` it announces the size, so nothing is gathered or sent in chunks."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._left = size
        self.len = size

    def __iter__(self) -> "_Passing":
        return self

    def __next__(self) -> bytes:
        if block := self.read(BLOCK):
            return block
        raise StopIteration

    def read(self, size: int = BLOCK) -> bytes:
        block = self._source.read(min(max(size, BLOCK), self._left)) if self._left else b""
        if self._left and not block:
            raise CutShort
        self._left -= len(block)
        return block


def pass_on(source: Source, size: int, url: str) -> None:
    """PUT `size` bytes of `source` to `url`, holding one block at a time. Raises CutShort and StorageFailed."""
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.put(
                url,
                data=_Passing(source, size),
                headers={"Content-Type": "application/zip"},
                timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
                allow_redirects=False,
                stream=True,
            )
    except requests.RequestException:
        raise StorageFailed(0) from None
    if not 200 <= answer.status_code < 300:
        raise StorageFailed(answer.status_code)
