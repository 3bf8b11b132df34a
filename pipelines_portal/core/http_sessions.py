"""The session with which the portal calls other servers."""

import os

import requests

from pipelines_portal.core.http_deadlines import DeadlineAdapter


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow no redirect: it would send the key to another host. Requests would also read its body to the end."""


def new_session() -> requests.Session:
    """Return a session that accepts the certificate authorities of `core/certificates.py`.

    It reads nothing else from outside: a ~/.netrc could replace a key or a token. A request inside an `exchange` of
    `core/http_deadlines.py` ends at its deadline.
    """
    session = _Session()
    session.mount("http://", DeadlineAdapter())
    session.mount("https://", DeadlineAdapter())
    session.trust_env = False
    session.verify = os.environ.get("REQUESTS_CA_BUNDLE", True)
    return session
