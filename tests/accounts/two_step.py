"""What the tests of two-step verification share: an app that shows codes, and its set-up by the pages."""

import base64
import hashlib
import hmac
import re
import time
from typing import Any

from django.test import Client

from pipelines_portal.accounts.models import User

PASSWORD = "a long enough password"


def code_of(secret: str, later: int = 0) -> str:
    """Return what the app shows now, or `later` half minutes from now (RFC 6238)."""
    step = (int(time.time()) // 30 + later).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(secret), step, hashlib.sha1)
    at = digest[-1] & 15
    return f"{int.from_bytes(digest[at : at + 4], 'big') % 2**31 % 10**6:06}"


def sign_in(client: Client, email: str = "maria@acme.example", **more: str) -> Any:
    return client.post("/sign-in/", {"username": email, "password": PASSWORD} | more)


def give_app(person: User) -> tuple[str, list[str]]:
    """Let the person sign in and set up an authenticator app. Return its secret and the recovery codes."""
    client = Client()
    sign_in(client, person.email)
    return set_up_app(client)


def set_up_app(client: Client) -> tuple[str, list[str]]:
    """Set up an app in a browser where someone just signed in. Return its secret and the recovery codes."""
    page = client.get("/account/authenticator/").content.decode()
    secret = "".join(re.search(r"<code>([A-Z2-7 ]+)</code>", page)[1].split())
    done = client.post("/account/authenticator/", {"code": code_of(secret, -1)})
    if done.status_code != 200:  # the half minute ended in between, and the code of the one before it is too old
        done = client.post("/account/authenticator/", {"code": code_of(secret, -1)})
    assert done.status_code == 200, done.content.decode()
    return secret, re.findall(r"<code>(\d+)</code>", done.content.decode())
