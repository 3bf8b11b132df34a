"""The session with which the portal calls other servers."""

import os

import requests

from pipelines_portal.core.http_deadlines import DeadlineAdapter


def new_session() -> requests.Session:
    """Return a session that accepts the certificate authorities of `core/certificates.py`.

    A request inside an `exchange` of `core/http_deadlines.py` ends at its deadline.

    It reads nothing else from outside: a ~/.netrc could replace a key or a token.
    """
    session = requests.Session()
    session.mount("http://", DeadlineAdapter())
    session.mount("https://", DeadlineAdapter())
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE", True)
    return session
