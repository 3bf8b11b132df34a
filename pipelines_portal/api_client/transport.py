"""One HTTP exchange with the API: limited in time and size, without redirects, with our own errors."""

import json
import logging
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as UrllibTimeout

from pipelines_portal.api_client import metrics
from pipelines_portal.api_client.errors import (
    ApiError,
    CertificateRefused,
    ConnectionFailed,
    PipelinesError,
    UnexpectedResponse,
    error_of_redirect,
    error_of_response,
    error_without_json,
    request_id,
)
from pipelines_portal.api_client.overload import Bulkhead, CircuitBreaker
from pipelines_portal.core import request_ids
from pipelines_portal.core.connections import failure_reason, is_certificate_error
from pipelines_portal.core.http_deadlines import DeadlineAdapter, Exchange, exchange
from pipelines_portal.core.http_sessions import new_session

CONNECT_TIMEOUT = 3.05
LARGEST_ANSWER = 64 * 1024 * 1024
CHUNK = 64 * 1024
IDEMPOTENCY_KEY = "Idempotency-Key"
DIGITS = re.compile(r"[0-9]{1,9}")
# Creating 5,000 tasks takes longer than reading a page of tasks.
POST_PATIENCE = 3
MOST_SECONDS_APART = 120
logger = logging.getLogger("pipelines_portal.api_client")


@dataclass(frozen=True)
class Allowance:
    """How many requests the API still allows with a key, and for how many seconds, as its response says."""

    remaining: int
    seconds: int


@dataclass(frozen=True)
class ApiResponse:
    """A 2xx response: its status, its parsed JSON (None without a body), and the API's ID of the request.

    `echoed_key` is the Idempotency-Key that it repeats, or "".
    """

    status: int
    data: Any
    request_id: str = ""
    allowance: Allowance | None = None
    echoed_key: str = ""


class Transport:
    """A connection pool to one API, shared by all threads of a process. It does not store keys."""

    def __init__(
        self,
        base_url: str,
        timeout: float = 10.0,
        *,
        bulkhead: Bulkhead | None = None,
        breaker: CircuitBreaker | None = None,
    ) -> None:
        """Set up the pool. `timeout`: seconds for a read. Without a `bulkhead`, any number of calls may wait."""
        self.base_url = base_url.rstrip("/")
        self.timeout = timeout
        # "up" or "down" after the last call; "" before the first one.
        self.state = ""
        # Seconds by which the API's clock is ahead of ours, by its last response; None before the first one.
        self.clock_offset: float | None = None
        self._bulkhead = bulkhead
        self._breaker = breaker or CircuitBreaker()
        self._host = urlsplit(self.base_url).netloc
        self._session = new_session()
        adapter = DeadlineAdapter(pool_connections=2, pool_maxsize=32, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Occupy a place of the bulkhead during the block: for all tries of a call and the parsing of its response.

        Raise NotSent if no place is left.
        """
        with self._bulkhead.place() if self._bulkhead else nullcontext():
            yield

    def send(
        self,
        method: str,
        path: str,
        *,
        key: str | None = None,
        query: dict[str, Any] | None = None,
        body: Any = None,
        idempotency_key: str = "",
        most_seconds: float | None = None,
    ) -> ApiResponse:
        """Send a request and return the response. Raise a `PipelinesError` for everything but a 2xx with JSON.

        With `most_seconds` it is a question on the side: it ends then, and its failure closes nothing to other calls.
        """
        request = requests.Request(
            method,
            self.base_url + path,
            params=query,
            data=body if body is None or isinstance(body, bytes) else json.dumps(body).encode(),
            headers=_headers(key, idempotency_key, has_body=body is not None),
        )
        if most_seconds is not None:
            return self._exchange(request.prepare(), min(most_seconds, self.timeout))
        is_read = method == "GET"
        seconds = self._breaker.patience(self.timeout) if is_read else self.timeout * POST_PATIENCE
        with self._breaker.guard():
            return self._exchange(request.prepare(), seconds)

    def _exchange(self, prepared: requests.PreparedRequest, seconds: float) -> ApiResponse:
        body, timeout = bytearray(), (min(CONNECT_TIMEOUT, seconds), seconds)
        with exchange(seconds) as current:
            try:
                with self._session.send(prepared, timeout=timeout, allow_redirects=False, stream=True) as response:
                    self.state = "up"
                    self._compare_clocks(response.headers)
                    for chunk in _chunks(response):
                        body += chunk
            except (OSError, HTTPError, HTTPException, ValueError) as error:
                # Drop the library's own text, which may quote the request.
                self.state = "down"
                raise _connection_failed(error, self._host, current) from None
        return _answer(response, body)

    def _compare_clocks(self, headers: Mapping[str, str]) -> None:
        """Note by how much the clocks differ. Log it once, when it becomes too much."""
        date = _date_in(headers)
        if date is None:
            return
        were_apart, offset = are_apart(self.clock_offset), date - time.time()
        self.clock_offset = offset
        metrics.CLOCK_OFFSET.set(offset)
        if are_apart(offset) and not were_apart:
            direction = "behind" if offset > 0 else "ahead of"
            logger.warning("This server is %d s %s Pipelines. Set the clock of the wrong one.", abs(offset), direction)


def are_apart(offset: float | None) -> bool:
    """Return whether two clocks differ by more than programs should ignore."""
    return offset is not None and abs(offset) >= MOST_SECONDS_APART


def _date_in(headers: Mapping[str, str]) -> float | None:
    """Return when the API sent a response, or None if it does not say, or if a cache kept the response."""
    try:
        return None if headers.get("Age", "0") != "0" else parsedate_to_datetime(headers["Date"]).timestamp()
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _headers(key: str | None, idempotency_key: str, *, has_body: bool) -> dict[str, str]:
    """Return all headers. The session adds none of its own, and no cookies."""
    headers = {"Accept": "application/json", "Accept-Encoding": "gzip, deflate", "User-Agent": "pipelines-portal"}
    if request_id := request_ids.current():
        headers[request_ids.HEADER] = request_id
    if key:
        headers["Authorization"] = f"Bearer {key}"
    if idempotency_key:
        headers[IDEMPOTENCY_KEY] = idempotency_key
    if has_body:
        headers["Content-Type"] = "application/json"
    return headers


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield the body as it arrives. Raise an error if it is too large."""
    size = 0
    while chunk := response.raw.read1(CHUNK, decode_content=True):
        size += len(chunk)
        if size > LARGEST_ANSWER:
            raise _with_request_id(
                UnexpectedResponse("The response is too large.", status=response.status_code), response
            )
        yield chunk


def _answer(response: requests.Response, body: bytearray) -> ApiResponse:
    status, headers = response.status_code, response.headers
    echoed_key = headers.get(IDEMPOTENCY_KEY, "")
    if 300 <= status < 400:
        raise _with_request_id(error_of_redirect(status, response.url, headers), response)
    if 200 <= status < 300 and not body:
        return ApiResponse(status, None, request_id(headers), _allowance(headers), echoed_key)
    try:
        data = json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _with_request_id(error_without_json(status, headers), response) from None
    if 200 <= status < 300:
        return ApiResponse(status, data, request_id(headers), _allowance(headers), echoed_key)
    error = error_of_response(status, data, headers)
    # Busy, it answers without having looked at the request.
    is_busy = status == 503 and not echoed_key
    if isinstance(error, ApiError) and error.is_in_words_of_api and not is_busy:
        error.echoed_key = echoed_key
    raise _with_request_id(error, response)


def _allowance(headers: Mapping[str, str]) -> Allowance | None:
    """Return what the RateLimit headers say, or None without them or if they say something else than numbers."""
    texts = headers.get("RateLimit-Remaining", ""), headers.get("RateLimit-Reset", "")
    if not all(DIGITS.fullmatch(text) for text in texts):
        return None
    return Allowance(*map(int, texts))


def _refuse_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def _with_request_id(error: PipelinesError, response: requests.Response) -> PipelinesError:
    error.request_id = request_id(response.headers)
    return error


def _connection_failed(error: Exception, host: str, current: Exchange) -> ConnectionFailed:
    cause = f"{host}: {failure_reason(error)}"
    if is_certificate_error(error):
        return CertificateRefused(f"Pipelines’ certificate isn’t valid ({cause}).", maybe_processed=False, cause=cause)
    was_sent = not (current.is_unsent or _is_unconnected(error))
    timed_out = current.is_over or isinstance(error, (TimeoutError, requests.Timeout, UrllibTimeout))
    if timed_out:
        message = "Pipelines didn’t respond in time."
    elif was_sent:
        message = "The connection broke before the answer was complete."
    else:
        message = "Pipelines can’t be reached."
    return ConnectionFailed(message, maybe_processed=was_sent, timed_out=timed_out, cause=cause)


def _is_unconnected(error: Exception) -> bool:
    """Return whether no connection was made, so that nothing was sent."""
    reason = getattr(error.args[0], "reason", None) if error.args else None
    return isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError)
