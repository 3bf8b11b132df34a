"""Where an archive may go, and whether a browser may put it there."""

from enum import Enum
from urllib.parse import urlsplit

import requests
from django.conf import settings

CONNECT_TIMEOUT, READ_TIMEOUT = 3.05, 5
DEFAULT_PORTS = {"http": 80, "https": 443}


class Cors(Enum):
    ALLOWED = "allowed"
    REFUSED = "refused"
    UNKNOWN = "unknown"  # this server cannot reach the host; the browser perhaps can


class HostNotAllowed(Exception):
    """The API hands out links to a host that UPLOAD_ORIGINS does not name."""

    def __init__(self, origin: str) -> None:
        super().__init__(
            f"The API hands out upload links for {origin}, which this portal does not know. Nothing was sent. "
            f"An administrator can allow it by adding {origin} to UPLOAD_ORIGINS."
        )


def origin_of(url: str) -> str:
    """Scheme, host and port, the port left out when it is the scheme's own; "" for what is no http(s) URL."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or "@" in parts.netloc:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    suffix = "" if port in (None, DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{suffix}"


def check_host(url: str) -> None:
    """Raises HostNotAllowed."""
    origin = origin_of(url)
    if not origin or origin not in {origin_of(allowed) for allowed in settings.UPLOAD_ORIGINS}:
        raise HostNotAllowed(origin or "an address that is no web address")


def ask_cors(url: str, page_origin: str) -> Cors:
    """Ask as a browser would before a PUT from `page_origin`. Call `check_host` first."""
    asking = {
        "Origin": page_origin,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "content-type",
    }
    try:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.options(
                url, headers=asking, timeout=(CONNECT_TIMEOUT, READ_TIMEOUT), allow_redirects=False, stream=True
            )
    except (requests.RequestException, OSError, ValueError):
        return Cors.UNKNOWN
    return Cors.ALLOWED if answer.ok and _allows(answer, page_origin) else Cors.REFUSED


def _allows(answer: requests.Response, page_origin: str) -> bool:
    return (
        answer.status_code < 300
        and answer.headers.get("Access-Control-Allow-Origin", "").strip() in ("*", page_origin)
        and _names(answer, "Access-Control-Allow-Methods") & {"put", "*"} != set()
        and _names(answer, "Access-Control-Allow-Headers") & {"content-type", "*"} != set()
    )


def _names(answer: requests.Response, header: str) -> set[str]:
    return {name.strip().lower() for name in answer.headers.get(header, "").split(",")}
