"""The External API inside the test process: the client is `requests`, and Django answers without a socket."""

import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from http.client import HTTPMessage
from typing import Any, cast
from urllib.parse import unquote_to_bytes, urlsplit

import requests
from django.http import HttpResponse, StreamingHttpResponse
from django.test.client import ClientHandler
from requests.adapters import BaseAdapter, HTTPAdapter
from urllib3 import HTTPResponse

from tests.external_api.server import Api

URL = "http://testserver"


class DjangoAdapter(BaseAdapter):
    """A transport for `requests` that calls Django in this process."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        response = handler()(environ_of(request))
        return HTTPAdapter().build_response(request, raw_response(request, response))

    def close(self) -> None:
        """Do nothing: there is no connection."""


@cache
def handler() -> ClientHandler:
    """Return Django's handler. Loading its middleware takes time, so that all tests share one."""
    return ClientHandler(enforce_csrf_checks=True)


def environ_of(request: requests.PreparedRequest) -> dict[str, Any]:
    """Return what a WSGI server would hand to Django for `request`."""
    url = urlsplit(cast(str, request.url))
    environ = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(url.path).decode("latin-1"),
        "QUERY_STRING": url.query,
        "SERVER_NAME": url.hostname,
        "SERVER_PORT": str(url.port or 80),
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": url.netloc,
        "wsgi.url_scheme": url.scheme,
        "wsgi.input": io.BytesIO(body_of(request)),
        "wsgi.errors": io.StringIO(),
    }
    return environ | dict(environ_header(name, value) for name, value in request.headers.items())


def environ_header(name: str, value: str | bytes) -> tuple[str, str]:
    key = name.upper().replace("-", "_")
    text = value.decode("latin-1") if isinstance(value, bytes) else value
    return (key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"), text


def body_of(request: requests.PreparedRequest) -> bytes:
    body: Any = request.body or b""
    if isinstance(body, str):
        return body.encode()
    return body if isinstance(body, bytes) else b"".join(body)


def raw_response(request: requests.PreparedRequest, response: HttpResponse | StreamingHttpResponse) -> HTTPResponse:
    """Return `response` in the form in which urllib3 hands it to `requests`."""
    message = HTTPMessage()
    for name, value in response.items():
        message[name] = value
    for cookie in response.cookies.values():
        message["Set-Cookie"] = cookie.OutputString()
    return HTTPResponse(
        io.BytesIO(b"".join(cast(Iterable[bytes], response))),
        headers=message.items(),
        status=response.status_code,
        reason=response.reason_phrase,
        preload_content=False,
        request_method=request.method,
        # The session reads its cookies from here.
        original_response=cast(Any, OriginalResponse(message)),
    )


@dataclass
class OriginalResponse:
    """The part of `http.client.HTTPResponse` that `requests` and urllib3 use."""

    msg: HTTPMessage

    def isclosed(self) -> bool:
        return True

    def close(self) -> None:
        """Do nothing: the response has been read."""


def new_session() -> requests.Session:
    session = requests.Session()
    # Proxies and .netrc are of no use here, and looking for them takes time.
    session.trust_env = False
    session.mount("http://", DjangoAdapter())
    session.mount("https://", DjangoAdapter())
    return session


@dataclass
class InProcessApi(Api):
    """The API in this process."""

    url: str = URL
    session: requests.Session = field(default_factory=new_session)

    def new_session(self) -> requests.Session:
        return new_session()
