"""One HTTP exchange with the API: bounded in time and size, no redirects, errors as our own."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NameResolutionError, NewConnectionError

from .errors import ApiError, ConnectionFailed, PipelinesError, UnexpectedResponse, ValidationFailed, error_class

LARGEST_ANSWER = 64 * 1024 * 1024
CONNECT_TIMEOUT = 3.05
CHUNK = 64 * 1024
# Creating 5,000 tasks takes longer than reading a page of them.
POST_PATIENCE = 3


@dataclass(frozen=True)
class Answer:
    """A 2xx answer's status and parsed JSON."""

    status: int
    data: Any


class Transport:
    """A connection pool to one API, shared by all threads of a process. Holds no key."""

    def __init__(self, base_url: str, timeout: float = 10.0) -> None:
        """`timeout`: seconds a read may take from sending to the last byte."""
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        # "up" or "down" by the last answer or the lack of one; "" before the first call.
        self.state = ""
        self._session = requests.Session()
        self._session.trust_env = False  # a ~/.netrc must never replace the key
        adapter = HTTPAdapter(pool_connections=2, pool_maxsize=32, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    def send(
        self, method: str, path: str, *, key: str | None = None, query: dict[str, Any] | None = None, body: Any = None
    ) -> Answer:
        """The answer to one request. Raises a `PipelinesError` for everything but a 2xx with JSON."""
        patience = self.timeout * (POST_PATIENCE if method == "POST" else 1)
        deadline = time.monotonic() + patience
        try:
            response = self._session.request(
                method,
                self.base_url + path,
                params=query,
                data=None if body is None else json.dumps(body).encode(),
                headers=_headers(key, has_body=body is not None),
                timeout=(CONNECT_TIMEOUT, patience),
                allow_redirects=False,
                stream=True,
            )
            self.state = "up"
            with response:
                body_bytes = b"".join(_chunks(response, deadline))
                return _answer(response.status_code, body_bytes, response.headers.get("Retry-After"))
        except (OSError, HTTPError, ValueError) as error:  # requests' own, and urllib3's while the body is read
            self.state = "down"
            raise _connection_failed(error) from None


def _headers(key: str | None, *, has_body: bool) -> dict[str, str]:
    headers = {"Accept": "application/json", "User-Agent": "pipelines-portal"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    if has_body:
        headers["Content-Type"] = "application/json"
    return headers


def _chunks(response: requests.Response, deadline: float) -> Iterator[bytes]:
    """The body as it comes; an answer that drips for ever, or never ends, is cut off."""
    size = 0
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        size += len(chunk)
        if size > LARGEST_ANSWER:
            raise UnexpectedResponse("The answer is too large.", status=response.status_code)
        if time.monotonic() > deadline:
            raise ConnectionFailed("The answer took too long.", maybe_processed=True)
        yield chunk


def _answer(status: int, body: bytes, retry_after: str | None) -> Answer:
    if 300 <= status < 400:
        raise UnexpectedResponse("The API answered with a redirect.", status=status)
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise _not_json(status, _seconds(retry_after)) from None
    if 200 <= status < 300:
        return Answer(status, data)
    raise _refusal(status, data, _seconds(retry_after))


def _not_json(status: int, retry_after: int | None) -> PipelinesError:
    """A gateway's HTML page still says by its status whether to try again."""
    if status in (429, 502, 503, 504):
        return error_class(status)(status, "api_error", "The API's gateway answered in its place.", retry_after)
    return UnexpectedResponse("The answer is not JSON.", status=status)


def _refusal(status: int, data: Any, retry_after: int | None) -> PipelinesError:
    if not isinstance(data, dict) or not isinstance(data.get("message"), str):
        return _not_json(status, retry_after)
    told = data.get("retry_after")
    seconds = told if isinstance(told, int) and told >= 0 else retry_after
    error: ApiError = error_class(status)(status, str(data.get("error", "api_error")), data["message"], seconds)
    if isinstance(error, ValidationFailed) and isinstance(data.get("errors"), list):
        error.errors = [entry for entry in data["errors"] if isinstance(entry, dict)]
    return error


def _seconds(header: str | None) -> int | None:
    return int(header) if header and header.isascii() and header.isdigit() else None


def _connection_failed(error: Exception) -> ConnectionFailed:
    """Says whether the request may have arrived. The library's own text is dropped: it may quote what was sent."""
    if isinstance(error, requests.ConnectTimeout):
        return ConnectionFailed("The API did not answer in time.", maybe_processed=False)
    if isinstance(error, requests.Timeout):
        return ConnectionFailed("The API did not answer in time.", maybe_processed=True)
    if isinstance(error, requests.ConnectionError) and _never_connected(error):
        return ConnectionFailed("The API cannot be reached.", maybe_processed=False)
    return ConnectionFailed("The connection broke before the answer was complete.", maybe_processed=True)


def _never_connected(error: requests.ConnectionError) -> bool:

    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, (NewConnectionError, NameResolutionError))
