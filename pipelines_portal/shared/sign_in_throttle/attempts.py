"""Who tries, on what, from where."""

import secrets
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from pipelines_portal.shared.http.client_address import client_address

COOKIE_SECONDS = 60 * 60 * 24 * 365
MOST_ACCOUNTS = 8
# A name, not a path: with another one every known device is forgotten.
SALT = "pipelines_portal.sign_in_throttle"


@dataclass(frozen=True)
class Attempt:
    """Names of buckets. `is_known`: the browser shows that someone signed in to this account with it before."""

    address: str
    account: str
    place: str
    is_known: bool


def attempt_on(request: HttpRequest, email: str, *what: str) -> Attempt:
    """A try to sign in as `email`, whatever else is wrong with it; or at `what` else they are asked, counted apart."""
    email, address = email.strip().lower(), client_address(request)
    device, accounts = _device(request)
    is_known = _mark(email) in accounts
    place = _hash("device", email, device, *what) if is_known else _hash("place", email, address, *what)
    return Attempt(_hash("address", address), _hash("account", email, *what), place, is_known)


def attempt_inside(request: HttpRequest) -> Attempt:
    """A try of someone signed in to name their own password: nobody else's business, and no one else's to slow."""
    name = _hash("password", str(request.user.pk))
    return Attempt(name, name, name, is_known=True)


def attempt_from(request: HttpRequest, what: str) -> Attempt:
    """A try at `what`, on no account: counted by where it comes from, and apart from sign-ins."""
    name = _hash(what, client_address(request))
    return Attempt(name, name, name, is_known=False)


def attempt_of_browser(request: HttpRequest, what: str) -> Attempt:
    """A try at `what`, on no account, of a browser: one that nobody signed in with before counts with its address."""
    device, _ = _device(request)
    if device:
        name = _hash(what, device)
        return Attempt(name, name, name, is_known=False)
    alone = _hash(what, secrets.token_hex(12))
    return Attempt(_hash(what, client_address(request)), alone, alone, is_known=False)


def remember_device(request: HttpRequest, response: HttpResponse, email: str) -> None:
    """Strangers who try this account cannot slow the browser that signed in to it."""
    device, accounts = _device(request)
    mark = _mark(email.strip().lower())
    kept = [mark, *(account for account in accounts if account != mark)][:MOST_ACCOUNTS]
    response.set_signed_cookie(
        _cookie(), ".".join([device or secrets.token_hex(12), *kept]), salt=SALT, max_age=COOKIE_SECONDS,
        httponly=True, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip


def _device(request: HttpRequest) -> tuple[str, list[str]]:
    text = request.get_signed_cookie(_cookie(), default="", salt=SALT, max_age=COOKIE_SECONDS) or ""
    device, *accounts = text.split(".")
    return device, accounts


def _cookie() -> str:
    """The programs may share a host name: each has a cookie of its own."""
    return settings.SESSION_COOKIE_NAME.replace("session", "device")


def _mark(email: str) -> str:
    return _hash("mark", email)[:16]


def _hash(*parts: str) -> str:
    return salted_hmac(SALT, "\0".join(parts), algorithm="sha256").hexdigest()
