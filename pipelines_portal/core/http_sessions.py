"""The session with which the portal calls other servers."""

import os

import requests


def new_session() -> requests.Session:
    """Return a session that accepts the certificate authorities of `core/certificates.py`.

    It reads nothing else from outside: a ~/.netrc could replace a key or a token.
    """
    session = requests.Session()
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE", True)
    return session
