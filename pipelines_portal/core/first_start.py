"""The one-time link that a program prints while it has no accounts. It leads to the form for the first account."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

CODE_LENGTH = 40


def setup_code() -> str:
    """Return the code of the link. All processes of a program compute the same one from its SECRET_KEY."""
    return salted_hmac("pipelines_portal.core.first_start", settings.PROGRAM, algorithm="sha256").hexdigest()[
        :CODE_LENGTH
    ]


def is_setup_code(text: str) -> bool:
    return constant_time_compare(text, setup_code())


def setup_link(address: str, path: str) -> str:
    """Return the link. The code is in the query string, which proxies and request logs leave out."""
    return f"{address}{path}?{urlencode({'code': setup_code()})}"


class SetupFinished(Exception):
    """Somebody has used the setup link already."""


@contextmanager
def first_only(is_finished: Callable[[], bool]) -> Iterator[None]:
    """Run the block, which creates the first account, in a transaction. Raise SetupFinished for all calls but one.

    The block inserts the only row of a table, so that of simultaneous calls one succeeds.
    """
    try:
        with transaction.atomic():
            if is_finished():
                raise SetupFinished
            yield
    except IntegrityError:
        raise SetupFinished from None
